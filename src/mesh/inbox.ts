/**
 * What comes in over links, frames and batches of gossip each by themselves, taken in turn: a neighbour that floods waits for itself, and the
 * others' frames pass as before. While nobody sends more than its share of a turn nothing waits at all.
 *
 * 1. Whoever has something waiting is served from it, and what it sends meanwhile waits too, in order.
 * 2. All who wait divide one share of a turn equally. While turns come late, because this tab has more to do than it can, the share is halved,
 *    down to an eighth, or to a ninth of what the others needed in the turn if that is more: so these keep nine tenths of what is done. While
 *    turns are in time it doubles again: an idle tab handles whatever comes.
 */
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import { framesPerTurn, inboxBytesMax, inboxFramesMax } from './limits.ts'

/** A turn that comes later than this after it was asked for is late, ms: timers of a worker come 4 ms apart, and some of its own work is longer. */
const lateMs = 30
/** The least share of late turns, of a whole one: a burst of somebody honest goes on too. */
const leastShare = 1 / 8
/** Frames of those who do not wait, for each frame of those who do, while turns are late. */
const othersPerFrame = 9

interface Waiting {
  readonly bytes: number
  readonly handle: () => void
}

interface Queue {
  /** Those before `first` have been handled, and are let go of. */
  frames: (Waiting | undefined)[]
  first: number
  bytes: number
}

export class Inbox {
  readonly #clock: Clock
  readonly #count: (counter: string) => void
  readonly #perTurn: number
  readonly #queues = new Map<PeerId, Queue>()
  /** Frames of each neighbour that were handled at once in this turn. */
  readonly #handled = new Map<PeerId, number>()
  /** Neighbours that waited in the last turn: they do so for one more, though nothing is left of it. */
  #greedy = new Set<PeerId>()
  /** Frames of a turn for all who wait. */
  #share: number
  #askedMs = 0
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
    this.#share = this.#perTurn
  }

  /** Handles the frame now, or in its turn; false where this neighbour has too much waiting, and never. In order for each neighbour. */
  push(from: PeerId, bytes: number, handle: () => void): boolean {
    const queue = this.#queues.get(from)
    const handled = this.#handled.get(from) ?? 0
    if (!queue && handled < this.#perTurn && !this.#greedy.has(from)) {
      this.#handled.set(from, handled + 1)
      this.#turnLater()
      handle()
      return true
    }
    const own = queue ?? { frames: [], first: 0, bytes: 0 }
    if (own.frames.length - own.first >= inboxFramesMax || own.bytes + bytes > inboxBytesMax) {
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
    this.#askedMs = this.#clock.monotonicMs()
    this.#clock.after(0, () => {
      this.#isTurning = false
      this.#adapt(this.#clock.monotonicMs() - this.#askedMs)
      this.#handled.clear()
      this.#turn()
    })
  }

  #adapt(tookMs: number): void {
    if (tookMs <= lateMs) {
      this.#share = Math.min(this.#perTurn, 2 * this.#share)
      return
    }
    let others = 0
    for (const [from, handled] of this.#handled) if (!this.#queues.has(from)) others += handled
    const least = Math.max(Math.ceil(this.#perTurn * leastShare), Math.floor(others / othersPerFrame))
    // Where all wait there is nobody to make room for.
    if (others > 0) this.#share = Math.min(this.#perTurn, Math.max(least, this.#share >> 1))
  }

  /** Of each neighbour that waits its equal part of the share. */
  #turn(): void {
    this.#greedy = new Set(this.#queues.keys())
    if (this.#queues.size === 0) return
    let left = this.#share
    let waiting = this.#queues.size
    for (const [from, queue] of [...this.#queues]) {
      if (left <= 0) break
      const frames = take(queue, Math.ceil(left / waiting--))
      left -= frames.length
      // Who was served goes last: each comes first in its turn where the share is smaller than their number.
      this.#queues.delete(from)
      if (queue.first < queue.frames.length) this.#queues.set(from, queue)
      for (const { handle } of frames) handle()
    }
    this.#turnLater()
  }
}

function take(queue: Queue, count: number): Waiting[] {
  const taken: Waiting[] = []
  for (; taken.length < count; queue.first++) {
    const frame = queue.frames[queue.first]
    if (!frame) break
    queue.frames[queue.first] = undefined
    queue.bytes -= frame.bytes
    taken.push(frame)
  }
  // Not each time: moving thousands for a few would cost more than handling them.
  if (2 * queue.first >= queue.frames.length) {
    queue.frames = queue.frames.slice(queue.first)
    queue.first = 0
  }
  return taken
}
