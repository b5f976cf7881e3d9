/** A remembered value, as a line or two. */
import type { Json } from '../../base/json.ts'

const charsMax = 400

export function shownValue(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text
}
