/**
 * Hybrid logical time with a bound (Kulkarni et al., "Logical physical clocks", 2014): stamps grow along cause and effect and stay near real
 * time. A peer whose clock is far from those of most others uses theirs, and a stamp from the far future pushes nobody there.
 */
import type { PeerId } from '../../base/ids.ts'
import { clockAheadMsMax } from '../limits.ts'
import type { Stamp } from './versions.ts'

export class HybridClock {
  readonly #nowMs: () => number
  /** How far the others' clocks are ahead of ours, ms. */
  readonly #ahead = new Map<PeerId, number>()
  #last: Stamp = { ms: 0, count: 0 }

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** That peer said `theirMs` just now. */
  compare(peer: PeerId, theirMs: number): void {
    this.#ahead.set(peer, theirMs - this.#nowMs())
  }

  forget(peer: PeerId): void {
    this.#ahead.delete(peer)
  }

  /** Real time as most of the room has it; of two the earlier. */
  get physicalMs(): number {
    const clocks = [0, ...this.#ahead.values()].sort((one, other) => one - other)
    const median = clocks[Math.floor((clocks.length - 1) / 2)] ?? 0
    return this.#nowMs() + (Math.abs(median) > clockAheadMsMax ? median : 0)
  }

  next(): Stamp {
    const ms = Math.floor(this.physicalMs)
    this.#last = ms > this.#last.ms ? { ms, count: 0 } : { ms: this.#last.ms, count: this.#last.count + 1 }
    return this.#last
  }

  /** A stamp came from elsewhere: what is written from now on is later, unless that is beyond the bound. */
  observe(stamp: Stamp): void {
    if (stamp.ms > this.physicalMs + clockAheadMsMax) return
    const isLater = stamp.ms > this.#last.ms || (stamp.ms === this.#last.ms && stamp.count > this.#last.count)
    if (isLater) this.#last = stamp
  }
}
