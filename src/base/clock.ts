/** Time as something handed in: drivers take a Clock, machines take ticks or `nowMs` inputs, and the simulator owns both. */
export interface Clock {
  /** Wall time in ms since 1970. It may jump; use it for stamps that people or other peers read. */
  nowMs(): number
  /** Monotonic ms from an arbitrary start; use it for durations. */
  monotonicMs(): number
  /** Calls `fn` once after `delayMs`; the returned function cancels. */
  after(delayMs: number, fn: () => void): () => void
  /** Calls `fn` every `intervalMs` until the returned function is called. */
  every(intervalMs: number, fn: () => void): () => void
}
