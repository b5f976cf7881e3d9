/**
 * The life of a network in messages that every peer knows: `network_init` to all when one starts, `peer_connect` from who came later to each
 * peer that it links to, `network_shutdown` to all when somebody ends it. Each is a plain message; anybody may subscribe to its type.
 */
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { isOlder } from '../link/webrtc/glare.ts'
import { shutdownReasonCharsMax } from './limits.ts'
import type { MessageType } from './message-types.ts'
import type { Mesh, PeerInfo } from './types.ts'

/** How long each peer is given to say that it heard of the shutdown, ms. */
const shutdownWaitMs = 3_000

const topologySchema = v.object({ topology: v.picklist(['mesh']) })
const shutdownSchema = v.object({
  reason: v.pipe(v.string(), v.minLength(1), v.maxLength(shutdownReasonCharsMax)),
})

export interface NetworkEvents {
  readonly onInit: (peer: PeerId) => void
  readonly onConnect: (peer: PeerId) => void
  readonly onShutdown: (by: PeerId, reason: string) => void
  readonly count: (counter: string) => void
}

export interface ShutdownOutcome {
  readonly confirmed: readonly PeerId[]
  readonly unconfirmed: readonly PeerId[]
}

const topics = {
  init: 'network_init',
  connect: 'peer_connect',
  shutdown: 'network_shutdown',
} as const satisfies Record<string, MessageType>

export class Network {
  readonly #mesh: Mesh
  readonly #count: (counter: string) => void
  readonly #stops: (() => void)[]

  constructor(mesh: Mesh, { onInit, onConnect, onShutdown, count }: NetworkEvents) {
    this.#mesh = mesh
    this.#count = count
    const listen = <Content>(
      topic: MessageType,
      schema: v.GenericSchema<unknown, Content>,
      hear: (from: PeerId, content: Content) => void,
    ) =>
      mesh.subscribe(topic, (payload, { from }) => {
        const parsed = v.safeParse(schema, payload)
        if (parsed.success) hear(from, parsed.output)
        else count('dropped.malformed')
      })
    this.#stops = [
      listen(topics.init, topologySchema, onInit),
      listen(topics.connect, topologySchema, onConnect),
      listen(topics.shutdown, shutdownSchema, (from, { reason }) => onShutdown(from, reason)),
      mesh.on('link-open', ({ peer }) => this.#linked(peer)),
      mesh.on('agent-join', info => this.#joined(info)),
    ]
    for (const info of mesh.peers) this.#joined(info)
  }

  /** This peer takes part from now on. */
  started(): void {
    this.#mesh.broadcast(topics.init, { topology: 'mesh' }).catch(() => this.#count('network-messages-not-sent'))
  }

  /** Asks everybody to end; each does as its application has set. Throws `invalid-option`. */
  async shutDown(reason: string): Promise<ShutdownOutcome> {
    if (typeof reason !== 'string' || reason.length === 0 || reason.length > shutdownReasonCharsMax)
      throw new MeshError('invalid-option', `a reason is text of 1 to ${shutdownReasonCharsMax} characters`)
    const confirmed: PeerId[] = []
    const unconfirmed: PeerId[] = []
    await Promise.all(
      this.#mesh.peers.map(({ id }) =>
        this.#mesh.send(id, topics.shutdown, { reason }, { timeoutMs: shutdownWaitMs }).then(
          () => confirmed.push(id),
          () => unconfirmed.push(id),
        ),
      ),
    )
    return { confirmed, unconfirmed }
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #linked(peer: PeerId): void {
    const info = this.#mesh.peers.find(({ id }) => id === peer)
    if (info) this.#greet(info)
  }

  /** Its link may have opened before it was known who it is. */
  #joined(info: PeerInfo): void {
    if (info.link !== 'relayed') this.#greet(info)
  }

  #greet({ id, session }: PeerInfo): void {
    if (isOlder(this.#mesh.session, session)) return
    this.#mesh.send(id, topics.connect, { topology: 'mesh' }).catch(() => this.#count('network-messages-not-sent'))
  }
}
