/**
 * libp2p remembers every peer that it ever met. Whoever was no member at two looks in a row, and had no connection, is forgotten: at once
 * would be too soon, for libp2p still looks it up when it tells gossip that the connection is gone.
 */
import type { Libp2p } from '@libp2p/interface'
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'

/** Between two looks, ms. */
export const strangersLookMs = 60_000

export interface StrangersOptions {
  readonly node: Pick<Libp2p, 'peerStore' | 'getConnections'>
  readonly clock: Clock
  readonly isMember: (peer: PeerId) => boolean
}

/** Returns what ends it. */
export function forgetStrangers({ node, clock, isMember }: StrangersOptions): () => void {
  let strangers = new Set<PeerId>()
  const look = async () => {
    const before = strangers
    strangers = new Set()
    for (const { id } of await node.peerStore.all()) {
      const peer = id.toString() as PeerId
      if (isMember(peer) || node.getConnections(id).length > 0) continue
      if (before.has(peer)) await node.peerStore.delete(id)
      else strangers.add(peer)
    }
  }
  return clock.every(strangersLookMs, () => void look().catch(() => {})) // the node is stopping
}
