/** Performs what the overlay plans: dials with backoff, lets links go, and looks again when anything changed. */
import type { Clock } from '../../base/clock.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import { dialBackoffMaxMs, dialBackoffMinMs, linksMax } from '../limits.ts'
import { planLinks } from './step.ts'

/** How often the plan is looked at when nothing happened, and how long changes gather before it is. */
const reviewIntervalMs = 1_000
const gatherMs = 5
/** Links above the target stay this long, so that a joining crowd does not flap. */
const dropDelayMs = 2_000
/** While there is no link yet, another dial begins each time this has passed without one, ms. */
const firstDialsApartMs = 250
/** How long a newcomer is left to dial for itself, ms. */
const newcomerGraceMs = 1_500
/** Relayed messages to one peer, within a review interval, after which it is dialled. */
const relaysBeforeDial = 5

export interface OverlayDriverOptions {
  readonly self: PeerId
  readonly clock: Clock
  readonly random: Random
  readonly candidates: () => ReadonlySet<PeerId>
  readonly linked: () => ReadonlySet<PeerId>
  /** Peers with whom a link is being made, whoever began. */
  readonly engaged: () => ReadonlySet<PeerId>
  readonly degreeOf: (peer: PeerId) => number
  readonly dial: (peer: PeerId) => Promise<void>
  readonly drop: (peer: PeerId) => void
}

export class OverlayDriver {
  readonly #options: OverlayDriverOptions
  readonly #dialling = new Set<PeerId>()
  readonly #resting = new Map<PeerId, { failures: number; untilMs: number }>()
  readonly #stop: () => void
  /** Messages relayed to each peer since the last review. */
  readonly #relays = new Map<PeerId, number>()
  #isScheduled = false
  /** When the first dial began since there was a link; undefined while there is one. */
  #firstDialMs: number | undefined
  #lastChangeMs: number
  #isClosed = false

  constructor(options: OverlayDriverOptions) {
    this.#options = options
    this.#lastChangeMs = options.clock.monotonicMs()
    this.#stop = options.clock.every(reviewIntervalMs, () => this.#review())
  }

  get dialling(): number {
    return this.#dialling.size
  }

  /** A newcomer dials whom it chooses; until it has had the time, we do not dial it too. */
  newcomer(peer: PeerId): void {
    const untilMs = this.#options.clock.monotonicMs() + newcomerGraceMs
    if (!this.#resting.has(peer)) this.#resting.set(peer, { failures: 0, untilMs })
  }

  /** Somebody came, went, or a link changed. */
  changed(): void {
    this.#lastChangeMs = this.#options.clock.monotonicMs()
    if (this.#isScheduled) return
    this.#isScheduled = true
    const waitMs = this.#options.linked().size === 0 && this.#dialling.size === 0 ? 0 : gatherMs
    this.#options.clock.after(waitMs, () => {
      this.#isScheduled = false
      this.#review()
    })
  }

  /** A message to this peer was relayed; when they go on, a direct link pays (DESIGN, section 5). */
  relayed(peer: PeerId): void {
    const times = (this.#relays.get(peer) ?? 0) + 1
    this.#relays.set(peer, times)
    const { linked } = this.#options
    const isFree = !linked().has(peer) && !this.#dialling.has(peer) && !this.#rest(peer)
    if (times > relaysBeforeDial && isFree && linked().size < linksMax && !this.#isClosed) this.#dial(peer)
  }

  /** A link opened: whatever failed before is forgotten. */
  succeeded(peer: PeerId): void {
    this.#resting.delete(peer)
  }

  /** What kept links from being made is over: whoever failed is tried again now. */
  healed(): void {
    this.#resting.clear()
    this.changed()
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  #review(): void {
    if (this.#isClosed) return
    this.#relays.clear()
    const { self, candidates, linked, engaged, degreeOf, random, drop, clock } = this.#options
    const known = candidates()
    for (const peer of this.#resting.keys()) if (!known.has(peer)) this.#resting.delete(peer)
    const resting = new Set([...this.#resting.keys()].filter(peer => this.#rest(peer)))
    const now = linked()
    const dialling = new Set([...this.#dialling, ...engaged()].filter(peer => !now.has(peer)))
    const firstDials = 1 + Math.floor(this.#lonelyMs(now.size) / firstDialsApartMs)
    const view = { self, candidates: known, linked: now, dialling, resting, degreeOf, firstDials }
    const plan = planLinks(view, random)
    if (now.size === 0 && plan.dial.length > 0) {
      this.#firstDialMs ??= clock.monotonicMs()
      clock.after(firstDialsApartMs, () => this.#review())
    }
    for (const peer of plan.dial) this.#dial(peer)
    if (plan.drop && clock.monotonicMs() - this.#lastChangeMs > dropDelayMs) drop(plan.drop)
  }

  /** For how long we have been dialling without a link, ms. */
  #lonelyMs(links: number): number {
    if (links > 0) this.#firstDialMs = undefined
    return this.#firstDialMs === undefined ? 0 : this.#options.clock.monotonicMs() - this.#firstDialMs
  }

  #rest(peer: PeerId): boolean {
    return (this.#resting.get(peer)?.untilMs ?? 0) > this.#options.clock.monotonicMs()
  }

  #dial(peer: PeerId): void {
    this.#dialling.add(peer)
    this.#options
      .dial(peer)
      .then(() => this.#resting.delete(peer))
      .catch(() => {
        const failures = (this.#resting.get(peer)?.failures ?? 0) + 1
        const waitMs = Math.min(dialBackoffMaxMs, dialBackoffMinMs * 2 ** (failures - 1))
        const untilMs = this.#options.clock.monotonicMs() + waitMs * (0.5 + this.#options.random.next())
        this.#resting.set(peer, { failures, untilMs })
      })
      .finally(() => {
        this.#dialling.delete(peer)
        this.changed()
      })
  }
}
