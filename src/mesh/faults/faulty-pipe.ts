/**
 * A pipe whose frames can be held back. Frames of a pipe are pieces of one encrypted stream, so none may be missing: what a cut keeps back
 * comes through when it ends, as on a real link, whose transport sends again until somebody gives the link up.
 */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { bufferedBytesHigh, bufferedBytesLow } from '../../link/limits.ts'
import type { LinkKind, Pipe, PipeHandlers, Remote } from '../../link/types.ts'
import { heldBytesMax } from '../limits.ts'
import type { Condition } from './condition.ts'

interface Held {
  readonly frame: Uint8Array | undefined
  readonly pass: () => void
  readyMs: number
}

/** One direction: frames in order, each after its delay. */
class Passage {
  readonly #clock: Clock
  readonly #random: Random
  readonly #condition: () => Condition
  readonly #onPassed: () => void
  #queue: Held[] = []
  bytes = 0
  #stopTimer = () => {}

  constructor(clock: Clock, random: Random, condition: () => Condition, onPassed: () => void) {
    this.#clock = clock
    this.#random = random
    this.#condition = condition
    this.#onPassed = onPassed
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  push(frame: Uint8Array | undefined, pass: () => void): void {
    const { isCut, delayMs, jitterMs } = this.#condition()
    const waitMs = delayMs + jitterMs * (jitterMs > 0 ? this.#random.next() : 0)
    if (this.isEmpty && !isCut && waitMs === 0) return pass()
    this.#queue.push({ frame, pass, readyMs: this.#clock.monotonicMs() + waitMs })
    this.bytes += frame?.byteLength ?? 0
    if (this.#queue.length === 1) this.#pump()
  }

  /** The faults changed: whatever waits for none that is left goes now. */
  review(): void {
    const { delayMs, jitterMs } = this.#condition()
    const latestMs = this.#clock.monotonicMs() + delayMs + jitterMs
    for (const held of this.#queue) held.readyMs = Math.min(held.readyMs, latestMs)
    this.#pump()
  }

  clear(): void {
    this.#stopTimer()
    this.#queue = []
    this.bytes = 0
  }

  #pump(): void {
    this.#stopTimer()
    if (this.#condition().isCut) return
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      const waitMs = first.readyMs - this.#clock.monotonicMs()
      if (waitMs > 0) {
        this.#stopTimer = this.#clock.after(waitMs, () => this.#pump())
        break
      }
      this.#queue.shift()
      this.bytes -= first.frame?.byteLength ?? 0
      first.pass()
    }
    this.#onPassed()
  }
}

export interface FaultyPipeOptions {
  readonly clock: Clock
  readonly random: Random
  readonly condition: (way: 'out' | 'in') => Condition
  /** The pipe underneath is closed: nothing is held back any more. */
  readonly onOver: () => void
}

export class FaultyPipe implements Pipe {
  readonly kind: LinkKind
  readonly remote: Remote
  readonly #inner: Pipe
  readonly #options: FaultyPipeOptions
  readonly #out: Passage
  readonly #in: Passage
  #handlers: PipeHandlers | undefined
  #closed: string | undefined
  #wasHigh = false

  constructor(inner: Pipe, options: FaultyPipeOptions) {
    const { clock, random, condition } = options
    this.#inner = inner
    this.kind = inner.kind
    this.remote = inner.remote
    this.#options = options
    this.#out = new Passage(
      clock,
      random,
      () => condition('out'),
      () => this.#drain(),
    )
    this.#in = new Passage(
      clock,
      random,
      () => condition('in'),
      () => {},
    )
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes + this.#out.bytes
  }

  send(frame: Uint8Array): void {
    if (this.#closed !== undefined) return
    this.#out.push(frame, () => this.#inner.send(frame))
    if (this.bufferedBytes >= bufferedBytesHigh) this.#wasHigh = true
    if (this.#out.bytes > heldBytesMax) this.close('too much was held back')
  }

  open(handlers: PipeHandlers): void {
    this.#handlers = handlers
    if (this.#closed !== undefined) handlers.onClose(this.#closed)
    this.#inner.open({
      onFrame: frame => {
        if (this.#closed !== undefined) return
        this.#in.push(frame, () => this.#closed === undefined && handlers.onFrame(frame))
        if (this.#in.bytes > heldBytesMax) this.close('too much was held back')
      },
      onDrain: () => this.#drain(),
      onClose: reason => {
        this.#options.onOver()
        this.#in.push(undefined, () => this.#end(reason))
      },
    })
  }

  /** This side knows at once. The other learns it when the frames before have arrived, and through a cut not before it ends. */
  close(reason: string): void {
    if (this.#closed !== undefined) return
    if (this.#options.condition('out').isCut) this.#out.clear()
    this.#out.push(undefined, () => this.#inner.close(reason))
    this.#end(reason)
  }

  /** The faults changed. */
  review(): void {
    this.#in.review()
    this.#out.review()
  }

  #end(reason: string): void {
    if (this.#closed !== undefined) return
    this.#closed = reason
    this.#in.clear()
    this.#handlers?.onClose(reason)
  }

  #drain(): void {
    if (!this.#wasHigh || this.#closed !== undefined || this.bufferedBytes > bufferedBytesLow) return
    this.#wasHigh = false
    this.#handlers?.onDrain()
  }
}
