/**
 * Whether this peer is cut off, as a machine: who is here, who said goodbye, and who was given up without one.
 *
 * Invariants:
 * 1. Known is who is reachable (this peer included), and who was given up as crashed within `rememberMs` and has not come back.
 *    A goodbye, or a later session, takes a peer out: it is not missing.
 * 2. Below half of the known this is the side of a minority (M1); where several are missing, but half or more are here, of a majority.
 * 3. `partition` and `heal` alternate; between them the side may change, which is told as another `partition`.
 */
import type { PeerId } from '../../base/ids.ts'

export type Side = 'majority' | 'minority'

export interface PartitionState {
  readonly rememberMs: number
  /** Without any link for this long, nobody is reachable, ms. */
  readonly isolatedAfterMs: number
  readonly here: Set<PeerId>
  /** Given up, and when; the oldest first. */
  readonly missing: Map<PeerId, number>
  /** When the last link ended; undefined while there is one, or before the first. */
  linklessMs: number | undefined
  side: Side | undefined
  sinceMs: number
  /** Missing ones that came back since. */
  returned: number
}

export type PartitionInput = { readonly nowMs: number } & (
  | { readonly kind: 'joined'; readonly peer: PeerId }
  | { readonly kind: 'departed'; readonly peer: PeerId; readonly isCrash: boolean }
  | { readonly kind: 'links'; readonly count: number }
  /** Time passed: what is remembered grows old. */
  | { readonly kind: 'tick' }
)

export interface PartitionFigures {
  /** Members that can be reached, this peer included. */
  readonly reachable: number
  /** Those, and who was lost without a goodbye. */
  readonly known: number
}

export type PartitionEffect =
  | ({ readonly kind: 'partition'; readonly side: Side } & PartitionFigures)
  | ({ readonly kind: 'heal'; readonly durationMs: number; readonly returned: number } & PartitionFigures)

/** How long those who were given up are remembered: a laptop's sleep or a night's cut is longer, and then they are simply gone. */
export const rememberMsDefault = 10 * 60_000

export function partitionOf(isolatedAfterMs: number, rememberMs = rememberMsDefault): PartitionState {
  const none = { linklessMs: undefined, side: undefined, sinceMs: 0, returned: 0 }
  return { rememberMs, isolatedAfterMs, here: new Set(), missing: new Map(), ...none }
}

export function figuresOf(state: PartitionState, nowMs: number): PartitionFigures {
  const { here, missing, linklessMs, isolatedAfterMs } = state
  const isIsolated = linklessMs !== undefined && nowMs - linklessMs >= isolatedAfterMs
  return { reachable: 1 + (isIsolated ? 0 : here.size), known: 1 + here.size + missing.size }
}
