/**
 * Which links to make and which to let go. Pure: the driver tells what is known and performs the answer.
 *
 * 1. Sorted by id, every peer keeps a link to its successor and its predecessor: a ring, so the graph is connected.
 * 2. Chords by chance fill up to `linksLow`, so that paths are short and redundant. Most come by themselves: whoever joins between two
 *    neighbours of the ring makes their link a chord.
 * 3. One chord at a time is let go: above `linksTarget` toward a peer that also has more, above `linksHigh` toward any that can spare it.
 * 4. Never more than `linksMax`, links being made included; links to required peers come on top.
 * 5. Whose reputation is low is not chosen, and is let go first.
 * 6. Of two chords that chance offers, the nearer and better reputed is taken (the power of two choices): near links, and still a random graph.
 */
import type { PeerId } from '../../base/ids.ts'
import { integerBelow, type Random } from '../../base/random.ts'
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
  /** Of those that are being dialled: they take long, and may fail, so that others are dialled beside them. */
  readonly slowDials?: number
  /** Where the ring is known already; otherwise it is looked for. */
  readonly ring?: ReadonlySet<PeerId>
  /** Wanted besides all others, whatever the limits. */
  readonly required?: ReadonlySet<PeerId>
  /** From 0 to 1; unknown is 1. */
  readonly reputationOf?: (peer: PeerId) => number
  readonly rttMsOf?: (peer: PeerId) => number | undefined
}

/** Below this nobody is chosen, and links are let go. */
export const reputationMin = 0.3
const nobody: ReadonlySet<PeerId> = new Set()

export interface OverlayPlan {
  readonly dial: readonly PeerId[]
  readonly drop: PeerId | undefined
}

export function planLinks(view: OverlayView, random: Random): OverlayPlan {
  const neighbours = view.ring ?? ringNeighbours(view.self, view.candidates)
  return { dial: choose(view, neighbours, random), drop: disreputable(view) ?? spare(view, neighbours) }
}

/** The peers just before and just after `self` in the order of ids. */
export function ringNeighbours(self: PeerId, others: ReadonlySet<PeerId>): ReadonlySet<PeerId> {
  let [next, previous, first, last]: (PeerId | undefined)[] = []
  for (const peer of others) {
    if (peer === self) continue
    if (first === undefined || peer < first) first = peer
    if (last === undefined || peer > last) last = peer
    if (peer > self && (next === undefined || peer < next)) next = peer
    if (peer < self && (previous === undefined || peer > previous)) previous = peer
  }
  return new Set([next ?? first, previous ?? last].filter(peer => peer !== undefined))
}

/** True where a newcomer of this id would stand next to `self`: between it and one of its neighbours. */
export function standsBetween(self: PeerId, ring: ReadonlySet<PeerId>, peer: PeerId): boolean {
  if (ring.size < 2) return true
  return ringNeighbours(self, new Set([...ring, peer])).has(peer)
}

function choose(view: OverlayView, neighbours: ReadonlySet<PeerId>, random: Random): PeerId[] {
  const required = view.required ?? nobody
  const engaged = view.linked.size + view.dialling.size
  const isFree = (peer: PeerId) => !view.linked.has(peer) && !view.dialling.has(peer) && !view.resting.has(peer)
  const isFit = (peer: PeerId) => isFree(peer) && reputation(view, peer) >= reputationMin
  const must = [...required].filter(peer => view.candidates.has(peer) && isFree(peer))
  const ring = [...neighbours].filter(peer => isFit(peer) && !required.has(peer))
  // In a room that fits into `linksHigh`, everybody links to everybody.
  const wanted = view.candidates.size <= linksHigh ? view.candidates.size : linksLow
  const chords = wanted - (engaged - (view.slowDials ?? 0)) - ring.length
  const wishes = chords > 0 ? [...ring, ...chordsOf(view, neighbours, isFit, chords, random)] : ring
  const besides = countOf(required, peer => view.linked.has(peer) || view.dialling.has(peer))
  const room = view.linked.size === 0 ? view.firstDials - view.dialling.size : linksMax - (engaged - besides)
  return [...must, ...wishes.slice(0, Math.max(0, room))]
}

/** So many peers by chance, that are neither full nor of the ring; with room to spare first. */
export function chordsOf(
  view: OverlayView,
  neighbours: ReadonlySet<PeerId>,
  isFit: (peer: PeerId) => boolean,
  count: number,
  random: Random,
): PeerId[] {
  const isChord = (peer: PeerId) =>
    isFit(peer) && !neighbours.has(peer) && !view.required?.has(peer) && view.degreeOf(peer) < linksMax
  const draw = drawer([...view.candidates], random)
  const busy: PeerId[] = []
  /** The next that has room to spare; those that have not are kept, and come when there is no other. */
  const next = (): PeerId | undefined => {
    for (let peer = draw(); peer !== undefined; peer = draw()) {
      if (!isChord(peer)) continue
      if (view.degreeOf(peer) < linksHigh) return peer
      busy.push(peer)
    }
    return undefined
  }
  const chosen = pickBetter(view, count, next)
  return chosen.length < count ? [...chosen, ...pickBetter(view, count - chosen.length, () => busy.shift())] : chosen
}

/** So many of what `next` gives, of each two the better; the other meets the one after it. */
function pickBetter(view: OverlayView, count: number, next: () => PeerId | undefined): PeerId[] {
  const chosen: PeerId[] = []
  let one = count > 0 ? next() : undefined
  while (one !== undefined && chosen.length < count) {
    const other = next()
    const isFirstBetter: boolean = other === undefined || worth(view, one) >= worth(view, other)
    chosen.push(isFirstBetter ? one : (other as PeerId))
    if (isFirstBetter) one = other
  }
  return chosen
}

/** In an order by chance, one at a time: of a thousand peers, few are looked at. */
function drawer(peers: PeerId[], random: Random): () => PeerId | undefined {
  return () => {
    const last = peers.length - 1
    if (last < 0) return undefined
    const pick = integerBelow(random, last + 1)
    const drawn = peers[pick]
    peers[pick] = peers[last] as PeerId
    peers.pop()
    return drawn
  }
}

/** What a round trip so long takes from a reputation: half, ms. */
const farMs = 100

function worth(view: OverlayView, peer: PeerId): number {
  const rttMs = view.rttMsOf?.(peer) ?? farMs
  return reputation(view, peer) / (1 + rttMs / farMs)
}

function reputation(view: OverlayView, peer: PeerId): number {
  return view.reputationOf?.(peer) ?? 1
}

function disreputable(view: OverlayView): PeerId | undefined {
  if (!view.reputationOf) return undefined
  const linked = [...view.linked].filter(peer => !view.required?.has(peer))
  const [worst] = linked.sort((a, b) => reputation(view, a) - reputation(view, b) || (a < b ? -1 : 1))
  return worst !== undefined && reputation(view, worst) < reputationMin ? worst : undefined
}

function countOf(peers: ReadonlySet<PeerId>, isCounted: (peer: PeerId) => boolean): number {
  let count = 0
  for (const peer of peers) if (isCounted(peer)) count++
  return count
}

function spare(view: OverlayView, neighbours: ReadonlySet<PeerId>): PeerId | undefined {
  const required = view.required ?? nobody
  const links = view.linked.size - countOf(required, peer => view.linked.has(peer))
  if (links <= linksTarget || view.candidates.size <= linksHigh) return undefined
  const chords = [...view.linked].filter(
    peer => view.candidates.has(peer) && !neighbours.has(peer) && !required.has(peer) && view.degreeOf(peer) > linksLow,
  )
  const [richest] = chords.sort((a, b) => view.degreeOf(b) - view.degreeOf(a) || (a < b ? -1 : 1))
  if (richest === undefined) return undefined
  const hasMore = view.degreeOf(richest) > linksTarget
  if (!hasMore && links <= linksHigh) return undefined
  // Of two that would both let go, only the lower id does, unless we are full.
  const isOurs = !hasMore || view.self < richest || links >= linksMax
  return isOurs ? richest : undefined
}
