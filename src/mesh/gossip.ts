/**
 * Broadcast: what is published within a few milliseconds leaves as one signed gossipsub message (DESIGN, fact 11). Idle, it
 * leaves at once; busy, it gathers until it is full or its deadline comes, and waits for the links to drain.
 */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { batchBytes, batchDeadlineMs, broadcastQueueBytesMax } from './limits.ts'

const lengthBytes = 4
/** How often links are looked at while they drain, and for how long a batch waits for them, ms. */
const drainPollMs = 2
const drainWaitMs = 1_000

export interface GossipOptions {
  readonly clock: Clock
  /** Hands one batch to gossipsub, which signs it. */
  readonly publish: (batch: Uint8Array) => Promise<unknown>
  /** True while some link holds more than it should. */
  readonly isCongested: () => boolean
}

export class Gossip {
  readonly #options: GossipOptions
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isFlushing = false
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
    this.#queuedBytes += frame.length + lengthBytes
    if (!this.#isFlushing) void this.#flush()
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true
    await Promise.resolve() // what one task publishes goes together
    while (this.#queue.length > 0) {
      try {
        await this.#options.publish(this.#takeBatch())
      } catch {
        // No neighbour to tell: whoever links later is told by anti-entropy, not by gossip.
      }
      this.#room?.resolve()
      this.#room = undefined
      if (this.#options.isCongested()) await this.#drained()
      else if (this.#queue.length > 0 && this.#queuedBytes < batchBytes) await this.#pause(batchDeadlineMs)
    }
    this.#isFlushing = false
  }

  #takeBatch(): Uint8Array {
    let bytes = 0
    let count = 0
    for (const frame of this.#queue) {
      if (count > 0 && bytes + frame.length + lengthBytes > batchBytes) break
      bytes += frame.length + lengthBytes
      count++
    }
    this.#queuedBytes -= bytes
    return encodeBatch(this.#queue.splice(0, count), bytes)
  }

  async #drained(): Promise<void> {
    for (let waitedMs = 0; waitedMs < drainWaitMs && this.#options.isCongested(); waitedMs += drainPollMs)
      await this.#pause(drainPollMs)
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => this.#options.clock.after(ms, resolve))
  }
}

function encodeBatch(frames: readonly Uint8Array[], bytes: number): Uint8Array {
  const batch = new Uint8Array(bytes)
  const view = new DataView(batch.buffer)
  let at = 0
  for (const frame of frames) {
    view.setUint32(at, frame.length)
    batch.set(frame, at + lengthBytes)
    at += lengthBytes + frame.length
  }
  return batch
}

/** The frames of a batch from a peer, who may be broken or hostile. Never throws. */
export function decodeBatch(batch: Uint8Array): Uint8Array[] | MeshError<'malformed'> {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  const frames: Uint8Array[] = []
  for (let at = 0; at < batch.length; ) {
    if (at + lengthBytes > batch.length) return new MeshError('malformed', 'a batch ends in the middle of a length')
    const length = view.getUint32(at)
    at += lengthBytes
    if (at + length > batch.length) return new MeshError('malformed', 'a batch ends in the middle of a frame')
    frames.push(batch.subarray(at, at + length))
    at += length
  }
  return frames
}

/** Topics of gossipsub are seen by every peer of the room: one topic carries all, and ours are inside the frames. */
export const gossipTopic = '/tabmesh/1/broadcast'

export interface GossipMessage {
  readonly from: PeerId
  readonly batch: Uint8Array
}
