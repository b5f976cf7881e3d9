/**
 * Which changes a replica has seen: a dot is one change, `replica` and its number there; the context is all dots ever seen, those of things
 * deleted since included. What is in a context but not in the store was deleted: so nothing deleted comes back, however long somebody slept,
 * and no tombstone has to be kept or collected (Bieniusa et al., "An optimized conflict-free replicated set", 2012).
 */

export interface Dot {
  /** A session: a cloned tab or store never shares one, so no dot ever means two things. */
  readonly replica: string
  /** 1, 2, 3, ... */
  readonly number: number
}

export type Dots = { readonly [replica: string]: readonly number[] }

export interface ContextWords {
  /** Up to this number all of that replica's dots are seen. */
  readonly vector: { readonly [replica: string]: number }
  /** Those seen beyond. */
  readonly beyond: Dots
}

export function dotKey({ replica, number }: Dot): string {
  return `${number}@${replica}`
}

export class Context {
  readonly #vector = new Map<string, number>()
  readonly #beyond = new Map<string, Set<number>>()
  /** Grows whenever something new is seen. */
  revision = 0

  has({ replica, number }: Dot): boolean {
    return number <= (this.#vector.get(replica) ?? 0) || (this.#beyond.get(replica)?.has(number) ?? false)
  }

  /** The next dot of that replica, which has seen all of its own. */
  next(replica: string): Dot {
    return { replica, number: (this.#vector.get(replica) ?? 0) + 1 }
  }

  add({ replica, number }: Dot): void {
    if (this.has({ replica, number })) return
    this.revision++
    const beyond = this.#beyond.get(replica) ?? new Set()
    beyond.add(number)
    this.#beyond.set(replica, beyond)
    this.#close(replica, beyond)
  }

  addAll({ vector, beyond }: ContextWords): void {
    for (const [replica, number] of Object.entries(vector)) {
      if (number <= (this.#vector.get(replica) ?? 0)) continue
      this.revision++
      this.#vector.set(replica, number)
      const held = this.#beyond.get(replica)
      for (const one of held ?? []) if (one <= number) held?.delete(one)
      if (held) this.#close(replica, held)
    }
    for (const [replica, numbers] of Object.entries(beyond)) for (const number of numbers) this.add({ replica, number })
  }

  /** Sorted, so that equal contexts are equal text. */
  words(): ContextWords {
    const beyond = [...this.#beyond]
      .sort(byName)
      .map(([replica, numbers]) => [replica, [...numbers].sort((a, b) => a - b)])
    return { vector: Object.fromEntries([...this.#vector].sort(byName)), beyond: Object.fromEntries(beyond) }
  }

  /** What follows without a gap belongs to the vector. */
  #close(replica: string, beyond: Set<number>): void {
    let reached = this.#vector.get(replica) ?? 0
    while (beyond.delete(reached + 1)) reached++
    if (reached > 0) this.#vector.set(replica, reached)
    if (beyond.size === 0) this.#beyond.delete(replica)
  }
}

export function isIn({ vector, beyond }: ContextWords, { replica, number }: Dot): boolean {
  return number <= (vector[replica] ?? 0) || (beyond[replica]?.includes(number) ?? false)
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : one > other ? 1 : 0
}
