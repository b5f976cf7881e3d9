/**
 * `text.grep`: the lines that match a regular expression, by file and line number.
 *
 * A line ends at "\n"; a "\r" before it is no part of the line. Only the first `overlongUnits` characters of a line are searched, which
 * makes the result independent of where a text was cut. All matching lines are counted; the first `max`, by file and line, are
 * listed, and `truncated` says whether there were more.
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { overlongUnits } from '../../work/cut.ts'
import type { Capability, Merging, Prepared } from '../capability.ts'
import type { TextPiece } from './piece.ts'

const shownCharsMax = 200
/** Characters shown before a match that lies too far right to be seen otherwise. */
const contextChars = 40

const optionsSchema = v.strictObject({
  pattern: v.pipe(v.string(), v.minLength(1), v.maxLength(1_000)),
  /** Of RegExp: i (any case), s, u, v. Default u. */
  flags: v.optional(
    v.pipe(v.string(), v.regex(/^(?!.*(.).*\1)[isuv]*$/, 'flags may be i, s, u and v, each once')),
    'u',
  ),
  max: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5_000)), 500),
})

const natural = v.pipe(v.number(), v.integer(), v.minValue(0))
/** Input, line, column (from 1, UTF-16), what is shown of the line. */
const hitSchema = v.strictTuple([natural, natural, natural, v.pipe(v.string(), v.maxLength(shownCharsMax + 2))])
type Hit = v.InferOutput<typeof hitSchema>
const partialSchema = v.strictObject({ count: natural, hits: v.pipe(v.array(hitSchema), v.maxLength(5_000)) })

export const grepCapability: Capability = {
  name: 'text.grep',
  prepare(options) {
    const parsed = v.safeParse(optionsSchema, options)
    if (!parsed.success) throw new MeshError('malformed', `text.grep: ${v.summarize(parsed.issues)}`)
    const { pattern, flags, max } = parsed.output
    return prepared(compile(pattern, flags), max)
  },
}

function compile(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MeshError('malformed', reason, { cause })
  }
}

function prepared(regexp: RegExp, max: number): Prepared {
  return {
    map(pieces) {
      let count = 0
      const hits: Hit[] = []
      for (const piece of pieces) {
        for (const [line, text] of lines(piece)) {
          const match = regexp.exec(text)
          if (!match) continue
          count++
          if (hits.length < max) hits.push([piece.input, line, match.index + 1, excerpt(text, match)])
        }
      }
      return { count, hits }
    },
    merging: () => merging(max),
  }
}

function* lines({ text, starts, firstLine }: TextPiece): Generator<[number, string]> {
  let line = firstLine
  let at = 0
  if (starts) {
    // The rest of a line whose beginning, all that is searched of it, another block holds.
    at = text.indexOf('\n') + 1
    if (at === 0) return
    line++
  }
  while (at < text.length) {
    const feed = text.indexOf('\n', at)
    const end = feed < 0 ? text.length : feed
    const ending = feed > at && text.charCodeAt(feed - 1) === 13 ? feed - 1 : end
    yield [line, text.slice(at, Math.min(ending, at + overlongUnits))]
    at = end + 1
    line++
  }
}

function excerpt(text: string, match: RegExpExecArray): string {
  if (text.length <= shownCharsMax) return text
  const isSeen = match.index + match[0].length <= shownCharsMax
  const from = isSeen ? 0 : Math.max(0, match.index - contextChars)
  const shown = text.slice(from, from + shownCharsMax).toWellFormed()
  return from > 0 ? `…${shown}` : shown
}

function merging(max: number): Merging {
  let count = 0
  let hits: Hit[] = []
  return {
    add(partial) {
      const parsed = v.safeParse(partialSchema, partial)
      if (!parsed.success) throw new MeshError('malformed', v.summarize(parsed.issues))
      count += parsed.output.count
      hits = [...hits, ...parsed.output.hits].sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, max)
    },
    finish(inputNames): Json {
      const named = hits.map(([input, line, column, text]) => ({ file: inputNames[input] ?? '', line, column, text }))
      return { count, hits: named, truncated: count > named.length }
    },
  }
}
