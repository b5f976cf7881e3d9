/** What a peer believes of voters that live elsewhere. */
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/base/system.ts'
import { Council } from '../../../src/consensus/decisions/council.ts'
import type { MemberId } from '../../../src/consensus/raft/messages.ts'

const self = { peer: 'ada' as never, session: 's' as never, browser: 'b' }
const roster = (asOf: number, ...voters: string[]) => ({
  voters: voters as MemberId[],
  outgoing: [],
  learners: [],
  asOf,
})
const generation = (id: string) => ({ id, bornAtMs: 1, decided: 0 })

test('of two that are told the later counts, in whichever order they come', () => {
  const council = new Council(systemClock, self)
  council.follow(generation('one'))
  council.toldRoster(roster(9, 'a', 'b', 'c', 'd', 'e'))
  council.toldRoster(roster(4, 'a', 'b', 'c'))
  expect(council.quorum).toMatchObject({ voters: 5, needs: 3, live: 0 })
  expect(council.roster).toEqual(roster(9, 'a', 'b', 'c', 'd', 'e'))
  council.toldRoster(roster(12, 'a', 'b', 'c', 'd'))
  expect(council.membership.voters).toHaveLength(4)
})

test('who knows of none does not make it forget, and another history does', () => {
  const council = new Council(systemClock, self)
  council.follow(generation('one'))
  council.toldRoster(roster(9, 'a'))
  council.toldRoster(roster(10))
  expect(council.knowsVoters).toBe(true)
  council.follow(generation('two'))
  expect(council.knowsVoters).toBe(false)
  council.toldRoster(roster(1, 'z'))
  expect(council.membership.voters).toEqual(['z'])
})
