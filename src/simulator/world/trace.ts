/** What happened, as one number that two equal runs share, and as lines for a viewer if somebody watches. */
import { scramble, textHash } from './random.ts'

/** One line of a trace file. */
export interface TraceEvent {
  readonly timeUs: number
  /** deliver, drop, timer, disk, start, stop, pause, resume, fault, or a protocol's own word. */
  readonly kind: string
  readonly node: string
  /** The other end of a message. */
  readonly peer?: string
  readonly detail?: unknown
}

export class Trace {
  /** Two hashes of 32 bits, mixed differently; together they tell runs apart. Signed, because such numbers stay in registers. */
  #low = 0x1e3779b9
  #high = 0x7f4a7c15
  readonly #words = new Map<string, number>()
  readonly #watch: ((event: TraceEvent) => void) | undefined

  constructor(watch?: (event: TraceEvent) => void) {
    this.#watch = watch
  }

  /** Mixes a number into the hash. */
  mix(value: number): void {
    const bits = value | 0
    this.#mixBits(bits)
    if (bits !== value) this.#mixBits(Math.trunc(value / 2 ** 32))
  }

  #mixBits(bits: number): void {
    const low = Math.imul(this.#low ^ bits, 0x85ebca6b)
    this.#low = low ^ (low >>> 15)
    this.#high = Math.imul(this.#high ^ bits ^ (low >>> 9), 0x01000193)
  }

  note(timeUs: number, kind: string, node: string, peer?: string, detail?: unknown): void {
    this.mix(timeUs)
    this.mix(this.#word(kind))
    this.mix(this.#word(node))
    if (peer !== undefined) this.mix(this.#word(peer))
    if (!this.#watch) return
    this.#watch({ timeUs, kind, node, ...(peer !== undefined && { peer }), ...(detail !== undefined && { detail }) })
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return [this.#high, this.#low].map(half => scramble(half).toString(16).padStart(8, '0')).join('')
  }

  #word(text: string): number {
    let word = this.#words.get(text)
    if (word === undefined) {
      word = textHash(text)
      this.#words.set(text, word)
    }
    return word
  }
}
