/** Which records still hold something that counts, so that those which do not are deleted with the next write. */
import type { BatchRecord } from './record.ts'

interface Live {
  readonly number: number
  readonly first: number
  last: number
}

export class LiveRecords {
  #live: Live[] = []
  #next = 1

  /** Takes over what was found on disk, in order. */
  static of(records: readonly (readonly [number: number, record: BatchRecord])[]): LiveRecords {
    const live = new LiveRecords()
    for (const [number, record] of records) live.#take(number, record)
    return live
  }

  get next(): number {
    return this.#next
  }

  /** A record is about to be written under `next`. Returns the numbers of those that it makes void. */
  add(record: BatchRecord): number[] {
    return this.#take(this.#next, record)
  }

  #take(number: number, { keepFrom, keepTo, entries }: BatchRecord): number[] {
    const void_: number[] = []
    this.#live = this.#live.filter(one => {
      one.last = Math.min(one.last, keepTo)
      if (one.last >= one.first && one.last >= keepFrom) return true
      void_.push(one.number)
      return false
    })
    const first = entries[0]?.index ?? 1
    this.#live.push({ number, first, last: first + entries.length - 1 })
    this.#next = number + 1
    return void_
  }
}
