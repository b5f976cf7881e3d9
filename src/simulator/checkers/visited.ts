/** The configurations a search has been in: which operations it has placed, and the state they led to. Exact, never probabilistic. */
import type { ModelState } from './models.ts'

interface Configuration {
  readonly placed: Uint32Array
  readonly state: number
}

export class Visited {
  readonly #placed: Uint32Array
  /** Zobrist hash of the placed operations: one XOR per change finds the bucket; the bits themselves decide. */
  #hash = 0
  readonly #buckets = new Map<number, Configuration[]>()
  /** Each state seen, numbered, so that a long one is compared once. */
  readonly #states = new Map<ModelState, number>()

  constructor(operations: number) {
    this.#placed = new Uint32Array(Math.ceil(operations / 32))
  }

  /** Places `operation`; false, and nothing changes, if the search has been in that configuration before. */
  enter(operation: number, state: ModelState): boolean {
    this.#flip(operation)
    const number = this.#numberOf(state)
    // Many orders of the same operations end in different states: without the state here they would share a bucket.
    const hash = this.#hash ^ scatter(~number)
    const bucket = this.#buckets.get(hash)
    if (bucket?.some(known => known.state === number && this.#isHere(known.placed))) {
      this.#flip(operation)
      return false
    }
    const configuration = { placed: this.#placed.slice(), state: number }
    if (bucket) bucket.push(configuration)
    else this.#buckets.set(hash, [configuration])
    return true
  }

  leave(operation: number): void {
    this.#flip(operation)
  }

  #numberOf(state: ModelState): number {
    const known = this.#states.get(state)
    if (known !== undefined) return known
    this.#states.set(state, this.#states.size)
    return this.#states.size - 1
  }

  #flip(operation: number): void {
    const word = operation >>> 5
    this.#placed[word] = (this.#placed[word] as number) ^ (1 << (operation & 31))
    this.#hash ^= scatter(operation)
  }

  #isHere(placed: Uint32Array): boolean {
    for (let word = 0; word < placed.length; word++) {
      if (placed[word] !== this.#placed[word]) return false
    }
    return true
  }
}

/** A 32-bit number for each operation, spread as by chance (the finalizer of MurmurHash3). */
function scatter(operation: number): number {
  let bits = Math.imul(operation + 1, 0x9e3779b1)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
