/** Gossip toward one neighbour by itself: signs of life over it, and its stream opened again. */
import type { Connection, PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { PeerId } from '../../../base/ids.ts'
import type { Node } from '../../node.ts'

/** What is touched of gossipsub besides its public face; the tests of this folder would notice if it were gone. */
interface Router {
  readonly streamsOutbound: Map<string, { close(): Promise<void> }>
  onPeerConnected(peer: Libp2pPeerId, connection: Connection): void
  sendSubscriptions(to: string, topics: readonly string[], subscribe: boolean): void
}

export class NeighbourGossip {
  readonly #node: Node
  readonly #topic: string
  readonly #router: Router

  constructor(node: Node, topic: string) {
    this.#node = node
    this.#topic = topic
    this.#router = node.services.pubsub as unknown as Router
  }

  /** What we subscribe to, said again: it costs little, and mends what the neighbour may have missed. */
  pulse(to: PeerId): void {
    this.#router.sendSubscriptions(to, [this.#topic], true)
  }

  /** gossipsub opens a stream only for a connection that is new to it. */
  restart(peer: PeerId): void {
    const connection = this.#node.getConnections().find(({ remotePeer }) => remotePeer.toString() === peer)
    if (connection?.status !== 'open') return
    void this.#router.streamsOutbound.get(peer)?.close()
    this.#router.streamsOutbound.delete(peer)
    this.#router.onPeerConnected(connection.remotePeer, connection)
  }

  /** Calls back with each neighbour of whom anything came by gossip. */
  onHeard(listener: (from: PeerId, isPulse: boolean) => void): void {
    const { pubsub } = this.#node.services
    pubsub.addEventListener('subscription-change', ({ detail }) => listener(detail.peerId.toString() as PeerId, true))
    pubsub.addEventListener('gossipsub:message', ({ detail }) =>
      listener(detail.propagationSource.toString() as PeerId, false),
    )
  }
}
