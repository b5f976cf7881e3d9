/**
 * The world's only source of chance: sfc32 (Chris Doty-Humphrey's PractRand), 128 bits of state, seeded by name. Each user has
 * a stream of its own, so that a message more here does not change what is drawn there.
 */
import type { Random } from '../../base/random.ts'

export class Sfc32 implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1
  readonly #seed: number
  readonly #stream: string

  constructor(seed: number, stream: string) {
    this.#seed = seed
    this.#stream = stream
    this.#a = seed >>> 0
    this.#b = Math.floor(seed / 2 ** 32) >>> 0
    this.#c = textHash(stream)
    for (let warmUp = 0; warmUp < 12; warmUp++) this.bits()
  }

  /** An independent stream of the same seed. */
  fork(name: string): Sfc32 {
    return new Sfc32(this.#seed, `${this.#stream}/${name}`)
  }

  /** 32 random bits, as an unsigned number. */
  bits(): number {
    const result = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result
    return result >>> 0
  }

  next(): number {
    return this.bits() / 2 ** 32
  }
}

export function chance(random: Random, rate: number): boolean {
  return rate > 0 && random.next() < rate
}

/** Uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + random.next() * (high - low)
}

/** Every order of magnitude between `low` and `high` is as likely as any other. */
export function logBetween(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.next()
}

/** Exponentially distributed with this mean: gaps between events that come at a constant rate. */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random.next()) * mean
}

/** One of the items; undefined if there is none. */
export function oneOf<T>(random: Random, items: readonly T[]): T | undefined {
  return items[Math.floor(random.next() * items.length)]
}

/** FNV-1a with a final avalanche, 32 bits. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return scramble(hash)
}

/** Every bit of the result depends on every bit of the input (the finalizer of MurmurHash3). */
export function scramble(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
