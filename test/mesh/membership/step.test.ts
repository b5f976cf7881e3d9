import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { departedMax, membersMax } from '../../../src/mesh/limits.ts'
import { type Effect, type Input, type MembershipState, membershipOf } from '../../../src/mesh/membership/state.ts'
import { step } from '../../../src/mesh/membership/step.ts'
import type { Announcement } from '../../../src/mesh/peer.ts'

const [self, ada, bob] = ['self', 'ada', 'bob'] as PeerId[] as [PeerId, PeerId, PeerId]
const [first, second] = ['k000-aaaaaaaa', 'k001-aaaaaaaa'] as SessionId[] as [SessionId, SessionId]

function announcement(session: SessionId, sequence: number): Announcement {
  const load = { slots: 0, busy: 0 }
  return { session, sequence, name: 'x', device: 'd', browser: 'b', capabilities: [], load, links: [] }
}

function announced(peer: PeerId, session: SessionId, sequence: number): Input {
  return { kind: 'announced', peer, announcement: announcement(session, sequence), nowMs: 0 }
}

function goodbye(peer: PeerId, session: SessionId): Input {
  return { kind: 'goodbye', peer, session, reason: 'closed' }
}

function verdict(peer: PeerId, session: SessionId, sequence: number): Input {
  return { kind: 'verdict', peer, session, sequence }
}

function after(...inputs: Input[]): { state: MembershipState; effects: Effect[] } {
  const state = membershipOf(self, first)
  let effects: Effect[] = []
  for (const input of inputs) effects = step(state, input)
  return { state, effects }
}

function membersOf(state: MembershipState): string[] {
  return [...state.members.values()]
    .map(({ id, announcement: { session, sequence } }) => `${id} ${session} ${sequence}`)
    .sort()
}

const kinds = (effects: readonly Effect[]) => effects.map(effect => effect.kind)

const peerIds = fc.constantFrom(ada, bob, 'cyd' as PeerId)
const sequences = fc.integer({ min: 0, max: 5 })

test('any order and repetition of announcements gives the same members', () => {
  const sessions = fc.constantFrom(first, second, 'k001-bbbbbbbb' as SessionId)
  const inputs = fc.array(
    fc.tuple(peerIds, sessions, sequences).map(args => announced(...args)),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(inputs, fc.infiniteStream(fc.nat()), (given, chance) => {
      const twice = [...given, ...given].sort(() => ((chance.next().value ?? 0) % 2 ? 1 : -1))
      expect(membersOf(after(...twice).state)).toEqual(membersOf(after(...given).state))
    }),
    { numRuns: 2_000 },
  )
})

test('any order and repetition of announcements, verdicts and goodbyes of one session gives the same members', () => {
  const input = fc.oneof(
    fc.tuple(peerIds, sequences).map(([peer, sequence]) => announced(peer, first, sequence)),
    fc.tuple(peerIds, sequences).map(([peer, sequence]) => verdict(peer, first, sequence)),
    peerIds.map(peer => goodbye(peer, first)),
  )
  const shuffles = fc
    .array(input, { maxLength: 10 })
    .chain(given =>
      fc.tuple(fc.constant(given), fc.shuffledSubarray([...given, ...given], { minLength: 2 * given.length })),
    )
  fc.assert(
    fc.property(shuffles, ([given, shuffled]) => {
      expect(membersOf(after(...shuffled).state)).toEqual(membersOf(after(...given).state))
    }),
    { numRuns: 2_000 },
  )
})

test('every member joined once more than it departed, and the events tell the whole list', () => {
  const input: fc.Arbitrary<Input> = fc.oneof(
    fc.tuple(peerIds, fc.constantFrom(first, second), sequences).map(args => announced(...args)),
    fc.tuple(peerIds, fc.constantFrom(first, second), sequences).map(args => verdict(...args)),
    fc.tuple(peerIds, fc.constantFrom(first, second)).map(args => goodbye(...args)),
    fc
      .tuple(
        fc.constantFrom('hint', 'probe-failed') as fc.Arbitrary<'hint' | 'probe-failed'>,
        peerIds,
        fc.constantFrom(first, second),
      )
      .map(([kind, peer, session]) => ({ kind, peer, session })),
    peerIds.map(peer => ({ kind: 'heard' as const, peer })),
  )
  fc.assert(
    fc.property(fc.array(input, { maxLength: 40 }), inputs => {
      const state = membershipOf(self, first)
      const told = new Map<PeerId, string>()
      for (const effect of inputs.flatMap(each => step(state, each))) {
        if (effect.kind === 'joined') {
          expect(told.has(effect.member.id)).toBe(false)
          told.set(effect.member.id, effect.member.state)
        } else if (effect.kind === 'changed') {
          expect(told.has(effect.member.id)).toBe(true)
          told.set(effect.member.id, effect.member.state)
        } else if (effect.kind === 'departed') expect(told.delete(effect.member.id)).toBe(true)
      }
      expect(told).toEqual(new Map([...state.members.values()].map(member => [member.id, member.state])))
    }),
    { numRuns: 2_000 },
  )
})

test('a goodbye is final: its session never comes back, whatever it announces', () => {
  const { state, effects } = after(announced(ada, first, 1), goodbye(ada, first), announced(ada, first, 1_000_000))
  expect([membersOf(state), effects]).toEqual([[], []])
  expect(kinds(step(state, announced(ada, second, 0)))).toEqual(['joined'])
})

test('a goodbye that overtakes the announcement keeps the session out', () => {
  expect(membersOf(after(goodbye(ada, first), announced(ada, first, 3)).state)).toEqual([])
})

test('a goodbye that names another peer’s session buries nobody', () => {
  const { state } = after(announced(ada, first, 1), goodbye(bob, first), announced(ada, first, 2))
  expect(membersOf(state)).toEqual([`ada ${first} 2`])
  expect(membersOf(after(goodbye(bob, first), announced(ada, first, 1)).state)).toEqual([`ada ${first} 1`])
})

test('a verdict holds until its subject announces itself with a higher sequence', () => {
  const { state } = after(announced(ada, first, 3), verdict(ada, first, 3))
  expect(membersOf(state)).toEqual([])
  expect(step(state, announced(ada, first, 3))).toEqual([])
  expect(kinds(step(state, announced(ada, first, 4)))).toEqual(['joined'])
  expect(step(state, verdict(ada, first, 3))).toEqual([])
  expect(membersOf(state)).toEqual([`ada ${first} 4`])
})

test('who is given up wrongly refutes above what the verdict knew; another session’s verdict is not answered', () => {
  expect(after(verdict(self, first, 7)).effects).toEqual([{ kind: 'refute', sequence: 8 }])
  expect(after(verdict(self, second, 7)).effects).toEqual([])
})

test('a later session replaces an earlier one, which stays away', () => {
  const { state, effects } = after(announced(ada, first, 9), announced(ada, second, 0))
  expect(effects).toMatchObject([{ kind: 'departed', reason: 'replaced' }, { kind: 'joined' }])
  expect(step(state, announced(ada, first, 10))).toEqual([])
  expect(membersOf(state)).toEqual([`ada ${second} 0`])
})

test('a hint starts one probe and no verdict; an answer settles it', () => {
  const hint: Input = { kind: 'hint', peer: ada, session: first }
  const { state, effects } = after(announced(ada, first, 1), hint)
  expect(kinds(effects)).toEqual(['changed', 'probe'])
  expect(step(state, hint)).toEqual([])
  expect(step(state, { kind: 'heard', peer: ada })).toMatchObject([{ kind: 'changed', member: { state: 'alive' } }])
  expect(step(state, { kind: 'probe-failed', peer: ada, session: first })).toEqual([]) // too late: it answered
})

test('a probe that fails departs the peer and tells the room, with the sequence that was known', () => {
  const { effects } = after(
    announced(ada, first, 5),
    { kind: 'hint', peer: ada, session: first },
    { kind: 'probe-failed', peer: ada, session: first },
  )
  expect(effects).toMatchObject([
    { kind: 'departed', reason: 'crashed' },
    { kind: 'publish-verdict', peer: ada, session: first, sequence: 5 },
  ])
})

test('a hint or a failed probe of a session that was replaced harms the new one not at all', () => {
  const { state } = after(announced(ada, first, 1), announced(ada, second, 1))
  expect(step(state, { kind: 'hint', peer: ada, session: first })).toEqual([])
  expect(step(state, { kind: 'probe-failed', peer: ada, session: first })).toEqual([])
  expect(step(state, verdict(ada, first, 1_000))).toEqual([])
  expect(step(state, goodbye(ada, first))).toEqual([])
  expect(membersOf(state)).toEqual([`ada ${second} 1`])
})

test('nobody becomes a member by any word but its own announcement, and this peer never does', () => {
  const { state } = after(
    verdict(ada, first, 1),
    goodbye(bob, first),
    { kind: 'hint', peer: ada, session: first },
    { kind: 'heard', peer: ada },
    { kind: 'probe-failed', peer: ada, session: first },
    announced(self, second, 1),
  )
  expect(state.members.size).toBe(0)
})

test('members and the memory of the departed are bounded', () => {
  const state = membershipOf(self, first)
  for (let at = 0; at <= membersMax; at++) step(state, announced(`peer ${at}` as PeerId, first, 1))
  expect(state.members.size).toBe(membersMax)
  for (let at = 0; at < 2 * departedMax; at++) step(state, goodbye(`gone ${at}` as PeerId, first))
  expect(state.departed.size).toBe(departedMax)
  expect(step(state, announced(`gone ${2 * departedMax - 1}` as PeerId, first, 1))).toEqual([])
  // A single peer with many sessions takes no more room than many with one.
  for (let at = 0; at < 2 * departedMax; at++) step(state, goodbye(ada, `${1000 + at}-aaaaaaaa` as SessionId))
  expect([...state.departed.values()].reduce((sum, sessions) => sum + sessions.size, 0)).toBe(departedMax)
  expect(state.graves).toBe(departedMax)
})
