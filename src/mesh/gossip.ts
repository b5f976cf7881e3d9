/**
 * Broadcast: what is published within a few milliseconds leaves as one signed gossipsub message (DESIGN, fact 11). Idle, it
 * leaves at once; busy, it gathers until it is full or its deadline comes, and waits for the links to drain.
 */
import type { Clock } from '../base/clock.ts'
import { bytesPerFrame } from './batch.ts'
import { batchBytes, batchDeadlineMs, broadcastQueueBytesMax } from './limits.ts'

/** How often links are looked at while they drain, and for how long a batch waits for them, ms. */
const drainPollMs = 2
const drainWaitMs = 1_000
/** After a batch that took t to publish, the next small one waits this many times t: a busy machine batches more. */
const restFactor = 2
const restMsMax = 50

/** Everything goes by one topic of gossipsub; the applications' topics are inside the frames. */
export const gossipTopic = '/tabmesh/1/broadcast'

export interface GossipOptions {
  readonly clock: Clock
  /** Signs the frames as one batch and hands it to gossipsub. */
  readonly publish: (frames: readonly Uint8Array[]) => Promise<unknown>
  /** True while some link holds more than it should. */
  readonly isCongested: () => boolean
}

export class Gossip {
  readonly #options: GossipOptions
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isFlushing = false
  #restUntilMs = 0
  #room: { promise: Promise<void>; resolve: () => void } | undefined

  constructor(options: GossipOptions) {
    this.#options = options
  }

  /** Resolves when the frame has a place in the queue. */
  async broadcast(frame: Uint8Array): Promise<void> {
    while (this.#queuedBytes + frame.length > broadcastQueueBytesMax && this.#queuedBytes > 0) {
      this.#room ??= Promise.withResolvers<void>()
      await this.#room.promise
    }
    this.#queue.push(frame)
    this.#queuedBytes += frame.length + bytesPerFrame
    if (!this.#isFlushing) void this.#flush()
  }

  async #flush(): Promise<void> {
    const { clock, publish, isCongested } = this.#options
    this.#isFlushing = true
    await Promise.resolve() // what one task publishes goes together
    while (this.#queue.length > 0) {
      const restMs = this.#restUntilMs - clock.monotonicMs()
      if (restMs > 0 && this.#queuedBytes < batchBytes) await this.#pause(restMs)
      const startMs = clock.monotonicMs()
      // It fails only where there is no neighbour to tell; who links later is told by other means.
      await publish(this.#takeBatch()).catch(() => {})
      const endMs = clock.monotonicMs()
      this.#restUntilMs = endMs + Math.min(restMsMax, Math.max(batchDeadlineMs, restFactor * (endMs - startMs)))
      this.#room?.resolve()
      this.#room = undefined
      for (let waitedMs = 0; waitedMs < drainWaitMs && isCongested(); waitedMs += drainPollMs)
        await this.#pause(drainPollMs)
    }
    this.#isFlushing = false
  }

  #takeBatch(): Uint8Array[] {
    let bytes = 0
    let count = 0
    for (const frame of this.#queue) {
      if (count > 0 && bytes + frame.length + bytesPerFrame > batchBytes) break
      bytes += frame.length + bytesPerFrame
      count++
    }
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, count)
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => this.#options.clock.after(ms, resolve))
  }
}
