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

let isLookingAway = false

/** For whoever watches a protocol from inside. */
export function promise(condition: unknown, invariant: string, message: () => string): asserts condition {
  if (!condition && !isLookingAway) throw new Violation(invariant, message())
}

/** For what is seen from outside, and counts also while the watchers look away. */
export function insist(condition: unknown, invariant: string, message: () => string): asserts condition {
  if (!condition) throw new Violation(invariant, message())
}

/** Runs something while no promise is checked, to see what would be noticed without the watchers. */
export function lookingAway<T>(run: () => T): T {
  isLookingAway = true
  try {
    return run()
  } finally {
    isLookingAway = false
  }
}
