/**
 * What a wire or a disk does to a value: the other end gets an equal one that nobody else can change. Only data crosses; a
 * function or an object of a class would not survive a real link either, so it is refused here.
 *
 * What is frozen all the way down is not copied: several ends may share it, because none of them can change it.
 */
import { textHash } from './random.ts'
import type { Trace } from './trace.ts'

/** A deep copy, its content mixed into the trace. */
export function copyInto<T>(trace: Trace, value: T): T {
  if (typeof value === 'object' && value !== null) return copyObject(trace, value) as T
  mixPrimitive(trace, value)
  return value
}

/** Freezes data all the way down, so that every wire and disk may share it: who changes it afterwards throws. */
export function seal<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (Array.isArray(value)) for (const item of value) seal(item)
  else for (const key in value) seal(value[key])
  return Object.freeze(value)
}

function mixPrimitive(trace: Trace, value: unknown): void {
  if (typeof value === 'number') trace.mix(value)
  else if (typeof value === 'string') trace.mix(value.length > 64 ? value.length : textHash(value))
  else if (typeof value === 'function' || typeof value === 'symbol')
    throw new TypeError(`a ${typeof value} is not data`)
  else trace.mix(value ? 1 : 2)
}

function copyObject(trace: Trace, value: object): object {
  if (Array.isArray(value)) return copyArray(trace, value)
  if (value instanceof Uint8Array) {
    trace.mix(value.length)
    return value.slice()
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('an object of a class is not data')
  const source = value as Record<string, unknown>
  let copied = Object.isFrozen(value) ? undefined : { ...source }
  for (const key in source) {
    const member = source[key]
    if (typeof member !== 'object' || member === null) {
      mixPrimitive(trace, member)
      continue
    }
    const copiedMember = copyObject(trace, member)
    if (copiedMember === member) continue
    copied ??= { ...source }
    copied[key] = copiedMember
  }
  return copied ?? value
}

function copyArray(trace: Trace, value: readonly unknown[]): readonly unknown[] {
  trace.mix(value.length)
  let copied = Object.isFrozen(value) ? undefined : value.slice()
  for (let place = 0; place < value.length; place++) {
    const item = value[place]
    const copiedItem = copyInto(trace, item)
    if (copiedItem === item) continue
    copied ??= value.slice()
    copied[place] = copiedItem
  }
  return copied ?? value
}
