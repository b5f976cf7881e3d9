/**
 * Which links to make and which to let go. Pure: the driver tells what is known and performs the answer.
 *
 * 1. Sorted by id, every peer keeps a link to its successor and its predecessor: a ring, so the graph is connected.
 * 2. Chords by chance fill up to `linksLow`, so that paths are short and redundant. Most come by themselves: whoever joins between two
 *    neighbours of the ring makes their link a chord.
 * 3. One chord at a time is let go: above `linksTarget` toward a peer that also has more, above `linksHigh` toward any that can spare it.
 * 4. Never more than `linksMax`, links being made included.
 */
import type { PeerId } from '../../base/ids.ts'
import { type Random, shuffled } from '../../base/random.ts'
import { linksHigh, linksLow, linksMax, linksTarget } from '../limits.ts'

export interface OverlayView {
  readonly self: PeerId
  /** Everyone who could be dialled: members, and those whom signaling lists. */
  readonly candidates: ReadonlySet<PeerId>
  readonly linked: ReadonlySet<PeerId>
  readonly dialling: ReadonlySet<PeerId>
  /** Peers that failed a moment ago and must not be tried yet. */
  readonly resting: ReadonlySet<PeerId>
  /** Links that each peer announces; unknown is 0. */
  readonly degreeOf: (peer: PeerId) => number
  /** Dials at once while there is no link yet: the first link is what a newcomer waits for, and fewer dials make it faster. */
  readonly firstDials: number
}

export interface OverlayPlan {
  readonly dial: readonly PeerId[]
  readonly drop: PeerId | undefined
}

export function planLinks(view: OverlayView, random: Random): OverlayPlan {
  const neighbours = ringNeighbours(view.self, view.candidates)
  return { dial: choose(view, neighbours, random), drop: spare(view, neighbours) }
}

/** The peers just before and just after `self` in the order of ids. */
export function ringNeighbours(self: PeerId, others: ReadonlySet<PeerId>): ReadonlySet<PeerId> {
  const ring = [...others, self].sort()
  const at = ring.indexOf(self)
  const around = [ring[(at + 1) % ring.length], ring[(at + ring.length - 1) % ring.length]]
  return new Set(around.filter(peer => peer !== undefined && peer !== self) as PeerId[])
}

function choose(view: OverlayView, neighbours: ReadonlySet<PeerId>, random: Random): PeerId[] {
  const engaged = view.linked.size + view.dialling.size
  const isFree = (peer: PeerId) => !view.linked.has(peer) && !view.dialling.has(peer) && !view.resting.has(peer)
  const ring = [...neighbours].filter(isFree)
  // In a room that fits into `linksHigh`, everybody links to everybody.
  const wanted = view.candidates.size <= linksHigh ? view.candidates.size : linksLow
  const chords = shuffled(random, [...view.candidates].filter(isFree))
    .filter(peer => !neighbours.has(peer) && view.degreeOf(peer) < linksMax)
    .sort((a, b) => Number(view.degreeOf(a) >= linksHigh) - Number(view.degreeOf(b) >= linksHigh))
    .slice(0, Math.max(0, wanted - engaged - ring.length))
  const room = view.linked.size === 0 ? view.firstDials - view.dialling.size : linksMax - engaged
  return [...ring, ...chords].slice(0, Math.max(0, room))
}

function spare(view: OverlayView, neighbours: ReadonlySet<PeerId>): PeerId | undefined {
  if (view.linked.size <= linksTarget || view.candidates.size <= linksHigh) return undefined
  const chords = [...view.linked].filter(
    peer => view.candidates.has(peer) && !neighbours.has(peer) && view.degreeOf(peer) > linksLow,
  )
  const [richest] = chords.sort((a, b) => view.degreeOf(b) - view.degreeOf(a) || (a < b ? -1 : 1))
  if (richest === undefined) return undefined
  const hasMore = view.degreeOf(richest) > linksTarget
  if (!hasMore && view.linked.size <= linksHigh) return undefined
  // Of two that would both let go, only the lower id does, unless we are full.
  const isOurs = !hasMore || view.self < richest || view.linked.size >= linksMax
  return isOurs ? richest : undefined
}
