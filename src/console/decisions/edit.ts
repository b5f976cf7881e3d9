/** What somebody typed into the register's editor, checked before anybody is asked, and how the answer is told. Pure. */
import { type MeshError, toMeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { SwapResult } from '../../consensus/decisions/types.ts'
import { duration } from '../format.ts'
import { valueShownCharsMax } from './limits.ts'
import { capitalised } from './names.ts'

type Parsed = { readonly value: Json } | { readonly problem: string }

/** Values are JSON; words without quotes are the mistake everybody makes once. */
export function parseValue(text: string): Parsed {
  const trimmed = text.trim()
  if (trimmed === '') return { problem: 'A value is missing. To take a key away, use Delete.' }
  try {
    return { value: JSON.parse(trimmed) as Json }
  } catch {
    return /^[\w\p{L}][^"{}[\]:]*$/u.test(trimmed)
      ? { problem: `Text needs quotes: ${JSON.stringify(trimmed)}` }
      : { problem: 'This is not JSON. Examples: 42, true, "red", ["a", "b"], {"x": 1}' }
  }
}

/** The same text as a JSON string. */
export function quoted(text: string): string {
  return JSON.stringify(text.trim())
}

export function keyProblem(key: string): string | undefined {
  if (key === '') return 'Give the key a name, such as colour or settings/theme.'
  if (key.trim() !== key) return 'A key does not begin or end with a space.'
  return undefined
}

/** One line, cut. */
export function shownValue(value: Json): string {
  const text = JSON.stringify(value)
  return text.length <= valueShownCharsMax ? text : `${text.slice(0, valueShownCharsMax - 1)}…`
}

export interface Told {
  readonly tone: 'healthy' | 'suspect' | 'failed'
  readonly text: string
}

export function toldSet(action: 'set' | 'delete', key: string, version: number, tookMs: number): Told {
  return {
    tone: 'healthy',
    text: `Decided in ${duration(tookMs)}: “${key}” is ${action === 'set' ? `set, version ${version}` : 'deleted'}.`,
  }
}

export function toldSwap(key: string, { swapped, value }: SwapResult, tookMs: number): Told {
  if (swapped) return { tone: 'healthy', text: `Decided in ${duration(tookMs)}: “${key}” was swapped.` }
  const holds = value === undefined ? 'the key is not there' : `it holds ${shownValue(value)}`
  return { tone: 'suspect', text: `Not swapped, nothing was changed: ${holds}.` }
}

const advice: Partial<Record<MeshError['code'], string>> = {
  'no-quorum': 'Too few voters can be reached: open the tabs that are missing, or wait for them, then try again.',
  overloaded: 'More is asked than can be decided at once; try again in a moment.',
  'storage-lost': 'This browser keeps no data.',
  left: 'This tab has left the room.',
}

/** Why it failed, and above all whether it may have happened all the same. */
export function toldFailure(thrown: unknown): Told {
  const error = toMeshError(thrown, 'disconnected')
  const why = advice[error.code] ?? `${capitalised(error.message.replace(/[.\s]+$/u, ''))}.`
  // Refused before anybody was asked.
  const isRefused = error.code === 'invalid-option' || error.code === 'too-large' || error.code === 'overloaded'
  const outcome = error.outcome ?? (isRefused ? 'not-applied' : 'unknown')
  return outcome === 'not-applied'
    ? { tone: 'failed', text: `Nothing was changed. ${why}` }
    : {
        tone: 'suspect',
        text: `It is not known whether this was decided. ${why} Look at the value before you try again.`,
      }
}
