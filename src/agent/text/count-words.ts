/** `text.count-words`: how many words, how many different ones, and the most frequent. Ties go by code point. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { compareCodePoints } from '../../work/canonical.ts'
import type { Capability, Merging } from '../capability.ts'
import { countWords } from './words.ts'

const optionsSchema = v.nullish(
  v.strictObject({ top: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), 50) }),
  {},
)

export const countWordsCapability: Capability = {
  name: 'text.count-words',
  prepare(options) {
    const parsed = v.safeParse(optionsSchema, options)
    if (!parsed.success) throw new MeshError('malformed', `text.count-words: ${v.summarize(parsed.issues)}`)
    const top = parsed.output?.top ?? 50
    return {
      map(pieces) {
        const counts = new Map<string, number>()
        for (const piece of pieces) countWords(piece, counts)
        // Pairs, not an object: "__proto__" is a word like any other.
        return [...counts]
      },
      merging: () => merging(top),
    }
  },
}

function merging(top: number): Merging {
  const counts = new Map<string, number>()
  return {
    add(partial) {
      const pairs = parsePairs(partial)
      for (const [word, count] of pairs) counts.set(word, (counts.get(word) ?? 0) + count)
    },
    finish(): Json {
      let words = 0
      for (const count of counts.values()) words += count
      const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || compareCodePoints(a, b))
      return { words, distinct: counts.size, top: ranked.slice(0, top).map(([word, count]) => ({ word, count })) }
    },
  }
}

/** By hand: a schema takes longer for 20,000 pairs than the merge does. */
function parsePairs(partial: unknown): readonly (readonly [string, number])[] {
  if (!Array.isArray(partial) || !partial.every(isPair)) throw new MeshError('malformed', 'not a list of word counts')
  return partial
}

function isPair(value: unknown): value is [string, number] {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [word, count] = value
  return typeof word === 'string' && Number.isSafeInteger(count) && count > 0
}
