/** Makes and ends links: one connection per peer, whichever side's dial it came from. */
import { peerIdFromString } from '@libp2p/peer-id'
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { addressOf } from '../link/libp2p-transport.ts'
import { dialTimeoutMs } from '../link/limits.ts'
import type { LinkProvider } from '../link/types.ts'
import type { Node } from './node.ts'

/** After our dial was given up for theirs (glare), theirs has this long to open, ms. */
const otherDialMs = 2_000

export interface DiallerOptions {
  readonly clock: Clock
  readonly provider: Pick<LinkProvider, 'kind'>
  /** Resolves when the node runs; undefined once this peer has left. */
  readonly node: () => Promise<Node> | undefined
  readonly isLinked: (peer: PeerId) => boolean
  /** Calls back once when a link to this peer opens; returns how to stop waiting. */
  readonly onceOpen: (peer: PeerId, then: () => void) => () => void
}

export class Dialler {
  readonly #options: DiallerOptions

  constructor(options: DiallerOptions) {
    this.#options = options
  }

  /** Resolves when a link stands. Rejects with `dial-failed` or `left`. */
  async dial(peer: PeerId): Promise<void> {
    const { provider, isLinked, onceOpen } = this.#options
    const node = await this.#options.node()
    if (!node) throw new MeshError('left', 'this peer is not in a mesh')
    if (isLinked(peer)) return
    const opened = Promise.withResolvers<void>()
    const stop = onceOpen(peer, opened.resolve)
    const dialled = node.dial(addressOf(provider, peer), { signal: AbortSignal.timeout(dialTimeoutMs) })
    try {
      await Promise.race([dialled.catch(() => this.#awaitOther(peer, opened.promise)), opened.promise])
    } finally {
      stop()
    }
  }

  /** Resolves when libp2p has let go of the link too. */
  async retire(peer: PeerId): Promise<void> {
    const id = peerIdFromString(peer)
    const node = await this.#options.node()
    if (node?.getConnections(id).length) await node.hangUp(id)
  }

  async #awaitOther(peer: PeerId, opened: Promise<void>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<void>()
    const error = new MeshError('dial-failed', `no link to ${peer} could be made`)
    const stop = this.#options.clock.after(otherDialMs, () => reject(error))
    await Promise.race([opened, promise]).finally(stop)
  }
}
