/**
 * The page's part of WebRTC links: simple-peer negotiates, and a channel of ours on the same connection is transferred to the
 * engine in the task that creates it (DESIGN, facts 2 and 3). simple-peer's own channel stays here, for the page's goodbye.
 */
import type SimplePeerType from 'simple-peer'
import SimplePeer from 'simple-peer/simplepeer.min.js'
import { bridge } from '../bridge.ts'
import type { SiblingWord } from '../siblings.ts'
import { channelId, type ToEngine, type ToPage } from './protocol.ts'

export interface PageLinksOptions {
  readonly port: MessagePort
  /** Carry frames through the page even where a channel could be transferred; for tests of that path. */
  readonly forceBridge?: boolean
}

export class PageLinks {
  readonly #port: MessagePort
  readonly #forceBridge: boolean
  readonly #peers = new Map<string, SimplePeerType.Instance>()
  #goodbye: { readonly bytes: Uint8Array; readonly siblings: BroadcastChannel } | undefined

  constructor(options: PageLinksOptions) {
    this.#port = options.port
    this.#forceBridge = options.forceBridge ?? false
    this.#port.onmessage = event => this.#perform(event.data as ToPage)
  }

  /** Says goodbye on every channel and closes every connection; quick enough for `pagehide`. */
  close(): void {
    if (this.#goodbye) {
      const record: unknown = JSON.parse(new TextDecoder().decode(this.#goodbye.bytes))
      this.#goodbye.siblings.postMessage({ kind: 'goodbye', record } satisfies SiblingWord)
    }
    for (const peer of this.#peers.values()) {
      if (this.#goodbye && peer.connected) peer.send(this.#goodbye.bytes)
    }
    for (const peer of this.#peers.values()) peer.destroy()
    this.#peers.clear()
  }

  #perform(order: ToPage): void {
    if (order.kind === 'goodbye') this.#goodbye = { bytes: order.bytes, siblings: new BroadcastChannel(order.channel) }
    else if (order.kind === 'start') this.#start(order)
    else if (order.kind === 'signal') this.#peers.get(order.attempt)?.signal(order.data)
    else this.#peers.get(order.attempt)?.destroy()
  }

  #start({ attempt, initiator, iceServers }: Extract<ToPage, { kind: 'start' }>): void {
    const tell = (message: ToEngine, transfer: Transferable[] = []) => this.#port.postMessage(message, transfer)
    const handOver = (connection: RTCPeerConnection) => this.#handOver(attempt, connection, tell)
    class Connection extends RTCPeerConnection {
      constructor(config?: RTCConfiguration) {
        super(config)
        handOver(this)
      }
    }
    const peer: SimplePeerType.Instance = new SimplePeer({
      initiator,
      trickle: true,
      config: { iceServers },
      wrtc: { RTCPeerConnection: Connection, RTCSessionDescription, RTCIceCandidate },
    })
    this.#peers.set(attempt, peer)
    let reason = 'closed'
    peer.on('signal', data => tell({ kind: 'signal', attempt, data: JSON.stringify(data) }))
    peer.on('data', (data: Uint8Array) => tell({ kind: 'said', attempt, bytes: new Uint8Array(data) }))
    peer.on('error', error => {
      reason = error.message
    })
    peer.on('close', () => {
      this.#peers.delete(attempt)
      tell({ kind: 'ended', attempt, reason })
    })
  }

  #handOver(
    attempt: string,
    connection: RTCPeerConnection,
    tell: (message: ToEngine, transfer?: Transferable[]) => void,
  ) {
    const channel = connection.createDataChannel('tabmesh', { negotiated: true, id: channelId })
    if (!this.#forceBridge) {
      try {
        return tell({ kind: 'channel', attempt, channel }, [channel as unknown as Transferable])
      } catch {
        // This browser cannot transfer a data channel (DataCloneError).
      }
    }
    const { port1, port2 } = new MessageChannel()
    bridge(channel, port1)
    tell({ kind: 'bridge', attempt, port: port2 }, [port2])
    channel.onopen = () => tell({ kind: 'opened', attempt })
  }
}
