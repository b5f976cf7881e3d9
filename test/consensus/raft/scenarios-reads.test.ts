/** Scenarios about linearizable reads and handing leadership over; each must fail on a core with its rule broken. */
import { expect } from 'vitest'
import { Room } from './support/room.ts'
import { scenario } from './support/scenario.ts'

const T = 15 // electionTicks of preset `lab`

const answers = (room: Room, name: string) =>
  room.of(name).effects.filter(effect => effect.kind === 'read-ready' || effect.kind === 'read-refused')

scenario(
  'R7: postpones a read until the leader has committed in its term',
  [
    {
      broken: 'a new leader answers from what it knows to be committed',
      file: 'reads.ts',
      find: 'if (hasCommittedInTerm(core)) beginRead(core, leader, id)',
      replace: 'if (true as boolean) beginRead(core, leader, id)',
    },
    {
      broken: 'postponed reads are forgotten',
      file: 'replication.ts',
      find: 'beginPostponedReads(core, leader)\n}',
      replace: '}',
    },
  ],
  core => {
    // Entry 2 is committed, but nobody who is alive knows.
    const room = Room.withLogs(core, { a: { log: [2] }, b: { log: [2] }, c: {} })
    room.step('a', { kind: 'campaign' })
    room.settle(({ message }) => message.kind.startsWith('vote'))
    room.step('a', { kind: 'read', id: 7 })
    room.step('a', { kind: 'tick', ticks: 5 })
    room.settle(({ message }) => message.kind.startsWith('heartbeat'))
    expect(answers(room, 'a')).toEqual([])
    room.settle()
    expect(answers(room, 'a')).toEqual([{ kind: 'read-ready', id: 7, index: 3 }])
    expect(room.of('a').applied).toEqual(['2/2'])
  },
)

scenario(
  'R9: answers no read after a pause in which others elected and committed',
  [
    {
      broken: 'a leader trusts itself',
      file: 'reads.ts',
      find: 'waiting.filter(pending => pending.round <= answered)',
      replace: 'waiting.filter(() => answered >= 0)',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.isolate('a')
    room.pass(2 * T, ['b', 'c'])
    room.elect('b')
    room.of('b').propose('news')
    room.settle()
    expect(room.of('b').applied).toEqual(['news'])
    room.heal()
    expect(room.of('a').view.role).toBe('leader')
    room.step('a', { kind: 'read', id: 1 })
    room.settle()
    expect(answers(room, 'a')).toEqual([{ kind: 'read-refused', id: 1, reason: 'leadership-lost', leader: undefined }])
    expect(room.of('a').view.role).toBe('follower')
  },
)

scenario(
  'R9: takes no answer to an older round for an answer to the read’s own',
  [
    {
      broken: 'a read shares the round that was already under way',
      file: 'reads.ts',
      find: 'index: core.log.commit, round: leader.round + 1 }',
      replace: 'index: core.log.commit, round: leader.round }',
    },
    {
      broken: 'answers do not say which round they answer',
      file: 'replication.ts',
      find: 'progress.round = round\n',
      replace: 'progress.round = leader.round\n',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.step('a', { kind: 'tick', ticks: 5 })
    room.settle(({ message }) => message.kind === 'heartbeat')
    const old = room.wires.filter(({ message }) => message.kind === 'heartbeat-ok')
    expect(old).toHaveLength(2)
    room.lose()
    room.isolate('a')
    for (const name of ['b', 'c']) room.of(name).forgetLeader()
    room.step('b', { kind: 'campaign' })
    room.settle()
    room.of('b').propose('news')
    room.settle()
    room.step('a', { kind: 'read', id: 1 })
    room.heal()
    for (const wire of old) room.hand(wire)
    expect(answers(room, 'a')).toEqual([])
    room.settle(({ from }) => from !== 'b')
    room.pass(5)
    expect(answers(room, 'a')).toMatchObject([{ kind: 'read-refused', id: 1 }])
  },
)

scenario(
  'I2: needs no more rounds for many reads than for a few',
  [
    {
      broken: 'each read starts a round of its own',
      file: 'reads.ts',
      find: 'if (!isRoundUnderWay) startRound(core, leader)',
      replace: 'startRound(core, leader)',
    },
    {
      broken: 'reads that missed a round wait for the next heartbeat',
      file: 'reads.ts',
      find: 'if (next !== undefined && next.round > leader.round) startRound(core, leader)',
      replace: 'void next',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    const before = room.sent.length
    for (let id = 0; id < 100; id++) room.step('a', { kind: 'read', id })
    room.settle()
    expect(answers(room, 'a').map(answer => answer.id)).toEqual(Array.from({ length: 100 }, (_, id) => id))
    expect(room.sent.slice(before).filter(({ message }) => message.kind === 'heartbeat')).toHaveLength(4)
  },
)

scenario(
  'I3: answers a read when its index is applied, not before',
  [
    {
      broken: 'a confirmed read is answered at once',
      file: 'reads.ts',
      find: 'pending.index <= core.applied',
      replace: 'pending.index <= core.log.commit',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.slowDisks.add('a')
    room.of('a').propose('x')
    room.settle()
    expect(room.of('a').view).toMatchObject({ commit: 3, applied: 2 })
    room.step('a', { kind: 'read', id: 1 })
    room.settle()
    expect(answers(room, 'a')).toEqual([])
    room.of('a').finishWrite()
    expect(answers(room, 'a')).toEqual([{ kind: 'read-ready', id: 1, index: 3 }])
    expect(room.of('a').applied).toEqual(['x'])
  },
)

scenario(
  'R10: gives a handover up within one election timeout, and goes on',
  [
    {
      broken: 'a handover is waited for for ever',
      file: 'transfer.ts',
      find: 'if (leader.transfer.elapsed < core.config.electionTicks) return',
      replace: 'if (leader.transfer.elapsed < 100 * core.config.electionTicks) return',
    },
    {
      broken: 'proposals are accepted while leadership is handed over',
      file: 'replication.ts',
      find: "if (leader.transfer !== undefined) return refuse(core, 'transferring', 0, proposals.length)",
      replace: '',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.isolate('c')
    room.step('a', { kind: 'transfer', target: room.of('c').id })
    room.settle()
    expect(room.of('a').propose('x')).toMatchObject([{ kind: 'refused', reason: 'transferring' }])
    room.pass(T)
    expect(room.of('a').effects).toContainEqual({ kind: 'transfer-ended', target: 'c', outcome: 'aborted' })
    room.of('a').propose('y')
    room.settle()
    expect(room.of('b').applied).toEqual(['y'])
    expect(room.leaders).toEqual(['a'])
  },
)

scenario(
  'R10: hands over to a member that is behind, once it has the log, against its own lease',
  [
    {
      broken: 'the target is told before it has the log',
      file: 'transfer.ts',
      find: '|| progress.match !== core.log.lastIndex) return',
      replace: ') return',
    },
    {
      broken: 'the lease stands against the leader’s own wish',
      file: 'step.ts',
      find: 'if (!message.transfer && isLeaderHeard(core)) return false',
      replace: 'if (isLeaderHeard(core)) return false',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.isolate('c')
    room.of('a').propose('1', '2', '3')
    room.settle()
    room.heal()
    room.step('a', { kind: 'transfer', target: room.of('c').id })
    expect(room.wires.some(({ message }) => message.kind === 'timeout-now')).toBe(false)
    room.pass(5)
    expect(room.leaders).toEqual(['c'])
    expect(room.of('a').effects).toContainEqual({ kind: 'transfer-ended', target: 'c', outcome: 'done' })
    expect(room.of('c').applied).toEqual(['1', '2', '3'])
  },
)

scenario(
  'O2: steps down without a quorum, and owes no read an answer',
  [
    {
      broken: 'a leader that reaches nobody goes on leading',
      file: 'replication.ts',
      find: 'if (config.checkQuorum && !leader.tracker.takeQuorumActive())',
      replace: 'if (leader.tracker.takeQuorumActive() && false)',
    },
    {
      broken: 'reads are forgotten with the office',
      file: 'roles.ts',
      find: 'const owed = [...leader.postponedReads, ...leader.waitingReads.map(read => read.id)]',
      replace: 'const owed: number[] = []',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.isolate('a')
    room.step('a', { kind: 'read', id: 1 })
    room.pass(2 * T, ['a'])
    expect(room.of('a').view.role).not.toBe('leader')
    expect(answers(room, 'a')).toMatchObject([{ kind: 'read-refused', id: 1, reason: 'leadership-lost' }])
    expect(room.of('a').propose('x')).toMatchObject([{ kind: 'refused', reason: 'not-leader' }])
  },
)
