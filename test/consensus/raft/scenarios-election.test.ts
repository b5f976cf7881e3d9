/** Scenarios about elections, step-exact. Each is also run on cores with the rule it defends broken, and must fail there. */
import { expect, test } from 'vitest'
import * as core from '../../../src/consensus/raft/index.ts'
import { noLease, noPreVote } from './support/faults.ts'
import { Room, type Wire } from './support/room.ts'
import { scenario } from './support/scenario.ts'

const T = 15 // electionTicks of preset `lab`

/** How often members learned of another leader than before. */
function leaderChanges(room: Room): number {
  return [...room.members.values()].flatMap(member => member.effects).filter(effect => effect.kind === 'role').length
}

scenario(
  'R1: commits no entry of an older term by counting copies (Figure 8)',
  [
    {
      broken: 'entries of old terms are committed by counting',
      file: 'replication.ts',
      find: 'index > core.log.commit && core.log.termAt(index) === core.term',
      replace: 'index > core.log.commit',
    },
  ],
  core => {
    const logs = { a: { log: [2], term: 3 }, b: { term: 3 }, c: { term: 3 }, d: { term: 3 }, e: { log: [3] } }
    const room = Room.withLogs(core, logs, { limits: { messageEntriesMax: 1 }, preVote: false, checkQuorum: false })
    room.isolate('e')
    room.step('a', { kind: 'campaign' })
    room.settle(wire => wire.message.kind.startsWith('vote'))
    expect(room.of('a').view).toMatchObject({ role: 'leader', term: 4, lastIndex: 3 })
    // The entry of term 2 reaches b and c, the leader's own of term 4 reaches nobody.
    const passes = ({ from, to, message }: Wire) => {
      const receivesOwn = message.kind === 'append' && message.prevIndex === 2 && room.of(to).view.lastIndex >= 2
      return !receivesOwn && [from, to].every(name => ['a', 'b', 'c'].includes(name))
    }
    room.settle(passes)
    room.lose()
    expect(['a', 'b', 'c'].map(name => room.of(name).view.termAt(2))).toEqual([2, 2, 2])
    expect(room.of('a').view.commit).toBe(1)
    // e, which has an entry of term 3 there, may therefore lead and replace it.
    room.of('a').crash()
    room.heal()
    for (let attempt = 0; attempt < 2; attempt++) {
      room.step('e', { kind: 'campaign' })
      room.settle()
    }
    room.of('a').revive()
    room.pass(T)
    expect(room.leaders).toEqual(['e'])
    for (const member of room.members.values()) expect(member.applied).toEqual(['2/3'])
  },
)

scenario(
  'R3: elects a leader of one that is far ahead and one that is far behind in terms',
  [
    {
      broken: 'a granted pre-vote names the voter’s term',
      file: 'election.ts',
      find: 'term: request.term, pre: true, granted: true',
      replace: 'term: core.term, pre: true, granted: true',
    },
  ],
  core => {
    const room = Room.withLogs(core, { a: { log: [5] }, b: { log: [5] }, c: {} })
    room.isolate('c')
    room.elect('b')
    room.heal()
    room.of('b').crash()
    room.pass(4 * T)
    expect(room.leaders).toEqual(['a'])
    expect(room.of('c').view.leader).toBe('a')
  },
)

scenario(
  'R4: elects a leader where only some members pre-vote and the higher term has the shorter log',
  [
    {
      broken: 'a candidate from the past is not answered',
      file: 'step.ts',
      find: "if (message.kind === 'vote-request')\n    send(",
      replace: "if (message.kind === 'vote-request' && !message.pre)\n    send(",
    },
  ],
  core => {
    const room = Room.withLogs(core, { a: { log: [2, 2] }, b: { log: [2, 2] }, c: { log: [2], term: 9 } })
    const mixed = new Room(core, [], { of: { b: { preVote: false } } })
    for (const member of room.members.values()) mixed.add(member.disk.restored())
    mixed.of('b').crash()
    mixed.pass(6 * T)
    expect(mixed.leaders).toEqual(['a'])
    expect(mixed.of('c').view).toMatchObject({ leader: 'a', lastIndex: 4 })
  },
)

scenario(
  'R5: frees a member whose campaigns in isolation took it ahead of the leader’s term',
  [
    {
      broken: 'a leader of an older term is not told',
      file: 'step.ts',
      find: "if (isFromLeader(message)) send(core, from, { kind: 'stale-term', sender, term })",
      replace: '',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'], { preVote: false })
    room.elect('a')
    room.isolate('c')
    for (let attempt = 0; attempt < 2; attempt++) room.step('c', { kind: 'campaign' })
    room.settle()
    expect(room.of('c').view.term).toBe(4)
    room.heal()
    room.of('c').chance = 0.9
    room.of('a').chance = 0
    room.pass(5 * T)
    expect(room.leaders).toHaveLength(1)
    expect(room.of('c').view.leader).toBe(room.leaders[0])
    room.of(room.leaders[0] as string).propose('x')
    room.settle()
    expect(room.of('c').applied).toEqual(['x'])
  },
)

for (const [what, isOneWay] of [
  ['a cut link', false],
  ['a link cut in one direction', true],
] as const)
  scenario(`R6: changes no leader in ten election timeouts because of ${what} to one member`, [noLease], core => {
    const room = new Room(core, ['a', 'b', 'c', 'd', 'e'])
    room.elect('a')
    const before = leaderChanges(room)
    if (isOneWay) room.cutOneWay('a', 'c')
    else room.cut('a', 'c')
    room.pass(10 * T)
    expect(room.leaders).toEqual(['a'])
    const asked = room.sent.some(({ from, message }) => from === 'c' && message.kind === 'vote-request' && message.pre)
    expect(asked).toBe(true)
    // c itself lost its leader, and that is all.
    expect(leaderChanges(room) - before).toBe(1)
    expect(room.of('a').view.term).toBe(2)
  })

test('R6: the same cut deposes leaders again and again where nobody pre-votes or checks a quorum', () => {
  const room = new Room(core, ['a', 'b', 'c', 'd', 'e'], { preVote: false, checkQuorum: false })
  room.elect('a')
  room.cut('a', 'c')
  room.pass(10 * T)
  expect(room.of('b').view.term).toBeGreaterThan(5)
})

scenario('R11: lets a partitioned member return without disturbing anybody', [noPreVote], core => {
  const room = new Room(core, ['a', 'b', 'c'])
  room.elect('a')
  room.isolate('c')
  room.pass(10 * T)
  room.heal()
  room.pass(10 * T)
  expect(room.leaders).toEqual(['a'])
  for (const member of room.members.values()) expect(member.view).toMatchObject({ term: 2, leader: 'a' })
})

scenario('R11: lets a removed member that does not know of its removal disturb nobody', [noLease], core => {
  const room = new Room(core, ['a', 'b', 'c', 'd'])
  room.elect('a')
  room.of('a').change({ set: 'removed', member: room.of('d').id })
  // d has the entry, so its log is as good as any, but not the news that it is committed.
  room.deliver()
  room.isolate('d')
  room.settle()
  expect(room.of('d').view.lastIndex).toBe(room.of('a').view.lastIndex)
  expect(room.of('d').view.membership.voters).toHaveLength(4)
  expect(room.of('a').view.membership.voters).toEqual(['a', 'b', 'c'])
  room.heal()
  room.pass(10 * T)
  expect(room.leaders).toEqual(['a'])
  expect(room.of('a').view.term).toBe(2)
  expect(room.of('d').view.role).not.toBe('leader')
})

scenario(
  'R12: gets the vote of a learner that was promoted and does not know it',
  [
    {
      broken: 'only who thinks itself a voter votes',
      file: 'election.ts',
      find: 'const knowsMembership = core.snapshot.index > 0',
      replace: 'const knowsMembership = isVoter(core.membership, core.config.member)',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b'], { joiners: ['d'] })
    room.elect('a')
    const { id: d } = room.of('d')
    room.of('a').change({ set: 'learner', member: d })
    room.settle()
    room.isolate('d')
    room.of('a').change({ set: 'voter', member: d })
    room.settle()
    expect(room.of('b').view.membership.voters).toEqual(['a', 'b', 'd'])
    expect(room.of('d').view.membership.voters).toEqual(['a', 'b'])
    room.of('a').crash()
    room.heal()
    room.pass(4 * T)
    expect(room.leaders).toEqual(['b'])
    expect(room.of('d').view.membership.voters).toEqual(['a', 'b', 'd'])
  },
)

scenario(
  'R21: compares logs by the last term first and the length second',
  [
    {
      broken: 'the longer log is the better one',
      file: 'log.ts',
      find: 'return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex)',
      replace: 'return lastIndex >= this.lastIndex',
    },
    {
      broken: 'the higher last term is enough, the length does not count',
      file: 'log.ts',
      find: '(lastTerm === this.lastTerm && lastIndex >= this.lastIndex)',
      replace: 'lastTerm === this.lastTerm',
    },
  ],
  core => {
    for (const [a, b] of [
      [[2, 2, 2], [3]],
      [[2], [2, 2]],
    ] as const) {
      const room = Room.withLogs(core, { a: { log: a, term: 4 }, b: { log: b, term: 4 } })
      for (let attempt = 0; attempt < 3; attempt++) {
        room.step('a', { kind: 'campaign' })
        room.settle()
        expect(room.leaders).toEqual([])
      }
      room.step('b', { kind: 'campaign' })
      room.settle()
      expect(room.leaders).toEqual(['b'])
    }
  },
)
