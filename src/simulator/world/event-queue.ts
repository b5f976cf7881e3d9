/** What will happen, soonest first; what was scheduled first goes first among equals, so that no order is left to chance. */

interface Scheduled<Event> {
  readonly atUs: number
  readonly order: number
  readonly event: Event
}

export class EventQueue<Event> {
  /** A binary heap: the children of place p are at 2p + 1 and 2p + 2. */
  readonly #heap: Scheduled<Event>[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the next event is due; infinite if there is none. */
  get nextAtUs(): number {
    return this.#heap[0]?.atUs ?? Number.POSITIVE_INFINITY
  }

  push(atUs: number, event: Event): void {
    const item = { atUs, order: this.#order++, event }
    let place = this.#heap.length
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = this.#heap[parent] as Scheduled<Event>
      if (isBefore(above, item)) break
      this.#heap[place] = above
      place = parent
    }
    this.#heap[place] = item
  }

  pop(): Event | undefined {
    const top = this.#heap[0]
    const last = this.#heap.pop()
    if (!top || !last) return undefined
    if (this.#heap.length > 0) this.#sink(last)
    return top.event
  }

  #sink(item: Scheduled<Event>): void {
    const size = this.#heap.length
    let place = 0
    while (true) {
      let child = 2 * place + 1
      if (child >= size) break
      const left = this.#heap[child] as Scheduled<Event>
      const right = this.#heap[child + 1]
      if (right && isBefore(right, left)) child++
      const below = this.#heap[child] as Scheduled<Event>
      if (isBefore(item, below)) break
      this.#heap[place] = below
      place = child
    }
    this.#heap[place] = item
  }
}

function isBefore(one: Scheduled<unknown>, other: Scheduled<unknown>): boolean {
  return one.atUs < other.atUs || (one.atUs === other.atUs && one.order < other.order)
}
