/**
 * Which orders of each author were heard, and which are healed, however they come: late, twice, by another way, before or after the heal.
 *
 * Invariants:
 * 1. A number of an author's session is new once.
 * 2. A heal of everything covers what its author ordered before it, and what that author had heard of others (`seen`): such an order does
 *    not begin any more, wherever and whenever it arrives. So a heal that is given after an order was confirmed wins everywhere.
 * 3. A heal of one fault covers that fault's id, whoever ordered it.
 */
import { dropOldest } from '../../base/drop-oldest.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import { membersMax, ordersSeenMax } from '../limits.ts'

/** Of one author, orders so much older than its newest are void. */
const recentOrders = 64

/** The newest order that was heard of an author. */
export type Seen = readonly [author: PeerId, session: SessionId, number: number]

interface Heard {
  readonly session: SessionId
  highest: number
  readonly numbers: Set<number>
  /** Begun with this number or a lower one, a fault is healed already. */
  healed: number
}

export class OrderLog {
  /** By author; whoever was heard last is last. */
  readonly #heard = new Map<PeerId, Heard>()
  /** Faults that were healed by their ids, the oldest first. */
  readonly #healedIds = new Set<string>()

  /** False where this order was heard already, or is far behind the author's newest. */
  hear(by: PeerId, session: SessionId, number: number): boolean {
    const heard = this.#of(by, session)
    if (heard.numbers.has(number) || number <= heard.highest - recentOrders) return false
    heard.numbers.add(number)
    heard.highest = Math.max(heard.highest, number)
    for (const old of heard.numbers) if (old <= heard.highest - recentOrders) heard.numbers.delete(old)
    return true
  }

  /** What a heal given now covers of others; the most recent authors, the latest last. */
  get seen(): Seen[] {
    const seen: Seen[] = []
    for (const [author, { session, highest }] of this.#heard) if (highest > 0) seen.push([author, session, highest])
    return seen.slice(-ordersSeenMax)
  }

  /** Everything that `by` ordered before `number`, and those orders of others. */
  healAll(by: PeerId, session: SessionId, number: number, seen: readonly Seen[]): void {
    for (const [author, theirs, newest] of [...seen, [by, session, number] as const]) {
      const heard = this.#of(author, theirs)
      // Nobody voids another's orders for ever by naming a number that is far ahead.
      heard.healed = Math.max(heard.healed, Math.min(newest, heard.highest + recentOrders))
    }
  }

  healOne(id: string): void {
    this.#healedIds.delete(id)
    this.#healedIds.add(id)
    dropOldest(this.#healedIds, ordersSeenMax)
  }

  isHealed(by: PeerId, session: SessionId, number: number, id: string): boolean {
    const heard = this.#heard.get(by)
    return this.#healedIds.has(id) || (heard?.session === session && number <= heard.healed)
  }

  /** Another session of an author begins anew. */
  #of(author: PeerId, session: SessionId): Heard {
    const known = this.#heard.get(author)
    const heard = known?.session === session ? known : { session, highest: 0, numbers: new Set<number>(), healed: 0 }
    this.#heard.delete(author)
    this.#heard.set(author, heard)
    dropOldest(this.#heard, membersMax)
    return heard
  }
}
