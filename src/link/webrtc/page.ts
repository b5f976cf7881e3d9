/**
 * The page's part of WebRTC links: simple-peer negotiates, and a channel of ours on the same connection is transferred to the
 * engine in the task that creates it (DESIGN, facts 2 and 3). simple-peer's own channel stays here, for the page's goodbye.
 */
import { bridge } from '../bridge.ts'
import { gatherCandidateTypes } from './gather.ts'
import { PageLink } from './page-link.ts'
import { channelId, type ToEngine, type ToPage } from './protocol.ts'

export interface PageLinksOptions {
  readonly port: MessagePort
  /** Carry frames through the page even where a channel could be transferred; for tests of that path. */
  readonly forceBridge?: boolean
  /** What another page of this browser says when it goes: whatever came, unchecked. */
  readonly onGoodbye?: (record: unknown) => void
}

export class PageLinks {
  readonly #port: MessagePort
  readonly #forceBridge: boolean
  readonly #onGoodbye: PageLinksOptions['onGoodbye']
  readonly #links = new Map<string, PageLink>()
  #goodbye: { readonly bytes: Uint8Array; readonly siblings: BroadcastChannel } | undefined

  constructor(options: PageLinksOptions) {
    this.#port = options.port
    this.#forceBridge = options.forceBridge ?? false
    this.#onGoodbye = options.onGoodbye
    this.#port.onmessage = event => this.#perform(event.data as ToPage)
  }

  /**
   * Says goodbye on every channel and closes every connection; quick enough for `pagehide`. Pages of this browser would believe at once
   * that it was closed, and not hear any more that it left: where that is told already they are not spoken to.
   */
  close(isTold = false): void {
    if (this.#goodbye) {
      const { bytes, siblings } = this.#goodbye
      if (!isTold) siblings.postMessage(JSON.parse(new TextDecoder().decode(bytes)))
      for (const link of this.#links.values()) link.say(bytes)
    }
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  #perform(order: ToPage): void {
    if (order.kind === 'goodbye') this.#prepareGoodbye(order)
    else if (order.kind === 'start') this.#start(order)
    else if (order.kind === 'signal') this.#links.get(order.attempt)?.signal(order.data)
    else if (order.kind === 'restart')
      this.#links
        .get(order.attempt)
        ?.restart()
        .catch(() => {}) // it is made again
    else if (order.kind === 'ask-path') this.#answer(order.ask, this.#links.get(order.attempt)?.facts())
    else if (order.kind === 'ask-candidates') this.#answer(order.ask, gatherCandidateTypes(order.iceServers))
    else this.#links.get(order.attempt)?.close()
  }

  #prepareGoodbye({ bytes, channel }: Extract<ToPage, { kind: 'goodbye' }>): void {
    const siblings = new BroadcastChannel(channel)
    siblings.onmessage = event => this.#onGoodbye?.(event.data)
    this.#goodbye = { bytes, siblings }
  }

  #answer(ask: number, value: Promise<Extract<ToEngine, { kind: 'answer' }>['value']> | undefined): void {
    Promise.resolve(value).then(
      value => this.#tell({ kind: 'answer', ask, value }),
      () => this.#tell({ kind: 'answer', ask, value: undefined }),
    )
  }

  #start({ attempt, initiator, iceServers }: Extract<ToPage, { kind: 'start' }>): void {
    const link = new PageLink(initiator, iceServers, {
      onConnection: connection => this.#handOver(attempt, connection),
      onSignal: data => this.#tell({ kind: 'signal', attempt, data }),
      onState: state => this.#tell({ kind: 'ice', attempt, state }),
      onSaid: bytes => this.#tell({ kind: 'said', attempt, bytes }),
      onEnded: reason => {
        this.#links.delete(attempt)
        this.#tell({ kind: 'ended', attempt, reason })
      },
    })
    this.#links.set(attempt, link)
  }

  #handOver(attempt: string, connection: RTCPeerConnection): void {
    const channel = connection.createDataChannel('tabmesh', { negotiated: true, id: channelId })
    if (!this.#forceBridge) {
      try {
        return this.#tell({ kind: 'channel', attempt, channel }, [channel as unknown as Transferable])
      } catch {
        // This browser cannot transfer a data channel (DataCloneError).
      }
    }
    const { port1, port2 } = new MessageChannel()
    bridge(channel, port1)
    this.#tell({ kind: 'bridge', attempt, port: port2 }, [port2])
    channel.onopen = () => this.#tell({ kind: 'opened', attempt })
  }

  #tell(message: ToEngine, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer)
  }
}
