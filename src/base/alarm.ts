/** One timer for whatever is due next, which rests while nothing is. */
import type { Clock } from './clock.ts'

export class Alarm {
  readonly #clock: Clock
  readonly #ring: (lateMs: number, nowMs: number) => void
  readonly #leastMs: number
  #next: { readonly atMs: number; readonly stop: () => void } | undefined

  /** It rings `leastMs` after it was set at the earliest; `ring` is told how late it is, and the time, ms of the monotonic clock. */
  constructor(clock: Clock, ring: (lateMs: number, nowMs: number) => void, leastMs = 1) {
    this.#clock = clock
    this.#ring = ring
    this.#leastMs = leastMs
  }

  /**
   * Rings at `dueMs` of the monotonic clock; at Infinity never. One that is set for an earlier time stays: to find nothing due costs less
   * than to set it anew each time.
   */
  set(dueMs: number): void {
    if (dueMs === Number.POSITIVE_INFINITY || (this.#next && this.#next.atMs <= dueMs + 1)) return
    this.stop()
    const nowMs = this.#clock.monotonicMs()
    const atMs = Math.max(dueMs, nowMs + this.#leastMs)
    const stop = this.#clock.after(atMs - nowMs, () => {
      this.#next = undefined
      const rungMs = this.#clock.monotonicMs()
      this.#ring(rungMs - atMs, rungMs)
    })
    this.#next = { atMs, stop }
  }

  stop(): void {
    this.#next?.stop()
    this.#next = undefined
  }
}
