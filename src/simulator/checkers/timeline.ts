/** The calls and ends not yet explained, in order, as a list from which an operation is taken and put back in O(1). */
import type { Operation } from './history.ts'

export class Timeline {
  endsLeft = 0
  readonly #operation: Int32Array
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #callOf: Int32Array
  readonly #endOf: Int32Array

  constructor(operations: readonly Operation[]) {
    const points: { readonly position: number; readonly operation: number; readonly isEnd: boolean }[] = []
    operations.forEach(({ calledAt, returnedAt }, operation) => {
      points.push({ position: calledAt, operation, isEnd: false })
      if (returnedAt !== undefined) points.push({ position: returnedAt, operation, isEnd: true })
    })
    points.sort((one, other) => one.position - other.position)
    const size = points.length + 2 // entry 0 is the head, the last one the tail
    this.#operation = new Int32Array(size)
    this.#next = Int32Array.from({ length: size }, (_, entry) => entry + 1)
    this.#previous = Int32Array.from({ length: size }, (_, entry) => entry - 1)
    this.#callOf = new Int32Array(operations.length)
    this.#endOf = new Int32Array(operations.length)
    points.forEach(({ operation, isEnd }, place) => {
      const entry = place + 1
      this.#operation[entry] = operation
      if (isEnd) this.endsLeft++
      ;(isEnd ? this.#endOf : this.#callOf)[operation] = entry
    })
  }

  first(): number {
    return this.after(0)
  }

  after(entry: number): number {
    return this.#next[entry] as number
  }

  operationAt(entry: number): number {
    return this.#operation[entry] as number
  }

  callOf(operation: number): number {
    return this.#callOf[operation] as number
  }

  isCall(entry: number): boolean {
    return this.callOf(this.operationAt(entry)) === entry
  }

  lift(operation: number): void {
    this.#unlink(this.callOf(operation))
    const end = this.#endOf[operation] as number
    if (end === 0) return
    this.#unlink(end)
    this.endsLeft--
  }

  /** Puts back what was lifted last; undoing in reverse order finds the neighbours as they were. */
  unlift(operation: number): void {
    const end = this.#endOf[operation] as number
    if (end !== 0) {
      this.#relink(end)
      this.endsLeft++
    }
    this.#relink(this.callOf(operation))
  }

  #unlink(entry: number): void {
    const previous = this.#previous[entry] as number
    const next = this.#next[entry] as number
    this.#next[previous] = next
    this.#previous[next] = previous
  }

  #relink(entry: number): void {
    this.#next[this.#previous[entry] as number] = entry
    this.#previous[this.#next[entry] as number] = entry
  }
}
