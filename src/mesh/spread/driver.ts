/** Performs spreading: gathers what is told within a moment, and compares lists with a neighbour now and then. */
import type { Clock } from '../../base/clock.ts'
import type { PeerId } from '../../base/ids.ts'
import { integerBelow, type Random } from '../../base/random.ts'
import { type Digest, type SpreadState, spreadOf, type Version } from './state.ts'
import { digestOf, flush, forgotten, learned, linked, told, unlinked } from './step.ts'
import { compareEveryMs } from './urgency.ts'

/** What is said at once goes together, ms. */
const gatherMs = 2

export interface SpreadDriverOptions {
  readonly clock: Clock
  readonly random: Random
  readonly tell: (to: PeerId, news: readonly Version[]) => void
  readonly tellDigest: (to: PeerId, digest: Digest) => void
}

export class SpreadDriver {
  readonly state: SpreadState = spreadOf()
  readonly #options: SpreadDriverOptions
  #stopCompare = () => {}
  #urgentTimer = () => {}
  #lazyTimer = () => {}
  #lazyTimerMs = Number.POSITIVE_INFINITY
  #isUrgentSet = false

  constructor(options: SpreadDriverOptions) {
    this.#options = options
    this.#compareLater()
  }

  linked(peer: PeerId): void {
    linked(this.state, peer)
  }

  unlinked(peer: PeerId): void {
    unlinked(this.state, peer)
  }

  learned(version: Version, isUrgent: boolean, from?: PeerId): void {
    learned(this.state, version, isUrgent, from, this.#options.clock.monotonicMs())
    this.#schedule()
  }

  told(neighbour: PeerId, version: Pick<Version, 'peer' | 'session' | 'sequence'>): void {
    told(this.state, neighbour, version)
  }

  forgotten(peer: PeerId): void {
    forgotten(this.state, peer)
  }

  /** Every neighbour at once, when a partition has healed. */
  compareAll(): void {
    for (const peer of this.state.links.keys()) this.#options.tellDigest(peer, digestOf(this.state))
  }

  close(): void {
    for (const stop of [this.#stopCompare, this.#urgentTimer, this.#lazyTimer]) stop()
  }

  #compareLater(): void {
    this.#stopCompare = this.#options.clock.after(compareEveryMs(this.state.known.size), () => {
      this.#compare()
      this.#compareLater()
    })
  }

  #compare(): void {
    const { random, tellDigest } = this.#options
    const neighbours = [...this.state.links.keys()]
    const chosen = neighbours[integerBelow(random, neighbours.length)]
    if (chosen) tellDigest(chosen, digestOf(this.state))
  }

  #schedule(): void {
    const { clock } = this.#options
    if (this.state.urgent.size > 0 && !this.#isUrgentSet) {
      this.#isUrgentSet = true
      this.#urgentTimer = clock.after(gatherMs, () => {
        this.#isUrgentSet = false
        this.#flush(clock.monotonicMs())
      })
    }
    const { lazyAtMs } = this.state
    if (lazyAtMs >= this.#lazyTimerMs) return
    this.#lazyTimer()
    this.#lazyTimerMs = lazyAtMs
    this.#lazyTimer = clock.after(Math.max(0, lazyAtMs - clock.monotonicMs()), () => {
      this.#lazyTimerMs = Number.POSITIVE_INFINITY
      this.#flush(Math.max(lazyAtMs, clock.monotonicMs()))
      this.#schedule()
    })
  }

  #flush(nowMs: number): void {
    for (const { to, news } of flush(this.state, nowMs)) this.#options.tell(to, news)
  }
}
