/** So many at a time; the others wait in line. */
export class Slots {
  readonly #count: number
  readonly #onChange: (busy: number) => void
  readonly #waiting: (() => void)[] = []
  #busy = 0

  constructor(count: number, onChange: (busy: number) => void) {
    this.#count = count
    this.#onChange = onChange
  }

  get busy(): number {
    return this.#busy
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy >= this.#count) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#change(1)
    try {
      return await work()
    } finally {
      // The slot passes straight to the next in line.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#change(-1)
    }
  }

  #change(by: number): void {
    this.#busy += by
    this.#onChange(this.#busy)
  }
}
