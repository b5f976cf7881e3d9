/**
 * How news of members travels, as a machine: what is told to which neighbour when, and how two neighbours find out cheaply that one
 * of them missed something.
 *
 * Invariants:
 * 1. News is told to each neighbour once at most, and not to one that told it to us meanwhile.
 * 2. Urgent news (who came, who went) leaves at once; what can wait (links that changed) leaves together, the larger the room the later.
 * 3. Equal lists cost one short digest now and then; of unequal ones only the parts that differ are compared.
 * 4. What waits is bounded: of one member only its newest news.
 */
import type { PeerId, SessionId } from '../../base/ids.ts'

/** What is known of one peer, as far as spreading it is concerned. Newer versions replace older ones of the same session. */
export interface Version {
  readonly peer: PeerId
  readonly session: SessionId
  readonly sequence: number
  /** Which part of the list it belongs to, and what it adds to the sum there. */
  readonly part: number
  readonly weight: number
}

export function versionOf(peer: PeerId, session: SessionId, sequence: number): Version {
  return {
    peer,
    session,
    sequence,
    part: hashOf(peer, 0) % digestParts,
    weight: hashOf(peer, hashOf(session, sequence)),
  }
}

/** FNV-1a with a final avalanche, 32 bits. */
function hashOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** One line of a list that is compared: a peer, its session and the sequence of its newest announcement. */
export type Line = readonly [peer: PeerId, session: SessionId, sequence: number]

/** A sum for each part of the list. */
export type Digest = readonly number[]

/** News on its way to all neighbours but some; kept once, however many neighbours there are. */
export interface News {
  readonly version: Version
  /** Place in the order in which news came: a neighbour whose link is younger was introduced to it. */
  readonly number: number
  /** Neighbours that need no telling: they told us, or told us the same meanwhile. */
  readonly had: PeerId[]
}

export interface SpreadState {
  /** Neighbours, and the number of the first news that came after each. */
  readonly links: Map<PeerId, number>
  readonly urgent: Map<PeerId, News>
  readonly lazy: Map<PeerId, News>
  /** News so far. */
  count: number
  /** The members' versions, those of this peer's own list. */
  readonly known: Map<PeerId, Version>
  /** Sum of the hashes of the versions in each part. */
  readonly sums: number[]
  /** When what can wait leaves, ms; infinite while nothing waits. */
  lazyAtMs: number
}

/** Parts of the list that are summed up apart: a difference is narrowed to a 32nd of the room by one digest. */
export const digestParts = 32

export function spreadOf(): SpreadState {
  return {
    links: new Map(),
    urgent: new Map(),
    lazy: new Map(),
    count: 0,
    known: new Map(),
    sums: Array.from({ length: digestParts }, () => 0),
    lazyAtMs: Number.POSITIVE_INFINITY,
  }
}
