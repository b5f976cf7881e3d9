/** The three kinds of job a person can start, and what they become for the engine. Pure. */

import type { JobProgram } from '../../work/types.ts'
import { count } from '../format.ts'

export type Kind = 'count-words' | 'find' | 'own'

export interface FormState {
  readonly kind: Kind
  readonly pattern: string
  readonly ignoresCase: boolean
  readonly map: string
  readonly reduce: string
}

const topWords = 50
const patternCharsMax = 1_000

/** A worked example, so that nobody faces an empty box: how often each letter occurs. */
export const exampleForm: FormState = {
  kind: 'count-words',
  pattern: 'freedom|liberté|libertad|Freiheit',
  ignoresCase: true,
  map: `text => {
  const counts = {}
  for (const letter of text.toLowerCase().match(/\\p{L}/gu) ?? [])
    counts[letter] = (counts[letter] ?? 0) + 1
  return counts
}`,
  reduce: `parts => {
  const total = {}
  for (const part of parts)
    for (const [letter, count] of Object.entries(part))
      total[letter] = (total[letter] ?? 0) + count
  return total
}`,
}

/** What is wrong with a pattern as typed, in the browser's own words; undefined when it can be run. Compiles it, never runs it. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern === '') return 'Type what to look for.'
  if (pattern.length > patternCharsMax) return `A pattern has at most ${count(patternCharsMax)} characters.`
  try {
    new RegExp(pattern, 'u')
    return undefined
  } catch (thrown) {
    const words = thrown instanceof Error ? thrown.message : String(thrown)
    // "Invalid regular expression: /x(/u: Unterminated group" and its like: the last part says it.
    const reason = words.replace(/^Invalid regular expression:\s*(\/.*\/\w*:\s*)?/su, '')
    return `Not a regular expression yet: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}.`
  }
}

/** Why the form cannot be sent yet; undefined when it can. */
export function formProblem({ kind, pattern, map, reduce }: FormState): string | undefined {
  if (kind === 'find') return patternProblem(pattern)
  if (kind === 'own' && map.trim() === '') return 'Write the map function.'
  if (kind === 'own' && reduce.trim() === '') return 'Write the reduce function.'
  return undefined
}

export function programOf({ kind, pattern, ignoresCase, map, reduce }: FormState): JobProgram {
  if (kind === 'own') return { kind: 'source', map, reduce }
  if (kind === 'count-words') return { kind: 'capability', capability: 'text.count-words', options: { top: topWords } }
  return { kind: 'capability', capability: 'text.grep', options: { pattern, flags: ignoresCase ? 'iu' : 'u' } }
}

export function titleOf({ kind, pattern }: FormState, inputs: string): string {
  const what = { 'count-words': 'Count words in', find: `Find /${pattern}/ in`, own: 'Own function on' }[kind]
  return `${what} ${inputs}`
}
