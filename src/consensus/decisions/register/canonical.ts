/** JSON text with the fields of each object in order, so that equal values have equal texts. */
import type { Json } from '../../../base/json.ts'

export function canonical(value: Json): string {
  return JSON.stringify(value, (_, held: unknown) => (isObject(held) ? sorted(held) : held))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)))
}
