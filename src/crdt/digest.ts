/** A short name for some bytes: 64 bits, fast and synchronous. Tells states apart by chance, not against forgers: members are trusted. */

/** 16 hex digits: two multiply-and-rotate lanes over 32-bit words (MurmurHash3's constants), mixed at the end. */
export function digestOf(bytes: Uint8Array): string {
  let low = 0x9747b28c ^ bytes.length
  let high = 0x3c6ef372
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length & ~3
  for (let at = 0; at < whole; at += 4) {
    const word = view.getUint32(at, true)
    low = mix(low, word, 0xcc9e2d51)
    high = mix(high, word ^ low, 0x85ebca6b)
  }
  for (let at = whole; at < bytes.length; at++) {
    low = mix(low, bytes[at] ?? 0, 0x1b873593)
    high = mix(high, low, 0xc2b2ae35)
  }
  return hex(finish(low ^ high)) + hex(finish(high + Math.imul(low, 5)))
}

function mix(lane: number, word: number, factor: number): number {
  const turned = Math.imul(word, factor)
  const mixed = lane ^ ((turned << 15) | (turned >>> 17))
  return Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0x52dce729
}

/** Every bit depends on every bit (the finalizer of MurmurHash3). */
function finish(bits: number): number {
  const first = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return (second ^ (second >>> 16)) >>> 0
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0')
}

/** A short name for a set of texts, whatever their order, kept current as they come and go. */
export class DigestSum {
  #low = 0
  #high = 0

  add(text: string): void {
    this.#change(text, 1)
  }

  remove(text: string): void {
    this.#change(text, -1)
  }

  get text(): string {
    return hex(this.#high) + hex(this.#low)
  }

  #change(text: string, sign: 1 | -1): void {
    const digest = digestOf(encoder.encode(text))
    this.#high = (this.#high + sign * Number.parseInt(digest.slice(0, 8), 16)) >>> 0
    this.#low = (this.#low + sign * Number.parseInt(digest.slice(8), 16)) >>> 0
  }
}

const encoder = new TextEncoder()
