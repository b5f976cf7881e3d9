/**
 * What a wire does to a value: the other end gets an equal one that shares nothing with it. Only data crosses; a function or an
 * object of a class would not survive a real link either, so it is refused here.
 */

import { textHash } from './random.ts'
import type { Trace } from './trace.ts'

/** A deep copy, its content mixed into the trace. */
export function copyInto<T>(trace: Trace, value: T): T {
  return copy(trace, value) as T
}

function copy(trace: Trace, value: unknown): unknown {
  if (typeof value === 'number') {
    trace.mix(value)
    return value
  }
  if (typeof value === 'string') {
    trace.mix(value.length > 64 ? value.length : textHash(value))
    return value
  }
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`a ${typeof value} is not data`)
    trace.mix(value ? 1 : 2)
    return value
  }
  if (Array.isArray(value)) {
    trace.mix(value.length)
    const copied = new Array<unknown>(value.length)
    for (let place = 0; place < value.length; place++) copied[place] = copy(trace, value[place])
    return copied
  }
  if (value instanceof Uint8Array) {
    trace.mix(value.length)
    return value.slice()
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('an object of a class is not data')
  const copied: Record<string, unknown> = {}
  for (const key in value) copied[key] = copy(trace, (value as Record<string, unknown>)[key])
  return copied
}
