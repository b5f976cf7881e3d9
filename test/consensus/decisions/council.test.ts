/** What a peer believes of voters that live elsewhere. */
import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { systemClock } from '../../../src/base/system.ts'
import { Council } from '../../../src/consensus/decisions/council.ts'
import type { MemberId } from '../../../src/consensus/raft/messages.ts'
import type { PeerInfo } from '../../../src/mesh/types.ts'

const bob = 'bob' as PeerId
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
  council.toldRoster(roster(9, 'a', 'b', 'c', 'd', 'e'), bob)
  council.toldRoster(roster(4, 'a', 'b', 'c'), bob)
  expect(council.quorum).toMatchObject({ voters: 5, needs: 3, live: 0 })
  expect(council.roster).toEqual(roster(9, 'a', 'b', 'c', 'd', 'e'))
  council.toldRoster(roster(12, 'a', 'b', 'c', 'd'), bob)
  expect(council.membership.voters).toHaveLength(4)
})

test('who knows of none does not make it forget, and another history does', () => {
  const council = new Council(systemClock, self)
  council.follow(generation('one'))
  council.toldRoster(roster(9, 'a'), bob)
  council.toldRoster(roster(10), bob)
  expect(council.knowsVoters).toBe(true)
  council.follow(generation('two'))
  expect(council.knowsVoters).toBe(false)
  council.toldRoster(roster(1, 'z'), bob)
  expect(council.membership.voters).toEqual(['z'])
})

test('what the leader says counts, whatever number another one has named', () => {
  const council = new Council(systemClock, self)
  council.follow(generation('one'))
  council.toldRoster(roster(Number.MAX_SAFE_INTEGER, 'x', 'y', 'z'), 'eve' as PeerId)
  council.toldRoster(roster(9, 'b'), bob)
  expect(council.membership.voters).toEqual(['x', 'y', 'z'])
  const session = 'bobs' as SessionId
  council.peerIsHere({ id: bob, session } as PeerInfo)
  council.table.add({ member: 'b' as MemberId, generation: 'one', epoch: 1, peer: bob, session, signed: {} as never })
  council.toldLeader('b' as MemberId, 3)
  council.toldRoster(roster(9, 'b'), bob)
  expect(council.membership.voters).toEqual(['b'])
})
