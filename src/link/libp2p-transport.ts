/**
 * A libp2p transport over any LinkProvider. Addresses: `/webrtc/p2p/ID` for WebRTC, `/memory/ID/p2p/ID` for memory: a peer has
 * no other address than who it is, since its provider finds the way.
 */
import {
  type Connection,
  type CreateListenerOptions,
  type DialTransportOptions,
  type Listener,
  type ListenerEvents,
  type Logger,
  type Transport,
  TypedEventEmitter,
  transportSymbol,
  type Upgrader,
} from '@libp2p/interface'
import { CODE_P2P, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { MeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import { PipeConnection } from './pipe-connection.ts'
import type { LinkProvider, Pipe, Remote } from './types.ts'

export interface LinkTransportOptions {
  readonly provider: LinkProvider
  /** The session of a peer that is about to be dialled. */
  readonly sessionOf: (peer: PeerId) => SessionId | undefined
  /** Told of each pipe once it is upgraded, so that its bytes can be counted. */
  readonly onConnection?: (connection: PipeConnection) => void
}

interface Components {
  readonly peerId: { toString(): string }
  readonly logger: { forComponent(name: string): Logger }
}

export function addressOf(provider: Pick<LinkProvider, 'kind'>, peer: PeerId): Multiaddr {
  return multiaddr(provider.kind === 'memory' ? `/memory/${peer}/p2p/${peer}` : `/webrtc/p2p/${peer}`)
}

export function linkTransport(options: LinkTransportOptions): (components: Components) => Transport {
  return components => new LinkTransport(components, options)
}

class LinkTransport implements Transport {
  readonly [transportSymbol] = true as const
  readonly [Symbol.toStringTag] = 'tabmesh-link'
  readonly #options: LinkTransportOptions
  readonly #log: Logger
  readonly #self: PeerId

  constructor(components: Components, options: LinkTransportOptions) {
    this.#options = options
    this.#log = components.logger.forComponent('tabmesh:link')
    this.#self = components.peerId.toString() as PeerId
  }

  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    options.signal.throwIfAborted()
    const pipe = await this.#options.provider.dial(this.#remoteOf(address), { signal: options.signal })
    const connection = this.#connectionOver(pipe, 'outbound')
    try {
      options.signal.throwIfAborted()
      return await options.upgrader.upgradeOutbound(connection, options)
    } catch (error) {
      connection.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  createListener(options: CreateListenerOptions): Listener {
    // Without `/p2p/ID`: libp2p appends that itself.
    const address = addressOf(this.#options.provider, this.#self).decapsulateCode(CODE_P2P)
    return new LinkListener(address, options.upgrader, {
      provider: this.#options.provider,
      accept: pipe => this.#connectionOver(pipe, 'inbound'),
    })
  }

  listenFilter(addresses: Multiaddr[]): Multiaddr[] {
    const scheme = this.#options.provider.kind === 'memory' ? 'memory' : 'webrtc'
    return addresses.filter(address => address.getComponents()[0]?.name === scheme)
  }

  dialFilter(addresses: Multiaddr[]): Multiaddr[] {
    return this.listenFilter(addresses)
  }

  #connectionOver(pipe: Pipe, direction: 'inbound' | 'outbound'): PipeConnection {
    const remoteAddr = addressOf(this.#options.provider, pipe.remote.peer)
    const connection = new PipeConnection(pipe, { remoteAddr, direction, log: this.#log.newScope(direction) })
    this.#options.onConnection?.(connection)
    return connection
  }

  #remoteOf(address: Multiaddr): Remote {
    const parts = address.getComponents()
    const peer = (parts.findLast(part => part.name === 'p2p') ?? parts[0])?.value as PeerId | undefined
    const session = peer && this.#options.sessionOf(peer)
    if (!peer || !session) throw new MeshError('no-such-peer', `no session is known for ${address}`)
    return { peer, session }
  }
}

class LinkListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #address: Multiaddr
  readonly #upgrader: Upgrader
  readonly #source: { provider: LinkProvider; accept(pipe: Pipe): PipeConnection }
  readonly #open = new Set<PipeConnection>()
  readonly #closing = new AbortController()
  #stop: (() => void) | undefined

  constructor(
    address: Multiaddr,
    upgrader: Upgrader,
    source: { provider: LinkProvider; accept(pipe: Pipe): PipeConnection },
  ) {
    super()
    this.#address = address
    this.#upgrader = upgrader
    this.#source = source
  }

  async listen(): Promise<void> {
    this.#stop = this.#source.provider.onPipe(pipe => this.#accept(pipe))
    queueMicrotask(() => this.safeDispatchEvent('listening'))
  }

  getAddrs(): Multiaddr[] {
    return this.#stop ? [this.#address] : []
  }

  updateAnnounceAddrs(): void {}

  async close(): Promise<void> {
    this.#stop?.()
    this.#stop = undefined
    this.#closing.abort()
    for (const connection of this.#open) connection.abort(new Error('listener closed'))
    queueMicrotask(() => this.safeDispatchEvent('close'))
  }

  #accept(pipe: Pipe): void {
    const connection = this.#source.accept(pipe)
    this.#open.add(connection)
    connection.addEventListener('close', () => this.#open.delete(connection))
    this.#upgrader
      .upgradeInbound(connection, { signal: this.#closing.signal })
      .catch(error => connection.abort(error instanceof Error ? error : new Error(String(error))))
  }
}
