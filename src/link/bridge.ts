/**
 * The way round for browsers that cannot transfer a data channel: the page holds the channel and carries its frames over a
 * MessagePort. A port has no `bufferedAmount`, so the page grants credit as the channel drains (DESIGN, section 2).
 */
import { bridgeCreditBytes, bufferedBytesLow } from './limits.ts'
import { PipeBase } from './pipe-base.ts'
import type { Remote } from './types.ts'

/** What crosses the port, both ways: a frame is a bare ArrayBuffer; anything else is one of these. */
type Control = { readonly kind: 'credit'; readonly bytes: number } | { readonly kind: 'close'; readonly reason: string }

export class BridgePipe extends PipeBase {
  readonly #port: MessagePort
  /** Bytes handed to the page that its channel has not sent on. */
  #uncredited = 0
  #wasHigh = false

  readonly #release: (reason: string) => void

  /** `release` ends the connection that carries the channel; it runs after a close from either side. */
  constructor(remote: Remote, port: MessagePort, release: (reason: string) => void) {
    super('webrtc', remote)
    this.#port = port
    this.#release = release
    port.onmessage = event => this.#arrive(event.data as ArrayBuffer | Control)
  }

  get bufferedBytes(): number {
    return this.#uncredited
  }

  send(frame: Uint8Array): void {
    if (this.isClosed) return
    const copy = frame.slice().buffer
    this.#uncredited += copy.byteLength
    if (this.#uncredited >= bridgeCreditBytes) this.#wasHigh = true
    this.#port.postMessage(copy, [copy])
  }

  close(reason: string): void {
    if (this.isClosed) return
    this.closed(reason)
    this.#port.postMessage({ kind: 'close', reason } satisfies Control)
  }

  #arrive(data: ArrayBuffer | Control): void {
    if (data instanceof ArrayBuffer) this.deliver(new Uint8Array(data))
    else if (data.kind === 'credit') this.#credit(data.bytes)
    else {
      this.closed(data.reason)
      this.#port.close()
      this.#release(data.reason)
    }
  }

  #credit(bytes: number): void {
    this.#uncredited -= bytes
    if (!this.#wasHigh || this.#uncredited > bufferedBytesLow) return
    this.#wasHigh = false
    this.drained()
  }
}

/** The page's end: pumps between a channel and the engine's port until either closes. */
export function bridge(channel: RTCDataChannel, port: MessagePort): void {
  let owed = 0
  const grant = () => {
    const sent = owed - channel.bufferedAmount
    if (sent <= 0) return
    owed -= sent
    port.postMessage({ kind: 'credit', bytes: sent } satisfies Control)
  }
  channel.binaryType = 'arraybuffer'
  channel.bufferedAmountLowThreshold = bufferedBytesLow
  channel.onbufferedamountlow = grant
  channel.onmessage = event => port.postMessage(event.data, [event.data as ArrayBuffer])
  channel.onclose = () => port.postMessage({ kind: 'close', reason: 'channel closed' } satisfies Control)
  channel.onerror = () => {}
  port.onmessage = event => {
    const data = event.data as ArrayBuffer | Control
    if (!(data instanceof ArrayBuffer)) return channel.close()
    if (channel.readyState !== 'open') return
    channel.send(data)
    owed += data.byteLength
    if (channel.bufferedAmount <= bufferedBytesLow) grant()
  }
}
