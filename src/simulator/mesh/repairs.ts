/**
 * How long links that died are missed. A repair begins when a peer that had enough links (`linksLow`, or all others of a smaller room) has
 * fewer, because a link of its own ended, and is over when it has enough again and keeps them for `standsMs`: a link that its other end
 * refuses repairs nothing. Whoever leaves, freezes, or is cut off before that counts with the time that it waited, where that is longer than
 * what is usual, so that none is left out for having taken too long.
 */
import type { PeerId } from '../../base/ids.ts'
import { linksLow } from '../../mesh/limits.ts'
import { ms } from '../world/time.ts'

/** A link that ends sooner was refused, ms. */
const standsMs = 100
/** A repair that was broken off counts from here, ms: one round. */
const usualMs = 1_000

interface Repair {
  readonly sinceUs: number
  /** When it had enough again; undefined while it has not. */
  mendedUs: number | undefined
}

export class Repairs {
  readonly #ms: number[] = []
  readonly #open = new Map<PeerId, Repair>()
  /** Peers that had enough links at some time of this session. */
  readonly #whole = new Set<PeerId>()

  /** The links of a peer changed. */
  links(peer: PeerId, count: number, others: number, nowUs: number): void {
    const repair = this.#open.get(peer)
    if (count >= Math.min(linksLow, others)) {
      this.#whole.add(peer)
      if (repair) repair.mendedUs ??= nowUs
      return
    }
    if (!this.#whole.has(peer)) return // it has never had enough: it is joining
    if (repair?.mendedUs !== undefined && nowUs - repair.mendedUs >= standsMs * ms) this.#close(peer, repair, nowUs)
    else if (repair) repair.mendedUs = undefined
    if (!this.#open.has(peer)) this.#open.set(peer, { sinceUs: nowUs, mendedUs: undefined })
  }

  /** It leaves, or freezes: what it needs now is another matter. */
  gone(peer: PeerId, nowUs: number): void {
    const repair = this.#open.get(peer)
    if (repair) this.#close(peer, repair, nowUs)
    this.#whole.delete(peer)
  }

  /** The network is cut: what is missed from now on is not for lack of repair. */
  cut(nowUs: number): void {
    for (const [peer, repair] of [...this.#open]) this.#close(peer, repair, nowUs)
  }

  /** All that there were, those still open included, ms. */
  until(nowUs: number): readonly number[] {
    this.cut(nowUs)
    return this.#ms
  }

  #close(peer: PeerId, { sinceUs, mendedUs }: Repair, nowUs: number): void {
    this.#open.delete(peer)
    const tookMs = ((mendedUs ?? nowUs) - sinceUs) / ms
    if (mendedUs !== undefined || tookMs > usualMs) this.#ms.push(tookMs)
  }
}
