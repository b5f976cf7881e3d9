/** Performs what the overlay decides: dials, lets links go, and looks again when anything changed. */
import type { Clock } from '../../base/clock.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import { type OverlayFacts, type OverlayInput, type OverlayState, overlayOf } from './state.ts'
import { step } from './step.ts'

/** How often the plan is looked at when nothing happened, and how long changes gather before it is. */
const reviewIntervalMs = 1_000
const gatherMs = 5

export interface OverlayDriverOptions extends Omit<OverlayFacts, 'engaged'> {
  readonly self: PeerId
  readonly clock: Clock
  readonly random: Random
  readonly candidates: () => ReadonlySet<PeerId>
  readonly linked: () => ReadonlySet<PeerId>
  /** Peers with whom a link is being made, whoever began. */
  readonly engaged: () => ReadonlySet<PeerId>
  readonly dial: (peer: PeerId) => Promise<void>
  readonly drop: (peer: PeerId) => void
}

type Told = OverlayInput extends infer Each ? (Each extends unknown ? Omit<Each, 'nowMs'> : never) : never

export class OverlayDriver {
  readonly #options: OverlayDriverOptions
  readonly #state: OverlayState
  readonly #stop: () => void
  #isScheduled = false
  #isClosed = false

  constructor(options: OverlayDriverOptions) {
    const { self, clock, random } = options
    this.#options = options
    this.#state = overlayOf(self, random, clock.monotonicMs())
    this.#stop = clock.every(reviewIntervalMs, () => this.#review())
  }

  /** A newcomer dials whom it chooses; until it has had the time, we do not dial it too. */
  newcomer(peer: PeerId): void {
    this.#step({ kind: 'newcomer', peer })
  }

  /** Somebody came, went, or a link changed. */
  changed(): void {
    this.#state.changedMs = this.#options.clock.monotonicMs()
    if (this.#isScheduled) return
    this.#isScheduled = true
    const waitMs = this.#options.linked().size === 0 && this.#state.dialling.size === 0 ? 0 : gatherMs
    this.#options.clock.after(waitMs, () => {
      this.#isScheduled = false
      this.#review()
    })
  }

  relayed(peer: PeerId, bytes: number): void {
    this.#readLinks()
    this.#step({ kind: 'relayed', peer, bytes })
  }

  /** A link opened; it may be one too many. */
  opened(): void {
    this.#readCandidates()
    this.#readLinks()
  }

  /** Direct links wanted besides all others: among the voters of a Raft group, say. */
  require(peers: ReadonlySet<PeerId>): void {
    this.#step({ kind: 'required', peers })
    this.changed()
  }

  /** What kept links from being made is over: whoever failed is tried again now. */
  healed(): void {
    this.#step({ kind: 'healed' })
    this.changed()
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  #review(): void {
    if (this.#isClosed) return
    this.#readCandidates()
    this.#readLinks()
    this.#step({ kind: 'review' })
  }

  #readCandidates(): void {
    const now = this.#options.candidates()
    for (const peer of [...this.#state.candidates]) if (!now.has(peer)) this.#step({ kind: 'gone', peer })
    for (const peer of now) if (!this.#state.candidates.has(peer)) this.#step({ kind: 'candidate', peer })
  }

  #readLinks(): void {
    const now = this.#options.linked()
    for (const peer of [...this.#state.linked]) if (!now.has(peer)) this.#step({ kind: 'unlinked', peer })
    for (const peer of now) if (!this.#state.linked.has(peer)) this.#step({ kind: 'linked', peer })
  }

  #step(told: Told): void {
    if (this.#isClosed) return
    const { clock, drop } = this.#options
    const nowMs = clock.monotonicMs()
    for (const effect of step(this.#state, { ...told, nowMs }, this.#options)) {
      if (effect.kind === 'dial') this.#dial(effect.peer)
      else if (effect.kind === 'drop') drop(effect.peer)
      else clock.after(effect.atMs - nowMs, () => this.#review())
    }
  }

  #dial(peer: PeerId): void {
    this.#options
      .dial(peer)
      .then(() => {
        // The link may have opened and ended meanwhile; either way this dial is over.
        this.#state.dialling.delete(peer)
        this.#state.resting.delete(peer)
      })
      .catch(() => this.#step({ kind: 'dial-failed', peer }))
      .finally(() => this.changed())
  }
}
