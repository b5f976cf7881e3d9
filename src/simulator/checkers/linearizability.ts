/**
 * Is there an order of all operations, each at one instant between its call and its end, that a single store could have
 * produced? Wing and Gong's search (1993) with Lowe's memory of visited configurations (2017); one key at a time, because a
 * history is linearizable exactly when each of its keys is (Herlihy and Wing 1990, locality).
 *
 * An operation that nobody heard the end of has no end: the search may place it anywhere after its call, or leave it out.
 */
import type { Operation } from './history.ts'
import { checkStepsMax } from './limits.ts'
import { illegal, type Model, type ModelState } from './models.ts'
import { Visited } from './visited.ts'

export type Verdict =
  | { readonly kind: 'linearizable' }
  | { readonly kind: 'undecided'; readonly key: string }
  | {
      readonly kind: 'not-linearizable'
      readonly key: string
      /** The longest order the search could build, and the operation that no continuation of it explains. */
      readonly order: readonly Operation[]
      readonly unexplained: Operation
    }

export function checkLinearizable(
  model: Model,
  operations: readonly Operation[],
  stepsMax: number = checkStepsMax,
): Verdict {
  const byKey = new Map<string, Operation[]>()
  for (const operation of operations) {
    const list = byKey.get(operation.key)
    if (list) list.push(operation)
    else byKey.set(operation.key, [operation])
  }
  // One violation settles it, and some keys are far easier than others: search all of them a little before any of them long.
  let open = [...byKey]
  for (const steps of [stepsMax / 1_000, stepsMax / 30, stepsMax]) {
    const left: typeof open = []
    for (const [key, list] of open) {
      const verdict = checkKey(model, key, list, steps)
      if (verdict.kind === 'not-linearizable') return verdict
      if (verdict.kind === 'undecided') left.push([key, list])
    }
    open = left
  }
  const undecided = open[0]
  return undecided ? { kind: 'undecided', key: undecided[0] } : { kind: 'linearizable' }
}

/** A choice made on the way, to be taken back. */
interface Choice {
  readonly operation: number
  readonly before: ModelState
}

function checkKey(model: Model, key: string, operations: readonly Operation[], stepsMax: number): Verdict {
  const timeline = new Timeline(operations)
  const visited = new Visited(operations.length)
  const choices: Choice[] = []
  let state = model.initial
  let entry = timeline.first()
  let steps = 0
  let longest: readonly number[] = []
  let unexplained = 0

  // When no end is left in the timeline, whatever calls remain were never answered, and may be left out.
  while (timeline.endsLeft > 0) {
    if (++steps > stepsMax) return { kind: 'undecided', key }
    const index = timeline.operationAt(entry)
    if (timeline.isCall(entry)) {
      const next = model.apply(state, at(operations, index))
      if (next !== illegal && visited.enter(index, next)) {
        choices.push({ operation: index, before: state })
        state = next
        timeline.lift(index)
        entry = timeline.first()
      } else {
        entry = timeline.after(entry)
      }
      continue
    }
    // This operation has ended and was not placed: some earlier choice was wrong.
    if (choices.length > longest.length || longest.length === 0) {
      longest = choices.map(choice => choice.operation)
      unexplained = index
    }
    const choice = choices.pop()
    if (!choice) {
      const order = longest.map(place => at(operations, place))
      return { kind: 'not-linearizable', key, order, unexplained: at(operations, unexplained) }
    }
    state = choice.before
    visited.leave(choice.operation)
    timeline.unlift(choice.operation)
    entry = timeline.after(timeline.callOf(choice.operation))
  }
  return { kind: 'linearizable' }
}

/** The calls and ends not yet explained, in order, as a list from which an operation is taken and put back in O(1). */
class Timeline {
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

function at(operations: readonly Operation[], index: number): Operation {
  return operations[index] as Operation
}
