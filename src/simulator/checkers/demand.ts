/**
 * Which states are still wanted, and who could still bring them about: a search may leave a state for good only when no
 * operation needs it any more. With values written once, as our clients write them, this leaves hardly anything to search.
 */
import type { Operation } from './history.ts'
import type { Model, ModelState } from './models.ts'

export class Demand {
  readonly #needed: (ModelState | undefined)[]
  readonly #made: (ModelState | undefined)[]
  /** How many operations that are not placed yet need a state, or make it. */
  readonly #needs = new Map<ModelState, number>()
  readonly #makers = new Map<ModelState, number>()

  constructor(model: Model, operations: readonly Operation[]) {
    this.#needed = operations.map(operation => model.needs?.(operation))
    this.#made = operations.map(operation => model.makes?.(operation))
    for (let place = 0; place < operations.length; place++) this.unplace(place)
  }

  /** Whether `operation` would leave a state to which nobody returns, although somebody has still to see it. */
  forbids(operation: number, state: ModelState): boolean {
    const others = (this.#needs.get(state) ?? 0) - (this.#needed[operation] === state ? 1 : 0)
    const makers = (this.#makers.get(state) ?? 0) - (this.#made[operation] === state ? 1 : 0)
    return others > 0 && makers === 0
  }

  place(operation: number): void {
    this.#count(operation, -1)
  }

  unplace(operation: number): void {
    this.#count(operation, 1)
  }

  #count(operation: number, by: number): void {
    const needed = this.#needed[operation]
    const made = this.#made[operation]
    if (needed !== undefined) this.#needs.set(needed, (this.#needs.get(needed) ?? 0) + by)
    if (made !== undefined) this.#makers.set(made, (this.#makers.get(made) ?? 0) + by)
  }
}
