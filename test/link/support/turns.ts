/** A seeded world of things that happen later, one at a time, with its own clock: the same seed, the same order. */
import type { Clock } from '../../../src/base/clock.ts'
import { integerBelow, type Random } from '../../../src/base/random.ts'

interface Turn {
  readonly atMs: number
  readonly perform: () => void
  isCancelled: boolean
}

export class Turns {
  readonly random: Random
  readonly clock: Clock
  #nowMs = 0
  /** The next one last. */
  readonly #turns: Turn[] = []

  constructor(seed: number) {
    this.random = seededRandom(seed)
    const after = (delayMs: number, perform: () => void) => {
      const turn = this.#add(delayMs, perform)
      return () => {
        turn.isCancelled = true
      }
    }
    this.clock = {
      nowMs: () => this.#nowMs,
      monotonicMs: () => this.#nowMs,
      after,
      every: (intervalMs, perform) => {
        let stop = () => {}
        const next = () => {
          stop = after(intervalMs, () => {
            next()
            perform()
          })
        }
        next()
        return () => stop()
      },
    }
  }

  /** Whole ms below `below`. */
  chance(below: number): number {
    return integerBelow(this.random, below)
  }

  after(delayMs: number, perform: () => void): void {
    this.#add(delayMs, perform)
  }

  /** Performs turn after turn until none is left before `untilMs`, promises settled in between. */
  async run(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      await new Promise(resolve => setImmediate(resolve))
      while (this.#turns.at(-1)?.isCancelled) this.#turns.pop()
      const turn = this.#turns.at(-1)
      if (!turn || turn.atMs > untilMs) break
      this.#turns.pop()
      this.#nowMs = turn.atMs
      turn.perform()
    }
    if (Number.isFinite(untilMs)) this.#nowMs = untilMs
  }

  #add(delayMs: number, perform: () => void): Turn {
    const turn = { atMs: this.#nowMs + delayMs, perform, isCancelled: false }
    let [low, high] = [0, this.#turns.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#turns[middle]?.atMs ?? 0) > turn.atMs) low = middle + 1
      else high = middle
    }
    this.#turns.splice(low, 0, turn)
    return turn
  }
}

/** mulberry32: small, and good enough to vary an order. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let word = Math.imul(state ^ (state >>> 15), state | 1)
      word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
      return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
    },
  }
}
