/**
 * Broadcast: what is published within a few milliseconds leaves as one signed gossipsub message (DESIGN, fact 11). Idle, it
 * leaves at once; busy, it gathers until it is full or its deadline comes, and waits for the links to drain: the less urgent, the longer.
 */
import type { Clock } from '../base/clock.ts'
import { type BroadcastQueues, type Priority, Queues } from './gossip/queues.ts'
import { batchBytes, batchDeadlineMs } from './limits.ts'

/** How often links are looked at while they drain, and for how long a batch waits for them, ms. */
const drainPollMs = 2
const drainWaitMs = 1_000
/** After a batch that took t to publish, the next small one waits this many times t: a busy machine batches more. */
const restFactor = 2
const restMsMax = 50
/**
 * A priority is held back while a link is so full, as a share of what it may buffer: so that low frames never fill a link in front of
 * critical ones.
 */
const heldFrom: Readonly<Record<Priority, number>> = { critical: 1, normal: 1 / 2, low: 1 / 8 }

/** Everything goes by one topic of gossipsub; the applications' topics are inside the frames. */
export const gossipTopic = '/tabmesh/1/broadcast'

export interface GossipOptions {
  readonly clock: Clock
  /** Signs the frames as one batch and hands it to gossipsub. */
  readonly publish: (frames: readonly Uint8Array[]) => Promise<unknown>
  /** How full the fullest link is; 1 is as much as it may buffer. */
  readonly congestion: () => number
}

export class Gossip {
  readonly #options: GossipOptions
  readonly #queues = new Queues()
  #isFlushing = false
  #restUntilMs = 0
  #wake: () => void = () => {}

  constructor(options: GossipOptions) {
    this.#options = options
  }

  /** Resolves when the frame has a place in its queue. Rejects with `overloaded` where too many wait for one. */
  async broadcast(frame: Uint8Array, priority: Priority = 'normal'): Promise<void> {
    const admitted = this.#queues.push(priority, frame)
    if (!this.#isFlushing) void this.#flush()
    else if (priority === 'critical' || this.#queues.bytes >= batchBytes) this.#wake()
    await admitted
  }

  /** What waits, by priority. */
  get waiting(): BroadcastQueues {
    return this.#queues.lengths
  }

  async #flush(): Promise<void> {
    const { clock, publish } = this.#options
    this.#isFlushing = true
    await Promise.resolve() // what one task publishes goes together
    while (this.#queues.first) {
      await this.#rest()
      const batch = await this.#drained()
      const startMs = clock.monotonicMs()
      // It fails only where there is no neighbour to tell; who links later is told by other means.
      await publish(batch).catch(() => {})
      const endMs = clock.monotonicMs()
      this.#restUntilMs = endMs + Math.min(restMsMax, Math.max(batchDeadlineMs, restFactor * (endMs - startMs)))
    }
    this.#isFlushing = false
  }

  /** Until the deadline, unless the batch is full or something in it cannot wait. */
  async #rest(): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      const restMs = this.#restUntilMs - clock.monotonicMs()
      if (restMs <= 0 || this.#queues.bytes >= batchBytes || this.#queues.first === 'critical') return
      await this.#pause(restMs)
    }
  }

  /** The next batch, of what the links have room for; of everything once they were waited for long enough. */
  async #drained(): Promise<Uint8Array[]> {
    const { congestion } = this.#options
    for (let waitedMs = 0; waitedMs < drainWaitMs; waitedMs += drainPollMs) {
      const full = congestion()
      const isFree = (priority: Priority) => full < heldFrom[priority]
      const { first } = this.#queues
      if (first && isFree(first)) return this.#queues.take(batchBytes, isFree)
      await new Promise<void>(resolve => this.#options.clock.after(drainPollMs, resolve))
    }
    return this.#queues.take(batchBytes)
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#options.clock.after(ms, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }
}
