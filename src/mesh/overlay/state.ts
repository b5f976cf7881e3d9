/**
 * Which links this peer keeps, over time, as a machine: `plan.ts` says which links are wanted now, this remembers what was tried.
 *
 * Invariants:
 * 1. Never more than `linksMax` links, besides those to peers that are required (voters of a Raft group, say).
 * 2. A peer that failed rests, each time twice as long. A newcomer is left to dial for itself first.
 * 3. While there is no link yet, one dial begins, and one more each `firstDialsApartMs`.
 * 4. A link that died is replaced at the next review. Where the dial takes long, fails or is refused, others are dialled beside or after it, within
 *    `linksMax`. A link too many is let go after the room was quiet for `dropDelayMs`.
 * 5. Now and then a chord is exchanged for another, the new one first, so that the graph stays random whatever happened to it.
 */
import type { PeerId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'

export interface OverlayState {
  readonly self: PeerId
  readonly random: Random
  /** Everyone who could be dialled: members, and those whom signaling lists. */
  readonly candidates: Set<PeerId>
  readonly linked: Set<PeerId>
  /** Peers that we dial now, and when that has taken so long that it is not waited for any more. */
  readonly dialling: Map<PeerId, number>
  /** The same of peers that dial us. */
  readonly called: Map<PeerId, number>
  /** Links that we made a moment ago, and when. */
  readonly opened: Map<PeerId, number>
  readonly resting: Map<PeerId, Rest>
  /** Messages relayed to each peer since the last review, large ones counted several times. */
  readonly relays: Map<PeerId, number>
  /** Peers to whom a link is wanted besides all others. */
  required: ReadonlySet<PeerId>
  /** The next and the previous peer in the order of ids, or fewer. */
  ring: ReadonlySet<PeerId> | undefined
  /** When the first dial began since there was a link; undefined while there is one. */
  firstDialMs: number | undefined
  /** When somebody last came, went, or a link changed. */
  changedMs: number
  shuffleMs: number
  /** When we look again for want of links; in the past where that is not asked for. */
  wakeMs: number
  /** A chord that goes once the other has opened. */
  exchange: { readonly incoming: PeerId; readonly outgoing: PeerId } | undefined
}

export interface Rest {
  readonly failures: number
  readonly untilMs: number
}

/** What the machine may ask at a review. */
export interface OverlayFacts {
  /** Peers with whom a link is being made, whoever began. */
  readonly engaged: () => Iterable<PeerId>
  /** Links that each peer announces; unknown is 0. */
  readonly degreeOf: (peer: PeerId) => number
  /** Round trip to this peer as far as it is known, ms. */
  readonly rttMsOf?: (peer: PeerId) => number | undefined
  /** 0 is known to harm, 1 is known to be good; unknown is 1. */
  readonly reputationOf?: (peer: PeerId) => number
  /** Those in doubt now: not dialled until that is settled. */
  readonly suspects?: () => Iterable<PeerId>
}

export type OverlayInput = { readonly nowMs: number } & (
  | { readonly kind: 'candidate'; readonly peer: PeerId }
  /** Joined after us, and so dials by itself. */
  | { readonly kind: 'newcomer'; readonly peer: PeerId }
  | { readonly kind: 'gone'; readonly peer: PeerId }
  | { readonly kind: 'linked'; readonly peer: PeerId }
  | { readonly kind: 'unlinked'; readonly peer: PeerId }
  | { readonly kind: 'dial-failed'; readonly peer: PeerId }
  /** A message to this peer was relayed; when they go on, a direct link pays (DESIGN, section 5). */
  | { readonly kind: 'relayed'; readonly peer: PeerId; readonly bytes: number }
  | { readonly kind: 'required'; readonly peers: ReadonlySet<PeerId> }
  /** What kept links from being made is over: nobody rests any longer. */
  | { readonly kind: 'healed' }
  | { readonly kind: 'review' }
)

export type OverlayEffect =
  | { readonly kind: 'dial'; readonly peer: PeerId }
  | { readonly kind: 'drop'; readonly peer: PeerId }
  /** Review again then at the latest. */
  | { readonly kind: 'wake'; readonly atMs: number }

/** How often one chord of a peer is exchanged, on average, ms. */
export const shuffleIntervalMs = 10 * 60_000

export function overlayOf(self: PeerId, random: Random, nowMs: number): OverlayState {
  return {
    self,
    random,
    candidates: new Set(),
    linked: new Set(),
    dialling: new Map(),
    called: new Map(),
    opened: new Map(),
    resting: new Map(),
    relays: new Map(),
    required: new Set(),
    ring: undefined,
    firstDialMs: undefined,
    changedMs: nowMs,
    shuffleMs: nowMs + shuffleIntervalMs * (0.5 + random.next()),
    wakeMs: nowMs,
    exchange: undefined,
  }
}
