/** Scenarios about who belongs to the room; each must fail on a core with its rule broken. */
import { expect } from 'vitest'
import type { MemberChange, MemberId } from '../../../src/consensus/raft/messages.ts'
import type { Effect } from '../../../src/consensus/raft/state.ts'
import { halfIsMajority } from './support/faults.ts'
import { Room } from './support/room.ts'
import { scenario } from './support/scenario.ts'
import { id } from './support/stored.ts'

const T = 15 // electionTicks of preset `lab`

const set = (what: MemberChange['set'], ...members: string[]): MemberChange[] =>
  members.map(member => ({ set: what, member: id(member) }))

/** Everybody who ever led, by term. */
function leadersByTerm(room: Room): Map<number, Set<MemberId>> {
  const leaders = new Map<number, Set<MemberId>>()
  for (const member of room.members.values())
    for (const effect of member.effects)
      if (effect.kind === 'role' && effect.role === 'leader')
        leaders.set(effect.term, (leaders.get(effect.term) ?? new Set()).add(member.id))
  return leaders
}

const expectOneLeaderPerTerm = (room: Room) => {
  for (const [term, leaders] of leadersByTerm(room)) expect([...leaders], `leaders of term ${term}`).toHaveLength(1)
}

const kinds = (effects: readonly Effect[]) => effects.map(effect => effect.kind)

const addLearners = (room: Room, leader: string, ...names: string[]) => {
  for (const name of names) {
    room.of(leader).change(...set('learner', name))
    room.settle()
  }
}

for (const [what, first, second] of [
  ['two adds', set('voter', 'e'), set('voter', 'f')],
  ['two adds, the other way round', set('voter', 'f'), set('voter', 'e')],
  ['two removes', set('removed', 'c'), set('removed', 'd')],
  ['two removes, the other way round', set('removed', 'd'), set('removed', 'c')],
] as const)
  scenario(
    `R2: changes no membership before the leader has committed in its term (${what})`,
    [
      {
        broken: 'a new leader may change the membership at once',
        file: 'membership.ts',
        find: "if (!hasCommittedInTerm(core)) return refuse(core, 'not-ready')",
        replace: '',
      },
      {
        broken: 'a second change does not wait for the first',
        file: 'membership.ts',
        find: "if (leader.membershipIndex > core.log.commit) return refuse(core, 'change-pending')",
        replace: '',
      },
    ],
    core => {
      const room = new Room(core, ['a', 'b', 'c', 'd'], { joiners: ['e', 'f'] })
      room.elect('a')
      addLearners(room, 'a', 'e', 'f')
      // a proposes one change that reaches nobody; b becomes leader and is asked for another.
      room.isolate('a')
      room.of('a').change(...first)
      expect(room.of('a').change(...second)).toMatchObject([{ kind: 'refused', reason: 'change-pending' }])
      for (const name of ['b', 'c', 'd', 'e', 'f']) room.of(name).forgetLeader()
      room.step('b', { kind: 'campaign' })
      room.settle(({ message }) => message.kind.startsWith('vote'))
      expect(room.of('b').view.role).toBe('leader')
      expect(room.of('b').change(...second)).toMatchObject([{ kind: 'refused', reason: 'not-ready' }])
      room.settle()
      expect(kinds(room.of('b').change(...second))).toContain('accepted')
      room.settle()
      room.heal()
      room.pass(4 * T)
      expectOneLeaderPerTerm(room)
      expect(room.leaders).toEqual(['b'])
      expect(room.of('a').view.membership).toEqual(room.of('b').view.membership)
    },
  )

scenario('R14: shrinks no quorum of two alone: the removal of a dead member waits for it', [halfIsMajority], core => {
  // b dies before it hears of its removal: nothing is committed, and nobody leads until it is back.
  const room = new Room(core, ['a', 'b'])
  room.elect('a')
  room.of('b').crash()
  room.of('a').change(...set('removed', 'b'))
  room.pass(4 * T)
  expect(room.of('a').view.membership.voters).toEqual(['a', 'b'])
  expect(room.leaders).toEqual([])
  room.of('b').revive(0.2)
  room.pass(6 * T)
  expectOneLeaderPerTerm(room)
  expect(room.leaders).toEqual(['a'])
  expect(room.of('a').view.membership.voters).toEqual(['a'])
})

scenario(
  'R14: goes on alone after a removal that the other one had acknowledged, and never under two leaders',
  [halfIsMajority],
  core => {
    const room = new Room(core, ['a', 'b'])
    room.elect('a')
    room.of('a').change(...set('removed', 'b'))
    room.deliver()
    room.of('b').finishWrite()
    room.of('b').crash()
    room.settle()
    expect(room.of('a').view).toMatchObject({ role: 'leader', membership: { voters: ['a'] } })
    // b comes back and does not know; it needs a's vote to lead and cannot get it.
    room.of('b').revive()
    room.cutOneWay('a', 'b')
    room.pass(6 * T)
    expect(room.leaders).toEqual(['a'])
    expect([...leadersByTerm(room)]).toEqual([[2, new Set(['a'])]])
    room.of('a').propose('x')
    room.settle()
    expect(room.of('a').applied).toEqual(['x'])
  },
)

scenario(
  'R31: goes on when everybody leaves one after the other, the leader too, until one is left',
  [
    {
      broken: 'a removed leader goes on leading',
      file: 'commit.ts',
      find: 'if (!isVoter(membership, config.member)) return leaveOffice(core, leader)',
      replace: '',
    },
    {
      broken: 'nobody is told to succeed it',
      file: 'commit.ts',
      find: "if (heir !== undefined) send(core, heir, { kind: 'timeout-now', sender: core.sender, term: core.term })",
      replace: 'void heir',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c', 'd', 'e'])
    room.elect('a')
    for (let count = 5; count > 1; count--) {
      const [leaver] = room.leaders as [string]
      room.of(leaver).propose(`${count} here`)
      room.settle()
      room.of(leaver).change(...set('removed', leaver))
      room.settle()
      // Its heir was told to campaign: no election timeout passes without a leader.
      expect(room.leaders).toHaveLength(1)
      expect(room.leaders).not.toContain(leaver)
      room.of(leaver).crash()
      room.pass(5)
    }
    const [last] = room.leaders as [string]
    room.of(last).propose('alone')
    room.settle()
    expect(room.of(last).view.membership).toMatchObject({ voters: [last], learners: [] })
    expect(room.of(last).applied).toEqual(['5 here', '4 here', '3 here', '2 here', 'alone'])
    expectOneLeaderPerTerm(room)
  },
)

scenario(
  'R31: stops when all but one leave at once, and goes on when their members are adopted or return',
  [
    {
      broken: 'one vote of five is enough',
      file: 'quorum.ts',
      find: 'if (granted >= majorityOf(votes.length)) return',
      replace: 'if (granted >= 1) return',
    },
    {
      broken: 'a lone copy is enough',
      file: 'quorum.ts',
      find: 'reached[reached.length - majorityOf(reached.length)]',
      replace: 'reached[reached.length - 1]',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c', 'd', 'e'])
    room.elect('a')
    for (const name of ['b', 'c', 'd', 'e']) room.of(name).crash()
    room.of('a').propose('into the void')
    room.pass(4 * T)
    expect(room.leaders).toEqual([])
    expect(room.of('a').applied).toEqual([])
    // Same browser: the tab that is left restarts its siblings' members from their disks, and hosts a quorum.
    for (const [at, name] of ['b', 'c'].entries()) room.of(name).revive(at / 3)
    room.pass(4 * T)
    expect(room.leaders).toHaveLength(1)
    room.of(room.leaders[0] as string).propose('again')
    room.pass(5)
    expect(room.of('a').applied).toContain('again')
    expectOneLeaderPerTerm(room)
  },
)

scenario(
  'B3: makes nobody a voter whose log was never seen to arrive',
  [
    {
      broken: 'anybody may become a voter',
      file: 'membership.ts',
      find: "if (laggard !== undefined) return refuse(core, 'not-caught-up', 0, 1, laggard)",
      replace: '',
    },
  ],
  core => {
    const room = new Room(core, ['a'], { joiners: ['b'], limits: { promotionLagEntries: 1 } })
    room.elect('a')
    const promote = () => room.of('a').change(...set('voter', 'b'))
    expect(promote()).toMatchObject([{ kind: 'refused', reason: 'not-caught-up' }])
    room.isolate('b')
    addLearners(room, 'a', 'b')
    expect(promote()).toMatchObject([{ kind: 'refused', reason: 'not-caught-up' }])
    room.heal()
    room.pass(30)
    room.isolate('b')
    room.of('a').propose('1', '2')
    room.settle()
    expect(promote()).toMatchObject([{ kind: 'refused', reason: 'not-caught-up' }])
    room.heal()
    room.pass(5)
    expect(kinds(promote())).toContain('accepted')
    room.settle()
    expect(room.of('b').view.membership.voters).toEqual(['a', 'b'])
  },
)

scenario(
  'C2: leaves a joint configuration by itself, also under the next leader',
  [
    {
      broken: 'nobody leaves the joint configuration',
      file: 'membership.ts',
      find: "appendMembership(core, leader, { kind: 'leave-joint' })\n",
      replace: 'void leader\n',
    },
    {
      broken: 'it is left again and again',
      file: 'membership.ts',
      find: 'if (leader.membershipIndex > core.log.commit || !hasCommittedInTerm(core)) return',
      replace: 'if (core.log.lastIndex > core.log.commit + 5) return',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'], { joiners: ['d'] })
    room.elect('a')
    addLearners(room, 'a', 'd')
    const changes = [...set('voter', 'd'), ...set('learner', 'b'), ...set('removed', 'c')]
    room.step('a', { kind: 'reconfigure', change: { kind: 'enter-joint', autoLeave: true, changes } })
    // The joint configuration is committed and known to b and d, then a dies.
    room.deliver()
    for (const name of ['b', 'c', 'd', 'a']) room.of(name).finishWrite()
    room.deliver()
    room.deliver()
    expect(room.of('d').view.membership).toMatchObject({ voters: ['a', 'd'], outgoing: ['a', 'b', 'c'] })
    room.of('a').crash()
    room.lose()
    for (const name of ['b', 'c', 'd']) room.of(name).forgetLeader()
    room.of('a').revive(0.99)
    room.step('d', { kind: 'campaign' })
    room.pass(10)
    expect(room.leaders).toEqual(['d'])
    expect(room.of('a').view.membership).toEqual({
      voters: ['a', 'd'],
      outgoing: [],
      learners: ['b'],
      learnersNext: [],
      autoLeave: false,
    })
    room.of('d').propose('x')
    room.settle()
    expect(room.of('b').applied).toEqual(['x'])
  },
)
