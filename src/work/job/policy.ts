/** Who gets the next shard. One small seam, so that auctions, stealing or ring placement can take its place. */
import type { PeerId, SessionId } from '../../base/ids.ts'

/** A peer that is here, this one included, as far as handing out work is concerned. */
export interface Candidate {
  readonly id: PeerId
  readonly session: SessionId
  readonly name: string
  readonly slots: number
  /** Slots in use as it last announced, by anybody's work. */
  readonly busy: number
  /** It announces what the job's program needs. */
  readonly isAble: boolean
  /** Not under suspicion of having crashed. */
  readonly isAlive: boolean
}

export interface Offer {
  readonly peer: Candidate
  /** Shards that it could be given now. */
  readonly free: number
}

/** Chooses among peers that all have room; undefined to wait. Must be a pure function. */
export type AssignmentPolicy = (shard: number, offers: readonly Offer[]) => PeerId | undefined

/** The peer with the largest part of its slots free; among equals the lowest id. */
export const mostFree: AssignmentPolicy = (_, offers) => {
  let best: Offer | undefined
  for (const offer of offers) if (!best || isFreer(offer, best)) best = offer
  return best?.peer.id
}

function isFreer(a: Offer, b: Offer): boolean {
  const difference = a.free / a.peer.slots - b.free / b.peer.slots
  return difference === 0 ? a.peer.id < b.peer.id : difference > 0
}
