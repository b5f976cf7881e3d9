/** A pipe as the connection that libp2p upgrades: chunks to frames, and backpressure both ways. */
import type { AbortOptions, Logger, MessageStreamDirection } from '@libp2p/interface'
import { AbstractMultiaddrConnection, type SendResult } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Uint8ArrayList } from 'uint8arraylist'
import { bufferedBytesHigh, frameBytesMax } from './limits.ts'
import type { Pipe } from './types.ts'

export class PipeConnection extends AbstractMultiaddrConnection {
  readonly #pipe: Pipe
  sentBytes = 0
  receivedBytes = 0
  sentFrames = 0
  receivedFrames = 0

  constructor(pipe: Pipe, init: { remoteAddr: Multiaddr; direction: MessageStreamDirection; log: Logger }) {
    super({ ...init, maxMessageSize: frameBytesMax })
    this.#pipe = pipe
    pipe.open({
      onFrame: frame => {
        this.receivedBytes += frame.byteLength
        this.receivedFrames++
        this.onData(frame)
      },
      onDrain: () => this.safeDispatchEvent('drain'),
      onClose: () => this.onTransportClosed(),
    })
  }

  get pipe(): Pipe {
    return this.#pipe
  }

  override sendData(data: Uint8ArrayList): SendResult {
    this.#pipe.send(data.subarray())
    this.sentBytes += data.byteLength
    this.sentFrames++
    return { sentBytes: data.byteLength, canSendMore: this.#pipe.bufferedBytes < bufferedBytesHigh }
  }

  override async sendClose(_options?: AbortOptions): Promise<void> {
    this.#pipe.close('closed')
  }

  override sendReset(error: Error): void {
    this.#pipe.close(error.message)
  }

  // Neither a data channel nor a message port can be told to wait; yamux's windows hold the other side back instead.
  override sendPause(): void {}
  override sendResume(): void {}
}
