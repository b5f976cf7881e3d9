/**
 * What a majority, or both majorities of a joint configuration, agree on. One half of the members' answers is a plain list of
 * numbers or votes, in any order; learners are simply not in it (R22).
 *
 * Invariants
 * Q1  A majority of n is floor(n / 2) + 1.
 * Q2  A joint configuration agrees only on what both halves agree on (Raft paper, §6).
 * Q3  The empty half agrees to everything, so a configuration that is not joint is a joint one with an empty half.
 */

export const majorityOf = (members: number): number => Math.floor(members / 2) + 1

/** The largest number that a majority has reached. Sorts `reached` in place: it is the caller's scratch (hot path). */
export function reachedByMajority(reached: number[]): number {
  if (reached.length === 0) return Number.POSITIVE_INFINITY
  for (let next = 1; next < reached.length; next++) {
    const value = reached[next] as number
    let place = next
    for (; place > 0 && (reached[place - 1] as number) > value; place--) reached[place] = reached[place - 1] as number
    reached[place] = value
  }
  return reached[reached.length - majorityOf(reached.length)] as number
}

export function reachedByBoth(incoming: number[], outgoing: number[]): number {
  return Math.min(reachedByMajority(incoming), reachedByMajority(outgoing))
}

/** `undefined` is a voter that has not answered. */
export type Vote = boolean | undefined
export type VoteResult = 'won' | 'lost' | 'pending'

export function voteResult(votes: readonly Vote[]): VoteResult {
  if (votes.length === 0) return 'won'
  const granted = votes.filter(vote => vote === true).length
  const missing = votes.filter(vote => vote === undefined).length
  if (granted >= majorityOf(votes.length)) return 'won'
  return granted + missing >= majorityOf(votes.length) ? 'pending' : 'lost'
}

export function jointVoteResult(incoming: readonly Vote[], outgoing: readonly Vote[]): VoteResult {
  const results = [voteResult(incoming), voteResult(outgoing)]
  if (results.includes('lost')) return 'lost'
  return results.includes('pending') ? 'pending' : 'won'
}
