/** The rules of spreading; their invariants stand in `state.ts`. Small questions and answers instead of one `step`: none has effects. */
import type { PeerId } from '../../base/ids.ts'
import type { Digest, Line, News, SpreadState, Version } from './state.ts'

/** What can wait waits this long for each member of the room, ms, and so long at most: in a small room nobody notices. */
const lazyPerMemberMs = 10
const lazyMsMax = 10_000

export interface Batch {
  readonly to: PeerId
  readonly news: readonly Version[]
}

/** A neighbour more. What it should know of all is not news, but an introduction or a digest. */
export function linked(state: SpreadState, peer: PeerId): void {
  if (!state.links.has(peer)) state.links.set(peer, state.count)
}

export function unlinked(state: SpreadState, peer: PeerId): void {
  state.links.delete(peer)
}

/** This version is known now; it waits for every neighbour but whom it came from. */
export function learned(
  state: SpreadState,
  version: Version,
  isUrgent: boolean,
  from: PeerId | undefined,
  nowMs: number,
): void {
  const { peer } = version
  const { known, urgent, lazy } = state
  const former = known.get(peer)
  if (former) add(state, former, -1)
  known.set(peer, version)
  add(state, version, 1)
  const news: News = { version, number: state.count++, had: from === undefined ? [] : [from] }
  if (lazy.size > 0) lazy.delete(peer)
  // What was urgent of this peer is not told yet: that it came is news, whatever it said since.
  if (isUrgent || urgent.has(peer)) urgent.set(peer, news)
  else {
    lazy.set(peer, news)
    state.lazyAtMs = Math.min(state.lazyAtMs, nowMs + lazyMs(state))
  }
}

/** A neighbour told us this, or something older of the same peer: where that is what waits for it, it needs no telling. */
export function told(
  state: SpreadState,
  neighbour: PeerId,
  version: Pick<Version, 'peer' | 'session' | 'sequence'>,
): void {
  if (state.lazy.size === 0 && state.urgent.size === 0) return
  const news = state.lazy.get(version.peer) ?? state.urgent.get(version.peer)
  if (!news || news.version.session !== version.session || news.version.sequence > version.sequence) return
  if (!news.had.includes(neighbour)) news.had.push(neighbour)
}

/** This peer is no member any more; nothing of it is told. */
export function forgotten(state: SpreadState, peer: PeerId): void {
  const former = state.known.get(peer)
  if (!former) return
  add(state, former, -1)
  state.known.delete(peer)
  state.urgent.delete(peer)
  state.lazy.delete(peer)
}

/** What leaves now: urgent news, and what could wait when its time has come. */
export function flush(state: SpreadState, nowMs: number): Batch[] {
  const { urgent, lazy, links } = state
  const isLazyDue = nowMs >= state.lazyAtMs
  if (urgent.size === 0 && !isLazyDue) return []
  const batches: Batch[] = []
  for (const [to, since] of links) {
    const news: Version[] = []
    gather(urgent, to, since, news)
    if (isLazyDue) gather(lazy, to, since, news)
    if (news.length > 0) batches.push({ to, news })
  }
  urgent.clear()
  if (isLazyDue) {
    lazy.clear()
    state.lazyAtMs = Number.POSITIVE_INFINITY
  }
  return batches
}

function gather(waiting: ReadonlyMap<PeerId, News>, to: PeerId, since: number, into: Version[]): void {
  for (const { version, number, had } of waiting.values())
    if (number >= since && version.peer !== to && !had.includes(to)) into.push(version)
}

export function digestOf(state: SpreadState): Digest {
  return [...state.sums]
}

/** The parts of our list that differ from the neighbour's, as lines; undefined where none does. */
export function differing(
  state: SpreadState,
  theirs: Digest,
): { readonly parts: number[]; readonly lines: Line[] } | undefined {
  const parts = state.sums.flatMap((sum, part) => (sum === theirs[part] ? [] : [part]))
  return parts.length === 0 ? undefined : { parts, lines: linesOf(state, parts) }
}

export interface Comparison {
  /** What we know newer, for them. */
  readonly newer: Version[]
  /** Whom we do not know, or only older: they should tell us. */
  readonly wanted: PeerId[]
}

/** Compares the neighbour's lines of some parts with ours. */
export function compare(state: SpreadState, parts: readonly number[], lines: readonly Line[]): Comparison {
  const wanted: PeerId[] = []
  const newer: Version[] = []
  const listed = new Set<PeerId>()
  for (const [peer, session, sequence] of lines) {
    listed.add(peer)
    const ours = state.known.get(peer)
    if (!ours) wanted.push(peer)
    else if (ours.session !== session) {
      newer.push(ours) // who has the older session finds out by what the other tells
      wanted.push(peer)
    } else if (ours.sequence > sequence) newer.push(ours)
    else if (ours.sequence < sequence) wanted.push(peer)
  }
  const isCompared = new Set(parts)
  for (const version of state.known.values())
    if (!listed.has(version.peer) && isCompared.has(version.part)) newer.push(version)
  return { newer, wanted }
}

function linesOf(state: SpreadState, parts: readonly number[]): Line[] {
  const isAsked = new Set(parts)
  const lines: Line[] = []
  for (const { peer, session, sequence, part } of state.known.values())
    if (isAsked.has(part)) lines.push([peer, session, sequence])
  return lines
}

function lazyMs(state: SpreadState): number {
  return Math.min(lazyMsMax, lazyPerMemberMs * state.known.size)
}

function add(state: SpreadState, { part, weight }: Version, sign: 1 | -1): void {
  // Sums of 32 bits: the order in which members came does not matter, and each can be taken out again.
  state.sums[part] = ((state.sums[part] ?? 0) + sign * weight) >>> 0
}
