/** A broken invariant is our own bug: the machine that finds one stops rather than decide wrongly. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** On a hot path the message is a function, so that it is put together only for whoever reads it. */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message())
}
