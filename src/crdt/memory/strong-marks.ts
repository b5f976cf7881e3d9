/**
 * Marks of strong keys whose records were forgotten: the stamp of each one's last record, under a digest of the key, a few values of the
 * register for all of them. What is known at a peer counts only if it is later than the mark, just as if the record were still there: so
 * nothing that was deleted comes back, however long somebody slept.
 */
import * as v from 'valibot'
import type { Json } from '../../base/json.ts'
import { ownKeyPrefix } from '../../base/own-keys.ts'
import { digestOf } from '../digest.ts'
import { strongMarkBooks, strongMarksPerBookMax } from '../limits.ts'
import { compareStamps, type Stamp } from './versions.ts'

const encoder = new TextEncoder()
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
/** Digest -> ms and count of the stamp. */
const bookSchema = v.record(v.string(), v.tuple([v.pipe(v.number(), v.finite(), v.minValue(0)), natural]))
export type MarkBook = v.InferOutput<typeof bookSchema>

function digestOfKey(registerKey: string): string {
  return digestOf(encoder.encode(registerKey))
}

/** Under which key the mark of a strong key lies. */
export function bookOf(registerKey: string): string {
  return `${ownKeyPrefix}memory-marks/${Number.parseInt(digestOfKey(registerKey).slice(0, 2), 16) % strongMarkBooks}`
}

/** What is no book counts as an empty one. */
export function marksIn(raw: Json | undefined): MarkBook {
  const parsed = v.safeParse(bookSchema, raw)
  return parsed.success ? parsed.output : {}
}

export function markOf(book: MarkBook, registerKey: string): Stamp | undefined {
  const mark = book[digestOfKey(registerKey)]
  return mark && { ms: mark[0], count: mark[1] }
}

/** With these marks, too; the oldest go where there are too many. */
export function withMarks(book: MarkBook, marks: readonly { readonly key: string; readonly stamp: Stamp }[]): MarkBook {
  const all = new Map(Object.entries(book))
  for (const { key, stamp } of marks) all.set(digestOfKey(key), [stamp.ms, stamp.count])
  const newest = [...all].sort(([, one], [, other]) => compareStamps(asStamp(other), asStamp(one)))
  return Object.fromEntries(newest.slice(0, strongMarksPerBookMax))
}

function asStamp([ms, count]: MarkBook[string]): Stamp {
  return { ms, count }
}
