/**
 * What will happen, soonest first; what was scheduled first goes first among equals, so that no order is left to chance.
 *
 * A heap with four children to a parent, whose times and orders lie side by side in typed arrays: a thousand peers keep tens of thousands of
 * events waiting, and what costs is memory that is not near.
 */

const children = 4

export class EventQueue<Event> {
  /** The children of place p are at 4p + 1 to 4p + 4. */
  #times = new Float64Array(1_024)
  #orders = new Float64Array(1_024)
  readonly #events: (Event | undefined)[] = []
  #order = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** When the next event is due; infinite if there is none. */
  get nextAtUs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number)
  }

  push(atUs: number, event: Event): void {
    if (this.#size === this.#times.length) this.#grow()
    const times = this.#times
    let place = this.#size++
    while (place > 0) {
      const parent = ((place - 1) / children) | 0
      // Whatever waits already was scheduled before this, and goes first among equals.
      if ((times[parent] as number) <= atUs) break
      this.#move(parent, place)
      place = parent
    }
    this.#put(place, atUs, this.#order++, event)
  }

  pop(): Event | undefined {
    if (this.#size === 0) return undefined
    const top = this.#events[0]
    const last = --this.#size
    const event = this.#events[last]
    this.#events[last] = undefined // or it would be kept until another takes its place
    if (last > 0) this.#sink(this.#times[last] as number, this.#orders[last] as number, event)
    return top
  }

  #sink(atUs: number, order: number, event: Event | undefined): void {
    const times = this.#times
    const size = this.#size
    let place = 0
    for (;;) {
      const first = children * place + 1
      if (first >= size) break
      let least = first
      const end = Math.min(first + children, size)
      for (let child = first + 1; child < end; child++) if (this.#isBefore(child, least)) least = child
      const leastUs = times[least] as number
      if (atUs < leastUs || (atUs === leastUs && order < (this.#orders[least] as number))) break
      this.#move(least, place)
      place = least
    }
    this.#put(place, atUs, order, event)
  }

  #isBefore(one: number, other: number): boolean {
    const first = this.#times[one] as number
    const second = this.#times[other] as number
    return first < second || (first === second && (this.#orders[one] as number) < (this.#orders[other] as number))
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number
    this.#orders[to] = this.#orders[from] as number
    this.#events[to] = this.#events[from]
  }

  #put(place: number, atUs: number, order: number, event: Event | undefined): void {
    this.#times[place] = atUs
    this.#orders[place] = order
    this.#events[place] = event
  }

  #grow(): void {
    const [times, orders] = [new Float64Array(2 * this.#size), new Float64Array(2 * this.#size)]
    times.set(this.#times)
    orders.set(this.#orders)
    this.#times = times
    this.#orders = orders
  }
}
