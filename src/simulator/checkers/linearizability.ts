/**
 * Is there an order of all operations, each at one instant between its call and its end, that a single store could have
 * produced? Wing and Gong's search (1993) with Lowe's memory of visited configurations (2017); one key at a time, because a
 * history is linearizable exactly when each of its keys is (Herlihy and Wing 1990, locality).
 *
 * An operation that nobody heard the end of has no end: the search may place it anywhere after its call, or leave it out.
 */

import { Demand } from './demand.ts'
import type { Operation } from './history.ts'
import { checkStepsMax } from './limits.ts'
import { illegal, type Model, type ModelState } from './models.ts'
import { Timeline } from './timeline.ts'
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

/** An operation that was placed, to be taken back. */
interface Step {
  readonly operation: number
  readonly before: ModelState
  /** There was no alternative to it. */
  readonly isForced: boolean
}

function checkKey(model: Model, key: string, operations: readonly Operation[], stepsMax: number): Verdict {
  const search = new Search(model, operations)
  for (let steps = 0; !search.isDone; steps++) {
    if (steps >= stepsMax) return { kind: 'undecided', key }
    if (!search.step()) return { kind: 'not-linearizable', key, ...search.evidence() }
  }
  return { kind: 'linearizable' }
}

/** An order of operations, longer or shorter by one with each step. */
class Search {
  readonly #model: Model
  readonly #operations: readonly Operation[]
  readonly #timeline: Timeline
  readonly #visited: Visited
  readonly #demand: Demand
  readonly #taken: Step[] = []
  #state: ModelState
  #entry: number
  #longest: readonly number[] = []
  #unexplained = 0

  constructor(model: Model, operations: readonly Operation[]) {
    this.#model = model
    this.#operations = operations
    this.#timeline = new Timeline(operations)
    this.#visited = new Visited(operations.length)
    this.#demand = new Demand(model, operations)
    this.#state = model.initial
    this.#entry = this.#timeline.first()
  }

  /** When no end is left in the timeline, whatever calls remain were never answered, and may be left out. */
  get isDone(): boolean {
    return this.#timeline.endsLeft === 0
  }

  /** One operation more, or one choice less; false when there is no choice left. */
  step(): boolean {
    const timeline = this.#timeline
    const forced = this.#entry === timeline.first() ? this.#passiveFit() : undefined
    if (forced !== undefined) return this.#take(forced, this.#state, true) || this.#goBack(forced)
    const index = timeline.operationAt(this.#entry)
    // This operation has ended and was not placed: some earlier choice was wrong.
    if (!timeline.isCall(this.#entry)) return this.#goBack(index)
    const next = this.#model.apply(this.#state, at(this.#operations, index))
    const isPossible = next !== illegal && (next === this.#state || !this.#demand.forbids(index, this.#state))
    if (!isPossible || !this.#take(index, next, false)) this.#entry = timeline.after(this.#entry)
    return true
  }

  evidence(): { readonly order: readonly Operation[]; readonly unexplained: Operation } {
    const order = this.#longest.map(place => at(this.#operations, place))
    return { order, unexplained: at(this.#operations, this.#unexplained) }
  }

  /** Of those that may come next one that never changes anything and fits: nothing is gained by placing it later. */
  #passiveFit(): number | undefined {
    const timeline = this.#timeline
    for (let entry = timeline.first(); timeline.isCall(entry); entry = timeline.after(entry)) {
      const index = timeline.operationAt(entry)
      const operation = at(this.#operations, index)
      if (this.#model.isPassive(operation) && this.#model.apply(this.#state, operation) !== illegal) return index
    }
    return undefined
  }

  #take(operation: number, next: ModelState, isForced: boolean): boolean {
    if (!this.#visited.enter(operation, next)) return false
    this.#taken.push({ operation, before: this.#state, isForced })
    this.#state = next
    this.#demand.place(operation)
    this.#timeline.lift(operation)
    this.#entry = this.#timeline.first()
    return true
  }

  /** To the last choice that had an alternative. */
  #goBack(unexplained: number): boolean {
    if (this.#taken.length > this.#longest.length || this.#longest.length === 0) {
      this.#longest = this.#taken.map(step => step.operation)
      this.#unexplained = unexplained
    }
    for (let last = this.#taken.pop(); last; last = this.#taken.pop()) {
      this.#state = last.before
      this.#visited.leave(last.operation)
      this.#demand.unplace(last.operation)
      this.#timeline.unlift(last.operation)
      this.#entry = this.#timeline.after(this.#timeline.callOf(last.operation))
      if (!last.isForced) return true
    }
    return false
  }
}

function at(operations: readonly Operation[], index: number): Operation {
  return operations[index] as Operation
}
