/** A promise of the protocol that the world has seen broken. */
export class Violation extends Error {
  override readonly name = 'Violation'
  /** Names the promise; a shrunk schedule must break the same one. */
  readonly invariant: string

  constructor(invariant: string, message: string, cause?: unknown) {
    super(`${invariant}: ${message}`, { cause })
    this.invariant = invariant
  }
}

export function promise(condition: unknown, invariant: string, message: () => string): asserts condition {
  if (!condition) throw new Violation(invariant, message())
}
