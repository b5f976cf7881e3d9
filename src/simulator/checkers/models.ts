/** What a correct store would do, one key at a time: the sequential specification a history is compared with. */
import { mismatch, type Operation, replaced } from './history.ts'

/** States are primitive, so that two of them are equal when `===` says so. */
export type ModelState = string | number | boolean | null

/** No answer: in this state the operation could not have returned what it did. */
export const illegal = Symbol('illegal')

export interface Model {
  readonly initial: ModelState
  /** The state after `operation`, or `illegal`. An operation with an unknown output may have returned anything. */
  apply(state: ModelState, operation: Operation): ModelState | typeof illegal
  /** It never changes any state, and its answer is known. */
  isPassive(operation: Operation): boolean
  /** The one state in which the operation could return what it did, if there is only one; undefined promises nothing. */
  needs?(operation: Operation): ModelState | undefined
  /** The one state other than the one it finds that the operation can lead to. Needed if `needs` is given. */
  makes?(operation: Operation): ModelState | undefined
}

/** A register with read, write and compare-and-set. Values that are not primitive are compared by their JSON text. */
export const registerModel: Model = {
  initial: null,
  apply(state, { f, input, output }) {
    if (f === 'read') return output === undefined || plain(output) === state ? state : illegal
    if (f === 'write') return plain(input)
    const [expected, next] = pair(input)
    const matches = plain(expected) === state
    if (output === mismatch) return matches ? illegal : state
    // An open cas that does not match changes nothing: leaving it out says the same, and saves the search a branch.
    if (output === replaced || output === undefined) return matches ? plain(next) : illegal
    return illegal
  },
  isPassive: ({ f, output }) => output !== undefined && (f === 'read' || output === mismatch),
  needs({ f, input, output }) {
    if (output === undefined) return undefined
    if (f === 'read') return plain(output)
    return f === 'cas' && output === replaced ? plain(pair(input)[0]) : undefined
  },
  makes({ f, input, output }) {
    if (f === 'write') return plain(input)
    return f === 'cas' && output !== mismatch ? plain(pair(input)[1]) : undefined
  },
}

/** A string that grows: `append` adds to it, `get` reads it, `put` replaces it. */
export const appendModel: Model = {
  initial: '',
  apply(state, { f, input, output }) {
    if (f === 'get') return output === undefined || output === state ? state : illegal
    if (f === 'put') return plain(input)
    return `${state}${plain(input)}`
  },
  isPassive: ({ f, output }) => f === 'get' && output !== undefined,
}

function plain(value: unknown): ModelState {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? JSON.stringify(value) : (value as ModelState)
}

function pair(input: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(input) || input.length !== 2) throw new Error(`a cas takes [expected, next], not ${input}`)
  return [input[0], input[1]]
}
