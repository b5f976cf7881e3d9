/** The clock of a peer that can be frozen: time goes on, but nothing happens until it thaws, as in a tab that the browser has frozen. */
import type { Clock } from '../../base/clock.ts'

export class PausableClock implements Clock {
  readonly #clock: Clock
  readonly #isPaused: () => boolean
  /** What fell due meanwhile, in that order; an interval stands in it once. */
  readonly #due = new Set<() => void>()

  constructor(clock: Clock, isPaused: () => boolean) {
    this.#clock = clock
    this.#isPaused = isPaused
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  after(delayMs: number, fn: () => void): () => void {
    return this.#guarded(fn, run => this.#clock.after(delayMs, run))
  }

  every(intervalMs: number, fn: () => void): () => void {
    return this.#guarded(fn, run => this.#clock.every(intervalMs, run))
  }

  /** Call when it is over. */
  thaw(): void {
    for (const fn of [...this.#due]) if (this.#due.delete(fn)) fn()
  }

  #guarded(fn: () => void, start: (run: () => void) => () => void): () => void {
    const once = () => fn() // its own, so that the same function may wait for two timers
    const stop = start(() => {
      if (this.#isPaused()) this.#due.add(once)
      else fn()
    })
    return () => {
      stop()
      this.#due.delete(once)
    }
  }
}
