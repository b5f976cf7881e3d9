/** Appends sent and not acknowledged: a ring of (last index, bytes), bounded by count and by bytes. */
export class Inflights {
  readonly #indices: number[] = []
  readonly #bytes: number[] = []
  #first = 0
  #bytesTotal = 0

  get count(): number {
    return this.#indices.length - this.#first
  }

  isFull(messagesMax: number, bytesMax: number): boolean {
    return this.count >= messagesMax || (this.count > 0 && this.#bytesTotal >= bytesMax)
  }

  add(lastIndex: number, bytes: number): void {
    this.#indices.push(lastIndex)
    this.#bytes.push(bytes)
    this.#bytesTotal += bytes
  }

  /** What ends at or below `index` has arrived. */
  freeTo(index: number): void {
    while (this.#first < this.#indices.length && (this.#indices[this.#first] as number) <= index)
      this.#bytesTotal -= this.#bytes[this.#first++] as number
    if (this.#first === this.#indices.length) this.clear()
    else if (this.#first >= COMPACT_AFTER) this.#compact()
  }

  clear(): void {
    this.#indices.length = 0
    this.#bytes.length = 0
    this.#first = 0
    this.#bytesTotal = 0
  }

  #compact(): void {
    this.#indices.splice(0, this.#first)
    this.#bytes.splice(0, this.#first)
    this.#first = 0
  }
}

/** Freed places kept before they are cut off, so that freeing one costs no copy. */
const COMPACT_AFTER = 128
