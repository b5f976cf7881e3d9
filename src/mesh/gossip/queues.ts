/**
 * Broadcasts that wait to leave, in a queue for each priority. Each queue is bounded; who finds it full waits for a place, and of those
 * that wait there is a limit too. Pure.
 *
 * 1. Whatever waits, critical frames leave first, and in the order in which they came.
 * 2. Low frames get a share of each batch that critical ones leave free, so that they never wait for ever.
 */
import { MeshError } from '../../base/errors.ts'
import { bytesPerFrame } from '../batch.ts'
import { broadcastQueueBytesMax, broadcastsWaitingMax, criticalQueueBytesMax, lowQueueBytesMax } from '../limits.ts'

/** The most urgent first. */
export const priorities = ['critical', 'normal', 'low'] as const
export type Priority = (typeof priorities)[number]

/** Of what critical frames leave of a batch, low ones may have so much although normal ones wait. */
const lowShare = 1 / 8

const bytesMax: Readonly<Record<Priority, number>> = {
  critical: criticalQueueBytesMax,
  normal: broadcastQueueBytesMax,
  low: lowQueueBytesMax,
}

/** Broadcasts that have a place in their queue, and calls that wait for one. */
export type BroadcastQueues = Readonly<Record<Priority, { readonly queued: number; readonly waiting: number }>>

interface Waiting {
  readonly frame: Uint8Array
  readonly admit: () => void
}

class Queue {
  readonly #bytesMax: number
  /** Frames before `#first` have left. */
  #frames: Uint8Array[] = []
  #first = 0
  readonly #waiting: Waiting[] = []
  bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get length(): number {
    return this.#frames.length - this.#first
  }

  get waiting(): number {
    return this.#waiting.length
  }

  push(frame: Uint8Array): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#hasRoom(frame)) return this.#add(frame)
    if (this.#waiting.length >= broadcastsWaitingMax)
      throw new MeshError('overloaded', `${broadcastsWaitingMax} broadcasts of this priority wait for a place already`)
    return new Promise(admit => this.#waiting.push({ frame, admit }))
  }

  /** Moves frames of at most `bytes` into `batch`; its bytes. One that is larger goes alone, into an empty batch. */
  take(batch: Uint8Array[], bytes: number): number {
    let taken = 0
    for (let frame = this.#frames[this.#first]; frame; frame = this.#frames[this.#first]) {
      const size = sizeOf(frame)
      if (taken + size > bytes && batch.length > 0) break
      batch.push(frame)
      taken += size
      this.#first++
    }
    this.bytes -= taken
    if (this.#first === this.#frames.length) [this.#frames, this.#first] = [[], 0]
    this.#admit()
    return taken
  }

  #admit(): void {
    let admitted = 0
    for (const { frame, admit } of this.#waiting) {
      if (!this.#hasRoom(frame)) break
      this.#add(frame)
      admit()
      admitted++
    }
    if (admitted > 0) this.#waiting.splice(0, admitted)
  }

  /** One frame fits an empty queue, whatever its size. */
  #hasRoom(frame: Uint8Array): boolean {
    return this.bytes === 0 || this.bytes + sizeOf(frame) <= this.#bytesMax
  }

  #add(frame: Uint8Array): undefined {
    this.#frames.push(frame)
    this.bytes += sizeOf(frame)
  }
}

export class Queues {
  readonly #queues: Readonly<Record<Priority, Queue>> = {
    critical: new Queue(bytesMax.critical),
    normal: new Queue(bytesMax.normal),
    low: new Queue(bytesMax.low),
  }

  /** Undefined where the frame has its place; otherwise it resolves when it has. Throws `overloaded` where too many wait. */
  push(priority: Priority, frame: Uint8Array): Promise<void> | undefined {
    return this.#queues[priority].push(frame)
  }

  get bytes(): number {
    return priorities.reduce((sum, priority) => sum + this.#queues[priority].bytes, 0)
  }

  /** The most urgent that something waits of. */
  get first(): Priority | undefined {
    return priorities.find(priority => this.#queues[priority].length > 0)
  }

  /** The frames of the next batch, of `allowed` priorities. */
  take(bytes: number, allowed: (priority: Priority) => boolean = () => true): Uint8Array[] {
    const batch: Uint8Array[] = []
    const { critical, normal, low } = this.#queues
    let left = bytes
    if (allowed('critical')) left -= critical.take(batch, left)
    const kept = allowed('low') ? Math.min(low.bytes, left * lowShare) : 0
    if (allowed('normal') && left > kept) left -= normal.take(batch, left - kept)
    if (allowed('low') && left > 0) low.take(batch, left)
    return batch
  }

  get lengths(): BroadcastQueues {
    const of = ({ length, waiting }: Queue) => ({ queued: length, waiting })
    const { critical, normal, low } = this.#queues
    return { critical: of(critical), normal: of(normal), low: of(low) }
  }
}

function sizeOf(frame: Uint8Array): number {
  return frame.length + bytesPerFrame
}
