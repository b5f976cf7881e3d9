/**
 * What comes in over links, frames and batches of gossip each by themselves, taken in turn: a neighbour that floods waits for itself, and the others' frames pass as before. While nobody
 * sends more than its share of a turn nothing waits at all.
 */
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import { framesPerTurn, inboxBytesMax, inboxFramesMax } from './limits.ts'

interface Waiting {
  readonly bytes: number
  readonly handle: () => void
}

interface Queue {
  readonly frames: Waiting[]
  bytes: number
}

export class Inbox {
  readonly #clock: Clock
  readonly #count: (counter: string) => void
  readonly #perTurn: number
  readonly #queues = new Map<PeerId, Queue>()
  /** Frames of each neighbour that were handled in this turn. */
  readonly #handled = new Map<PeerId, number>()
  #isTurning = false

  constructor(options: {
    readonly clock: Clock
    readonly count: (counter: string) => void
    /** Frames of one neighbour that are handled before the others' turn comes. */
    readonly perTurn?: number
  }) {
    this.#clock = options.clock
    this.#count = options.count
    this.#perTurn = options.perTurn ?? framesPerTurn
  }

  /** Handles the frame now, or in its turn; false where this neighbour has too much waiting, and never. In order for each neighbour. */
  push(from: PeerId, bytes: number, handle: () => void): boolean {
    const queue = this.#queues.get(from)
    const handled = this.#handled.get(from) ?? 0
    if (!queue && handled < this.#perTurn) {
      this.#handled.set(from, handled + 1)
      this.#turnLater()
      handle()
      return true
    }
    const own = queue ?? { frames: [], bytes: 0 }
    if (own.frames.length >= inboxFramesMax || own.bytes + bytes > inboxBytesMax) {
      this.#count('dropped.flood')
      return false
    }
    own.frames.push({ bytes, handle })
    own.bytes += bytes
    this.#queues.set(from, own)
    this.#turnLater()
    return true
  }

  #turnLater(): void {
    if (this.#isTurning) return
    this.#isTurning = true
    this.#clock.after(0, () => {
      this.#isTurning = false
      this.#handled.clear()
      this.#turn()
    })
  }

  /** Of each neighbour that waits its equal part of one share. */
  #turn(): void {
    if (this.#queues.size === 0) return
    const share = Math.ceil(this.#perTurn / this.#queues.size)
    for (const [from, queue] of [...this.#queues]) {
      const frames = queue.frames.splice(0, share)
      for (const { bytes } of frames) queue.bytes -= bytes
      if (queue.frames.length === 0) this.#queues.delete(from)
      this.#handled.set(from, frames.length)
      for (const { handle } of frames) handle()
    }
    this.#turnLater()
  }
}
