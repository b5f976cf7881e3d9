/**
 * Care for the path of one link. ICE mends short breaks itself, so a restart waits for `disconnected` to last; a restart whose
 * signals were lost is made again. Only while `disconnected`: on `failed` simple-peer ends the connection (DESIGN, fact 16).
 */
import type { Clock } from '../../base/clock.ts'
import type { IceFacts } from '../facts.ts'
import { restartsMax } from '../limits.ts'

/** `disconnected` for so long leads to a restart, ms. */
const brokenWaitMs = 2_000
/** The first restart has this long to mend the path before it is made again; each next one twice as long, ms. */
const restartWaitMs = 2_000
/** Both ends may ask at the same moment: what is asked so soon after a restart began is that restart, ms. */
const restartsApartMs = 1_000

export class PathCare {
  /** Restarts so far. */
  restarts = 0
  readonly #clock: Clock
  readonly #restart: () => void
  #state: IceFacts['state'] = 'new'
  #isMending = false
  /** Restarts since the path was last whole. */
  #inRow = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #stop: (() => void) | undefined

  constructor(clock: Clock, restart: () => void) {
    this.#clock = clock
    this.#restart = restart
  }

  get isBroken(): boolean {
    return this.#isMending || this.#state === 'disconnected'
  }

  /** What the connection says of its path now. */
  state(state: IceFacts['state']): void {
    this.#state = state
    if (state === 'connected' || state === 'completed') {
      this.#isMending = false
      this.#inRow = 0
      this.close()
    } else if (state === 'disconnected') this.#stop ??= this.#clock.after(brokenWaitMs, () => this.#mend())
    else if (state === 'failed' || state === 'closed') this.close()
  }

  /** A probe went unanswered, or the other end asks: the connection itself may not have noticed yet. */
  suspect(): void {
    if (this.#clock.monotonicMs() - this.#lastMs >= restartsApartMs) this.#mend()
  }

  close(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  #mend(): void {
    this.close()
    if (this.#inRow >= restartsMax) return // the connection will find that it failed, and a new one is made
    this.#isMending = true
    this.restarts++
    this.#lastMs = this.#clock.monotonicMs()
    this.#stop = this.#clock.after(restartWaitMs * 2 ** this.#inRow++, () => this.#mend())
    this.#restart()
  }
}
