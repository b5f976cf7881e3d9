/** Scenarios about what a crash, a wipe or a long sleep leaves behind; each must fail on a core with its rule broken. */
import { expect } from 'vitest'
import { noPreVote } from './support/faults.ts'
import { Room } from './support/room.ts'
import { scenario } from './support/scenario.ts'

const T = 15 // electionTicks of preset `lab`

scenario(
  'R15: counts no vote that a crash took back',
  [
    {
      broken: 'a vote is told before it is durable',
      file: 'election.ts',
      find: "promise(core, from, { kind: 'vote-reply'",
      replace: "send(core, from, { kind: 'vote-reply'",
    },
    {
      broken: 'the vote is not given back by the disk',
      file: 'core.ts',
      find: 'votedFor: hard.votedFor,',
      replace: 'votedFor: undefined,',
    },
    {
      broken: 'a write begins and leaves the vote out',
      file: 'durability.ts',
      find: 'votedFor: core.votedFor, commit',
      replace: 'votedFor: undefined, commit',
    },
  ],
  core => {
    for (const isWritten of [false, true]) {
      const room = new Room(core, ['a', 'b', 'c'], { slowDisks: ['c'], preVote: false })
      room.cut('a', 'b')
      room.step('a', { kind: 'campaign' })
      room.settle()
      if (isWritten) room.of('c').finishWrite()
      room.of('c').crash()
      room.slowDisks.clear()
      room.of('c').revive()
      room.step('b', { kind: 'campaign' })
      room.settle(({ from, to }) => from === 'b' || to === 'b')
      room.settle()
      const elected = [...room.members.values()].filter(({ effects }) => {
        return effects.some(effect => effect.kind === 'role' && effect.role === 'leader' && effect.term === 2)
      })
      expect(elected.map(member => member.id)).toEqual([isWritten ? 'a' : 'b'])
    }
  },
)

scenario(
  'R15: repeats no candidacy of a term with a shorter log than the one it was granted for',
  [
    {
      broken: 'a candidacy is told before it is durable',
      file: 'election.ts',
      find: 'else promise(core, voter, request)',
      replace: 'else send(core, voter, request)',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'], { preVote: false })
    room.elect('a')
    room.slowDisks.add('c')
    room.of('a').propose('x')
    room.settle()
    expect(room.of('a').applied).toEqual(['x'])
    room.of('a').crash()
    // c has x, but not on its disk, and stands on it; the crash takes x and the candidacy.
    room.step('c', { kind: 'tick', ticks: T })
    room.step('c', { kind: 'campaign' })
    room.of('b').forgetLeader()
    room.deliver()
    room.of('b').finishWrite()
    const grants = room.wires.filter(({ to, message }) => to === 'c' && message.kind === 'vote-reply')
    room.lose()
    room.of('c').crash()
    room.of('c').revive().step({ kind: 'campaign' })
    room.of('c').finishWrite()
    for (const grant of grants) room.hand(grant)
    expect(room.of('c').view.lastIndex).toBeLessThan(room.of('b').view.lastIndex)
    expect(room.leaders).toEqual([])
  },
)

scenario(
  'R16: neither votes nor campaigns on a wiped disk under an old id',
  [
    {
      broken: 'an empty disk votes',
      file: 'election.ts',
      find: 'const knowsMembership = core.snapshot.index > 0',
      replace: 'const knowsMembership = true',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.isolate('c')
    room.of('a').propose('x')
    room.settle()
    expect(room.of('a').applied).toEqual(['x'])
    room.of('a').crash()
    room.of('b').crash()
    room.heal()
    room.add(core.joinerState({ member: room.of('b').id, generation: 'g1' }))
    room.pass(6 * T)
    // c lacks x, and with the vote of the wiped b it would rule x out of existence.
    expect(room.leaders).toEqual([])
    expect(room.sent.some(({ from, message }) => from === 'b' && message.kind === 'vote-request')).toBe(false)
  },
)

scenario(
  'R25: elects without delay through a member that has just restarted',
  [
    {
      broken: 'silence since the start counts as a leader’s presence',
      file: 'election.ts',
      find: 'core.leader !== undefined && core.electionElapsed < ',
      replace: 'core.electionElapsed < ',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.of('a').crash()
    room.pass(T)
    room.of('b').crash()
    room.of('b').revive()
    room.pass(1)
    room.step('c', { kind: 'campaign' })
    room.settle()
    expect(room.leaders).toEqual(['c'])
  },
)

scenario(
  'R25: elects within two election timeouts after everybody restarted',
  [
    {
      broken: 'a restarted member waits to be spoken to',
      file: 'election.ts',
      find: 'if (core.electionElapsed < core.electionTimeout) return',
      replace: 'if (core.electionElapsed < core.electionTimeout || core.term === core.told.term) return',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    for (const member of [...room.members.values()]) member.crash()
    for (const [at, member] of [...room.members.values()].entries()) member.revive(at / 3)
    room.pass(2 * T)
    expect(room.leaders).toHaveLength(1)
  },
)

scenario('R29: wakes from ten hours of sleep with one question and no change of term', [noPreVote], core => {
  const room = new Room(core, ['a', 'b', 'c'])
  room.elect('a')
  room.pass(10 * T, ['a', 'b'])
  const before = room.sent.length
  room.step('c', { kind: 'tick', ticks: 3_600_000 })
  expect(room.sent.slice(before).map(({ message }) => message)).toMatchObject([
    { kind: 'vote-request', pre: true },
    { kind: 'vote-request', pre: true },
  ])
  room.pass(2 * T)
  expect(room.leaders).toEqual(['a'])
  expect(room.of('c').view).toMatchObject({ term: 2, leader: 'a' })
})

scenario(
  'R29: moves logical time by no more than one longest timeout while the leader slept',
  [
    {
      broken: 'all missed ticks are made up for',
      file: 'step.ts',
      find: 'Math.min(ticks, 2 * core.config.electionTicks)',
      replace: 'ticks',
    },
  ],
  core => {
    const room = new Room(core, ['a'])
    room.elect('a')
    room.of('a').propose('before')
    room.settle()
    room.step('a', { kind: 'tick', ticks: 3_600_000 })
    room.settle()
    room.elect('a')
    room.of('a').propose('after')
    room.settle()
    const [before, after] = room
      .of('a')
      .entries.filter(entry => entry.kind === 'command')
      .map(entry => entry.timeMs)
    expect((after as number) - (before as number)).toBeLessThanOrEqual(3 * T * room.config.tickMs)
  },
)
