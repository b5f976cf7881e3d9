/** Figures of quorums, for people and for what asks whether it may write. No quorum is ever changed by them. */

/** A majority: what Raft needs of `members`. */
export function majorityOf(members: number): number {
  return Math.floor(members / 2) + 1
}

/** More than two thirds: what a critical decision needs of `members`; 5 of 7, 3 of 4. */
export function criticalOf(members: number): number {
  return Math.floor((2 * members) / 3) + 1
}

export interface QuorumFigures {
  readonly reachable: number
  readonly known: number
  /** Of all that are known: the only one by which anything is decided. */
  readonly needed: number
  readonly hasQuorum: boolean
  /** What would be needed if those who cannot be reached were taken out by a committed change: 5/7 would become 3/4. */
  readonly neededWithout: number
}

export function quorumFigures(reachable: number, known: number, quorumOf = majorityOf): QuorumFigures {
  const needed = quorumOf(known)
  return { reachable, known, needed, hasQuorum: reachable >= needed, neededWithout: quorumOf(reachable) }
}
