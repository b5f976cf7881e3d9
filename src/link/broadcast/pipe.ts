/**
 * A pipe between two tabs of one browser, over a BroadcastChannel of a name that only these two have open. Such a channel neither tells how
 * much waits in it nor that its other end is gone: what was handled is credited to the sender, and who is gone its user has to find out.
 */
import * as v from 'valibot'
import { bufferedBytesHigh, bufferedBytesLow, creditStepBytes, frameBytesMax } from '../limits.ts'
import { PipeBase } from '../pipe-base.ts'
import type { Remote } from '../types.ts'

export type Channel = Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>

/** Base64url of a signature. */
export const proofText = v.pipe(v.string(), v.maxLength(128))

/** What crosses it, both ways: a frame is a Uint8Array; anything else is one of these. */
const wordSchema = v.variant('kind', [
  /** This end listens: who was dialled says so first, and proves who it is. */
  v.strictObject({ kind: v.literal('ready'), proof: proofText }),
  v.strictObject({ kind: v.literal('credit'), bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) }),
  v.strictObject({ kind: v.literal('close'), reason: v.pipe(v.string(), v.maxLength(256)) }),
])
type Word = v.InferOutput<typeof wordSchema>

export interface BroadcastPipeOptions {
  readonly remote: Remote
  readonly channel: Channel
  /** The other end listens. */
  readonly onReady: (proof: string) => void
  /** Runs after a close from either side. */
  readonly onOver: () => void
}

export class BroadcastPipe extends PipeBase {
  readonly #options: BroadcastPipeOptions
  /** Bytes sent that the other end has not credited. */
  #uncredited = 0
  #wasHigh = false
  /** Bytes that came and are not credited yet. */
  #owed = 0

  constructor(options: BroadcastPipeOptions) {
    super('broadcast', options.remote)
    this.#options = options
    options.channel.onmessage = event => this.#arrive(event.data)
  }

  get bufferedBytes(): number {
    return this.#uncredited
  }

  send(frame: Uint8Array): void {
    if (this.isClosed) return
    this.#uncredited += frame.byteLength
    if (this.#uncredited >= bufferedBytesHigh) this.#wasHigh = true
    // Of a view the whole buffer would be copied.
    this.#options.channel.postMessage(frame.byteLength === frame.buffer.byteLength ? frame : frame.slice())
  }

  /** Tells the other end that this one listens. */
  ready(proof: string): void {
    this.#say({ kind: 'ready', proof })
  }

  close(reason: string): void {
    if (this.isClosed) return
    this.#say({ kind: 'close', reason })
    this.end(reason)
  }

  /** There is nobody to tell. */
  end(reason: string): void {
    if (this.isClosed) return
    this.closed(reason)
    this.#options.channel.onmessage = null
    this.#options.channel.close()
    this.#options.onOver()
  }

  #say(word: Word): void {
    this.#options.channel.postMessage(word)
  }

  #arrive(data: unknown): void {
    if (this.isClosed) return
    if (data instanceof Uint8Array) {
      if (data.byteLength <= frameBytesMax) this.#take(data)
      return
    }
    const word = v.safeParse(wordSchema, data)
    if (!word.success) return
    if (word.output.kind === 'ready') this.#options.onReady(word.output.proof)
    else if (word.output.kind === 'credit') this.#credit(word.output.bytes)
    else this.end(word.output.reason)
  }

  #take(frame: Uint8Array): void {
    this.deliver(frame)
    this.#owed += frame.byteLength
    if (this.#owed < creditStepBytes || this.isClosed) return
    this.#say({ kind: 'credit', bytes: this.#owed })
    this.#owed = 0
  }

  #credit(bytes: number): void {
    this.#uncredited = Math.max(0, this.#uncredited - bytes)
    if (!this.#wasHigh || this.#uncredited > bufferedBytesLow) return
    this.#wasHigh = false
    this.drained()
  }
}
