/**
 * Whether each neighbour's gossip is heard here, and ours there. gossipsub may go dead toward a peer without a sign (DESIGN, fact 4), in one
 * direction only, while the link itself stands. Pure data.
 */
import type { PeerId } from '../../../base/ids.ts'

/** Each neighbour is told this often, by gossip, that we are there. */
export const pulseIntervalMs = 10_000
/** A neighbour of whom nothing came by gossip for so long is told that it is not heard: two pulses and a half. */
export const silenceMs = 25_000
/** Times that a neighbour is told so before its link is made anew from here; one that never sent a pulse is left at that. */
export const complaintsMax = 3

export interface Neighbour {
  heardAtMs: number
  /** Pulses of it; the first may be that of a plain gossipsub node that has just subscribed, and says so only once. */
  pulses: number
  /** Since something of it was last heard. */
  complaints: number
  complainedAtMs: number
  /** When it last told us that it hears nothing of us. */
  toldAtMs: number
}

export interface HearingState {
  readonly neighbours: Map<PeerId, Neighbour>
  tickedAtMs: number
}

export function initialHearing(nowMs: number): HearingState {
  return { neighbours: new Map(), tickedAtMs: nowMs }
}
