/** The overlay as a graph, seen by somebody who sees everything. */
import type { PeerId } from '../../base/ids.ts'
import type { Room } from './room.ts'

export interface GraphSample {
  /** Links per peer, of those who run. */
  readonly degrees: readonly number[]
  /** Peers of the largest part. */
  readonly largest: number
  /** Parts that hang together. */
  readonly parts: number
  /** Peers that count: those who run, are not frozen, and came at least `settledUs` ago. */
  readonly peers: number
}

/** Where the network is cut, links across do not count. */
export function sampleGraph(
  { peers, nodeOf, field }: { peers: Room['peers']; nodeOf: Room['nodeOf']; field: Room['field'] },
  isCounted: (peer: PeerId) => boolean,
  isCut: (one: PeerId, other: PeerId) => boolean,
): GraphSample {
  const counted = [...peers.keys()].filter(peer => !nodeOf(peer)?.isPaused && isCounted(peer))
  const left = new Set(counted)
  const degrees = counted.map(peer => peers.get(peer)?.overlay.linked.size ?? 0)
  let largest = 0
  let parts = 0
  for (const start of counted) {
    if (!left.delete(start)) continue
    parts++
    const reached = [start]
    for (let at = 0; at < reached.length; at++) {
      const one = reached[at] as PeerId
      for (const other of peers.get(one)?.overlay.linked ?? [])
        if (left.has(other) && field.isOpen(one, other) && !isCut(one, other)) {
          left.delete(other)
          reached.push(other)
        }
    }
    largest = Math.max(largest, reached.length)
  }
  return { degrees, largest, parts, peers: counted.length }
}
