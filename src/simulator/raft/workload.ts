/** What all clients share: how many operations are left, which values were used, and the history of what was asked and told. */

import type { Json } from '../../base/json.ts'
import { integerBelow } from '../../base/random.ts'
import type { HistoryEvent } from '../checkers/history.ts'
import { chance, type Sfc32 } from '../world/random.ts'
import type { Temper } from './options.ts'

export type Asked = Pick<HistoryEvent, 'f' | 'key' | 'value'>

export class Workload {
  readonly history: HistoryEvent[] = []
  readonly counts = { ok: 0, fail: 0, info: 0 }
  /** Operations that have begun and not ended. */
  open = 0
  /** Operations that may still begin; the rest is kept for the calm after the storm. */
  left: number
  readonly #keys: number
  readonly #temper: Temper
  readonly #nowUs: () => number
  /** Last value that some client saw, so that a cas has a chance to succeed. */
  readonly #seen = new Map<string, Json>()
  #value = 0
  #lastNs = -1

  constructor(ops: number, keys: number, temper: Temper, nowUs: () => number) {
    this.left = ops
    this.#keys = keys
    this.#temper = temper
    this.#nowUs = nowUs
  }

  /** The next operation, or none. Each write has a value of its own: a read then says which write it saw. */
  draw(random: Sfc32): Asked | undefined {
    if (this.left === 0) return undefined
    this.left--
    const key = `k${1 + integerBelow(random, this.#keys)}`
    if (chance(random, this.#temper.readRate)) return { f: 'read', key, value: null }
    const value = ++this.#value
    if (!chance(random, this.#temper.casRate)) return { f: 'write', key, value }
    const seen = this.#seen.get(key) ?? null
    const expected = chance(random, 0.8) || value === 1 ? seen : 1 + integerBelow(random, value - 1)
    return { f: 'cas', key, value: [expected, value] }
  }

  note(process: number, type: HistoryEvent['type'], { f, key, value }: Asked): void {
    // Nanoseconds, so that what happens in one microsecond still has an order that a reader of the file can see.
    const time = Math.max(this.#nowUs() * 1_000, this.#lastNs + 1)
    this.#lastNs = time
    this.history.push({ process, type, f, key, value, time })
    this.open += type === 'invoke' ? 1 : -1
    if (type === 'invoke') return
    this.counts[type]++
    if (type === 'ok') this.#seen.set(key, f === 'cas' ? ((value as readonly Json[])[1] ?? null) : value)
  }
}
