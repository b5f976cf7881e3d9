/** Reads a job's result into what can be drawn. A result is whatever the program made: what fits no known shape is shown as JSON. Pure. */
import * as v from 'valibot'
import type { Json } from '../../../base/json.ts'
import type { JobProgram } from '../../../work/types.ts'

const natural = v.pipe(v.number(), v.integer(), v.minValue(0))
const wordsSchema = v.object({
  words: natural,
  distinct: natural,
  top: v.array(v.object({ word: v.string(), count: natural })),
})
const hitsSchema = v.object({
  count: natural,
  truncated: v.boolean(),
  hits: v.array(v.object({ file: v.string(), line: natural, text: v.string() })),
})

export type WordsResult = v.InferOutput<typeof wordsSchema>
export type HitsResult = v.InferOutput<typeof hitsSchema>

export interface Bar {
  readonly label: string
  readonly value: number
}

export type ResultShape =
  | { readonly kind: 'words'; readonly words: WordsResult }
  | { readonly kind: 'hits'; readonly hits: HitsResult; readonly pattern: string; readonly flags: string }
  | { readonly kind: 'numbers'; readonly bars: readonly Bar[] }
  | { readonly kind: 'json' }

/** More bars than this are no chart any more. */
const barsMax = 2_000

export function resultShape(program: JobProgram, result: Json): ResultShape {
  if (program.kind === 'capability' && program.capability === 'text.count-words') {
    const words = v.safeParse(wordsSchema, result)
    if (words.success) return { kind: 'words', words: words.output }
  }
  if (program.kind === 'capability' && program.capability === 'text.grep') {
    const hits = v.safeParse(hitsSchema, result)
    if (hits.success) return { kind: 'hits', hits: hits.output, ...patternOf(program.options) }
  }
  const bars = numberBars(result)
  return bars ? { kind: 'numbers', bars } : { kind: 'json' }
}

/** An object of numbers, largest first; or a list of numbers, in its own order. Undefined for anything else. */
export function numberBars(result: Json): Bar[] | undefined {
  if (typeof result !== 'object' || result === null) return undefined
  const isList = Array.isArray(result)
  const entries = Object.entries(result)
  if (entries.length < 2 || entries.length > barsMax) return undefined
  if (!entries.every(([, value]) => typeof value === 'number')) return undefined
  const bars = entries.map(([label, value]) => ({ label, value: value as number }))
  return isList ? bars : bars.sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1))
}

function patternOf(options: Json): { pattern: string; flags: string } {
  const parsed = v.safeParse(v.object({ pattern: v.string(), flags: v.optional(v.string(), 'u') }), options)
  return parsed.success ? parsed.output : { pattern: '', flags: 'u' }
}
