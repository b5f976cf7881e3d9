/** A pipe over an RTCDataChannel that lives in this thread: the engine's, after its transfer from the page. */
import { bufferedBytesLow } from './limits.ts'
import { PipeBase } from './pipe-base.ts'
import type { Remote } from './types.ts'

export class ChannelPipe extends PipeBase {
  readonly #channel: RTCDataChannel
  readonly #release: (reason: string) => void

  /** `release` ends the connection that carries the channel; it runs after a close from either side. */
  constructor(remote: Remote, channel: RTCDataChannel, release: (reason: string) => void) {
    super('webrtc', remote)
    this.#channel = channel
    this.#release = release
    channel.binaryType = 'arraybuffer'
    channel.bufferedAmountLowThreshold = bufferedBytesLow
    channel.onmessage = event => this.deliver(new Uint8Array(event.data as ArrayBuffer))
    channel.onbufferedamountlow = () => this.drained()
    channel.onclose = () => this.#ended('channel closed')
    // An error is always followed by `close`; without a handler Chromium reports it as unhandled.
    channel.onerror = () => {}
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedAmount
  }

  send(frame: Uint8Array): void {
    if (this.#channel.readyState === 'open') this.#channel.send(frame as Uint8Array<ArrayBuffer>)
  }

  close(reason: string): void {
    if (this.isClosed) return
    this.closed(reason)
    this.#channel.close() // flushes what is buffered, then closes the other side
  }

  #ended(reason: string): void {
    this.closed(reason)
    this.#release(reason)
  }
}
