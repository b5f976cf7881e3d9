/** Scenarios about replication, durability and sessions, step-exact; each must fail on a core with its rule broken. */
import { expect } from 'vitest'
import type { Entry, MemberChange, MemberId } from '../../../src/consensus/raft/messages.ts'
import { Lone, plain } from './support/lone.ts'
import { Room } from './support/room.ts'
import { scenario } from './support/scenario.ts'
import { entry, id } from './support/stored.ts'

const T = 15 // electionTicks of preset `lab`

scenario(
  'R22: counts no learner towards a quorum',
  [
    {
      broken: 'learners count as voters',
      file: 'tracker/tracker.ts',
      find: 'this.#progressOf(membership.voters)',
      replace: 'this.#progressOf([...membership.voters, ...membership.learners])',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'], { joiners: ['d', 'e'] })
    room.elect('a')
    for (const name of ['d', 'e']) {
      room.of('a').change({ set: 'learner', member: room.of(name).id })
      room.settle()
    }
    room.cut('a', 'b')
    room.cut('a', 'c')
    room.of('a').propose('x')
    room.settle()
    expect(room.of('d').view.lastIndex).toBe(room.of('a').view.lastIndex)
    for (const member of room.members.values()) expect(member.applied).toEqual([])
    room.heal()
    room.pass(T)
    expect(room.agreesWith('a')).toHaveLength(5)
    expect(room.of('e').applied).toEqual(['x'])
  },
)

scenario(
  'R22: commits in a joint configuration only what both halves have',
  [
    {
      broken: 'only the incoming half counts',
      file: 'quorum.ts',
      find: 'Math.min(reachedByMajority(incoming), reachedByMajority(outgoing))',
      replace: 'reachedByMajority(incoming)',
    },
    {
      broken: 'only the outgoing half counts',
      file: 'quorum.ts',
      find: 'Math.min(reachedByMajority(incoming), reachedByMajority(outgoing))',
      replace: 'reachedByMajority(outgoing.length > 0 ? outgoing : incoming)',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'], { joiners: ['d', 'e'] })
    room.elect('a')
    const [b, c, d, e] = ['b', 'c', 'd', 'e'].map(name => room.of(name).id)
    for (const member of [d, e]) {
      room.of('a').change({ set: 'learner', member: member as MemberId })
      room.settle()
    }
    const changes = [
      { set: 'voter', member: d },
      { set: 'voter', member: e },
      { set: 'removed', member: b },
      { set: 'removed', member: c },
    ] as MemberChange[]
    room.step('a', { kind: 'reconfigure', change: { kind: 'enter-joint', autoLeave: false, changes } })
    room.settle()
    expect(room.of('a').view.membership).toMatchObject({ voters: ['a', 'd', 'e'], outgoing: ['a', 'b', 'c'] })
    for (const half of [
      ['b', 'c'],
      ['d', 'e'],
    ]) {
      for (const name of half) room.isolate(name)
      const before = room.of('a').view.commit
      room.of('a').propose(`without ${half}`)
      room.settle()
      expect(room.of('a').view.commit).toBe(before)
      room.heal()
      room.pass(5)
      expect(room.of('a').view.commit).toBe(before + 1)
    }
  },
)

scenario(
  'R23: tells a member of a commit only as far as its log matched',
  [
    {
      broken: 'a heartbeat carries the leader’s whole commit index',
      file: 'replication.ts',
      find: 'for (const progress of leader.tracker.others) {\n    const commit = Math.min(core.log.commit, progress.match)',
      replace: 'for (const progress of leader.tracker.others) {\n    const commit = core.log.commit',
    },
  ],
  core => {
    const room = Room.withLogs(core, {
      a: { log: [3, 3], term: 3 },
      b: { log: [3, 3], term: 3 },
      c: { log: [2, 2, 2, 2] },
    })
    room.cut('a', 'c')
    room.elect('a')
    expect(room.of('a').view.commit).toBe(4)
    room.heal()
    // The first thing that c hears is a heartbeat; at its places 2 to 5 it has what nobody committed.
    room.pass(5)
    room.lose()
    room.settle()
    expect(room.of('c').applied).toEqual(['2/3', '3/3'])
  },
)

scenario(
  'R26: finds the end of fifty conflicting entries in a few messages',
  [
    {
      broken: 'the search goes back one entry at a time',
      file: 'log.ts',
      find: 'while (at > this.#boundary && (this.termAt(at) as number) > term) at--',
      replace: '',
    },
  ],
  core => {
    const fifty = (term: number) => Array.from({ length: 50 }, () => term)
    const room = Room.withLogs(core, { a: { log: fifty(3) }, b: { log: fifty(3) }, c: { log: fifty(2), term: 3 } })
    room.elect('a')
    const appends = room.sent.filter(({ to, message }) => to === 'c' && message.kind === 'append')
    expect(room.of('c').view.termAt(51)).toBe(3)
    expect(appends.length).toBeLessThan(6)
  },
)

scenario(
  'R27: bounds what is not committed while there is no quorum, and frees it when there is one',
  [
    {
      broken: 'entries are not counted',
      file: 'replication.ts',
      find: 'log.lastIndex - log.commit >= limits.uncommittedEntriesMax',
      replace: 'false',
    },
    {
      broken: 'bytes are not counted',
      file: 'replication.ts',
      find: 'leader.uncommittedBytes + bytes > limits.uncommittedBytesMax',
      replace: 'false',
    },
    {
      broken: 'a membership change is not bounded',
      file: 'membership.ts',
      find: 'if (reason !== undefined) return refuse(core, reason)',
      replace: 'void reason',
    },
    {
      broken: 'committed bytes are never given back',
      file: 'commit.ts',
      find: 'role.uncommittedBytes -= entry.bytes',
      replace: 'role.uncommittedBytes -= 0',
    },
  ],
  core => {
    for (const limits of [
      { uncommittedEntriesMax: 10 },
      { uncommittedEntriesMax: 99, uncommittedBytesMax: 50, entryBytesMax: 5 },
    ]) {
      const room = new Room(core, ['a', 'b', 'c'], { checkQuorum: false, limits })
      room.elect('a')
      for (let round = 0; round < 3; round++) {
        room.isolate('a')
        const effects = Array.from({ length: 30 }, () => room.of('a').propose('xxx')).flat()
        expect(effects.filter(({ kind }) => kind === 'accepted')).toHaveLength(10)
        expect(effects.filter(({ kind }) => kind === 'refused')).toHaveLength(20)
        expect(effects).toContainEqual(expect.objectContaining({ kind: 'refused', reason: 'too-many-uncommitted' }))
        if (limits.uncommittedEntriesMax === 10)
          expect(room.of('a').change({ set: 'learner', member: id('d') })).toMatchObject([
            { kind: 'refused', reason: 'too-many-uncommitted' },
          ])
        room.settle()
        room.heal()
        room.pass(10)
      }
      expect(room.of('c').applied).toHaveLength(30)
    }
  },
)

scenario(
  'R28: executes once what a client repeats after a lost reply, through another leader too',
  [
    {
      broken: 'a repetition is executed',
      file: 'sessions.ts',
      find: 'const isRepeated = sequence === known.sequence',
      replace: 'const isRepeated = false as boolean',
    },
    {
      broken: 'the result is not remembered',
      file: 'sessions.ts',
      find: 'sessions.set(id, { sequence, result, usedAtMs: nowMs })',
      replace: 'sessions.set(id, { sequence: 0, result, usedAtMs: nowMs })',
    },
    {
      broken: 'a session ends by the number of the machine’s own restarts',
      file: 'sessions.ts',
      find: 'nowMs = parsed.output.nowMs',
      replace: 'nowMs = 0',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    const submit = (leader: string, session: string, sequence: number) => {
      const proposals = [{ session, sequence, payload: 1, bytes: 1 }]
      room.step(leader, { kind: 'propose', proposals })
      room.settle()
    }
    room.elect('a')
    submit('a', core.NEW_SESSION, 0)
    const session = String(room.of('a').view.lastIndex)
    room.cut('a', 'c')
    submit('a', session, 1)
    // The reply is lost with the leader; the client repeats the command at the next one.
    room.of('a').crash()
    room.heal()
    room.elect('b')
    submit('b', session, 1)
    submit('b', session, 2)
    room.of('a').revive()
    room.pass(T)
    const counters = [...room.members.values()].map(({ entries }) => {
      // Half of the history through a snapshot, as a member that was behind would get it.
      const first = counter(core)
      for (const one of entries.slice(0, 4)) first.apply(one)
      const second = counter(core)
      second.load(structuredClone(first.save()))
      const outcomes = entries.slice(4).map(one => second.apply(one))
      return { saved: second.save(), last: outcomes.at(-1) }
    })
    for (const one of counters) expect(one).toEqual(counters[0])
    expect(counters[0]?.last).toEqual({ kind: 'executed', result: 2 })
    expect(counters[0]?.saved).toMatchObject({ inner: 2 })
    // Logical time survives the snapshot, so sessions end at the same entry with it and without.
    const late = { ...entry(99, 2), session, sequence: 3, timeMs: 7_200_000 } as Entry
    const fresh = counter(core)
    fresh.load({ nowMs: 3_000_000, sessions: [[session, { sequence: 2, result: 2, usedAtMs: 3_000_000 }]], inner: 2 })
    const copy = counter(core)
    copy.load(fresh.save())
    expect([fresh.apply(late), copy.save()]).toEqual([
      { kind: 'expired' },
      { nowMs: 3_000_000, sessions: [[session, { sequence: 2, result: 2, usedAtMs: 3_000_000 }]], inner: 2 },
    ])
  },
)

/** Counts how often it is executed. */
function counter(core: Parameters<Parameters<typeof scenario>[2]>[0]) {
  let count = 0
  const inner = {
    execute: () => ++count,
    save: () => count,
    load: (data: unknown) => {
      count = Number(data ?? 0)
    },
  }
  return core.sessionMachine(inner)
}

scenario(
  'D1: acknowledges entries only when they are durable, whatever happened to the log meanwhile',
  [
    {
      broken: 'an acknowledgement leaves at once',
      file: 'follower.ts',
      find: "promise(core, from, { kind: 'append-ok'",
      replace: "send(core, from, { kind: 'append-ok'",
    },
    {
      broken: 'a write that was cut short still counts as far as it went',
      file: 'durability.ts',
      find: 'core.write.lastIndex = Math.min(core.write.lastIndex, index)',
      replace: 'void index',
    },
    {
      broken: 'the state machine gets what is not on disk',
      file: 'durability.ts',
      find: 'Math.min(log.commit, log.durable, core.applied',
      replace: 'Math.min(log.commit, core.applied',
    },
  ],
  core => {
    const lone = new Lone({ core, ...plain, slowDisk: true })
    const append = (from: string, term: number, prevTerm: number, entries: Entry[], commit = 1) =>
      lone.receive(from, { kind: 'append', term, prevIndex: 1, prevTerm, commit, entries })
    expect(append('b', 2, 1, [entry(2, 2), entry(3, 2), entry(4, 2)])).toEqual([])
    // Another leader replaces all three while they are being written.
    expect(append('c', 3, 1, [entry(2, 3)], 2)).toEqual([])
    lone.finishWrite()
    expect(lone.view.durable).toBe(1)
    expect(lone.applied).toEqual([])
    expect(lone.finishWrite()).toMatchObject([{ kind: 'append-ok', match: 2, term: 3 }])
    expect(lone.applied).toEqual(['2/3'])
    expect(lone.disk.entries).toEqual([entry(2, 3)])
  },
)

scenario(
  'A3: counts the leader’s own copy only when it is durable, and sends entries before',
  [
    {
      broken: 'the leader counts what it has in memory',
      file: 'replication.ts',
      find: 'self.acknowledged(core.log.durable)',
      replace: 'self.acknowledged(core.log.lastIndex)',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.slowDisks.add('a')
    room.isolate('c')
    room.cut('a', 'b')
    room.of('a').propose('x')
    room.of('a').propose('y')
    expect(room.wires.some(({ message }) => message.kind === 'append' && message.entries.length > 0)).toBe(true)
    room.lose()
    room.heal()
    room.cut('a', 'c')
    // The write of x is done, y's is not; b has both.
    room.of('a').finishWrite()
    room.pass(5)
    expect(room.of('b').view.lastIndex).toBe(4)
    expect(room.of('a').view.commit).toBe(3)
    room.of('a').finishWrite()
    room.settle()
    expect(room.of('a').view.commit).toBe(4)
  },
)

scenario(
  'W2: keeps what an old, shorter message does not mention',
  [
    {
      broken: 'every append cuts the log behind it',
      file: 'follower.ts',
      find: 'takeEntries(core, entries)\n',
      replace:
        'takeEntries(core, entries)\n  if (prevIndex + entries.length < log.lastIndex) log.truncateFrom(prevIndex + entries.length + 1)\n',
    },
  ],
  core => {
    const lone = new Lone({ core, ...plain })
    const append = (entries: Entry[]) =>
      lone.receive('b', { kind: 'append', term: 2, prevIndex: 1, prevTerm: 1, commit: 1, entries })
    append([entry(2, 2), entry(3, 2)])
    expect(append([entry(2, 2)])).toMatchObject([{ kind: 'append-ok', match: 2 }])
    expect(lone.terms).toEqual([2, 2])
  },
)
