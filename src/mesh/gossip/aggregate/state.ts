/**
 * Push-sum (Kempe, Dobra and Gehrke, "Gossip-based computation of aggregate information", 2003): everybody knows count, sum, mean, least and
 * greatest of a number that each peer has, after O(log N) rounds, without anybody collecting them. Pure.
 *
 * 1. Mass is conserved: each round a peer keeps half of what it has and gives half to one peer. What could not be given is taken back.
 * 2. Of all peers one, the *root*, starts with weight 1: count and sum are mass per weight.
 * 3. An epoch is one computation; a later one starts afresh, so that what was lost with a peer that left distorts one epoch only.
 */

export interface Share {
  readonly sum: number
  /** 1 for each peer at the start. */
  readonly mass: number
  readonly weight: number
  readonly least: number
  readonly greatest: number
}

/** Of a peer that gives no number, and only passes on what others gave. */
export const noShare: Share = {
  sum: 0,
  mass: 0,
  weight: 0,
  least: Number.POSITIVE_INFINITY,
  greatest: Number.NEGATIVE_INFINITY,
}

export interface Aggregate {
  readonly count: number
  readonly sum: number
  readonly mean: number
  readonly min: number
  readonly max: number
}

export function initialShare(value: number, isRoot: boolean): Share {
  return { sum: value, mass: 1, weight: isRoot ? 1 : 0, least: value, greatest: value }
}

/** What to keep, and what to give to one random peer. */
export function split({ sum, mass, weight, least, greatest }: Share): { readonly kept: Share; readonly given: Share } {
  const half = { sum: sum / 2, mass: mass / 2, weight: weight / 2, least, greatest }
  return { kept: half, given: half }
}

export function absorb(one: Share, other: Share): Share {
  return {
    sum: one.sum + other.sum,
    mass: one.mass + other.mass,
    weight: one.weight + other.weight,
    least: Math.min(one.least, other.least),
    greatest: Math.max(one.greatest, other.greatest),
  }
}

/** Undefined while nothing of the root's weight has come this way. */
export function aggregateOf({ sum, mass, weight, least, greatest }: Share): Aggregate | undefined {
  if (weight <= 0) return undefined
  return { count: mass / weight, sum: sum / weight, mean: sum / mass, min: least, max: greatest }
}

/** Rounds after which the estimates of `peers` peers are within a thousandth, with great probability (measured: docs/simulation.md). */
export function roundsFor(peers: number): number {
  return Math.ceil(2 * Math.log2(Math.max(2, peers))) + 12
}

/** Rounds in which news of one peer reaches all others, with some to spare. */
export function quietRoundsFor(peers: number): number {
  return Math.ceil(Math.log2(Math.max(2, peers))) + 6
}
