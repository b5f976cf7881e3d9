/**
 * What lies on a disk: one record per batch, as JSON text under a checksum, so that a torn or rotten one is noticed. Records are
 * numbered without gaps in what is live; the newest one carries the hard state and says which entries of the older ones count.
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import {
  type Entry,
  type HardState,
  parseStoredEntry,
  parseStoredHardState,
  parseStoredSnapshot,
  type Snapshot,
} from '../raft/messages.ts'
import { checksum } from './checksum.ts'
import { storeSchemaVersion } from './limits.ts'
import type { Batch } from './store.ts'

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

export const recordSchema = v.strictObject({ schema: natural, text: v.string(), sum: natural })
/** Text with the version of its form and its checksum. */
export type StoredRecord = v.InferOutput<typeof recordSchema>

export function seal(value: unknown): StoredRecord {
  const text = JSON.stringify(value)
  return { schema: storeSchemaVersion, text, sum: checksum(text) }
}

/** The value of a record that is whole and of our version. */
export function unseal(record: unknown): unknown {
  const parsed = v.safeParse(recordSchema, record)
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  const { schema, text, sum } = parsed.output
  if (schema !== storeSchemaVersion) return new MeshError('malformed', `a record of schema ${schema}`)
  if (checksum(text) !== sum) return new MeshError('malformed', 'the checksum of a record is wrong')
  try {
    return JSON.parse(text) as unknown
  } catch {
    return new MeshError('malformed', 'a record is not JSON')
  }
}

/** A batch without its snapshot, which is a record of its own. */
export interface BatchRecord {
  readonly hard: HardState
  /** Index of the snapshot that belongs to it. */
  readonly snapshot: number
  readonly keepFrom: number
  readonly keepTo: number
  readonly entries: readonly Entry[]
}

const batchSchema = v.strictObject({
  hard: v.unknown(),
  snapshot: natural,
  keepFrom: natural,
  keepTo: natural,
  entries: v.array(v.unknown()),
})

export function batchRecord({ hard, keepFrom, keepTo, entries }: Batch, snapshot: number): BatchRecord {
  return { hard, snapshot, keepFrom, keepTo, entries }
}

export function parseBatch(record: unknown): BatchRecord | MeshError<'malformed'> {
  const value = unseal(record)
  return value instanceof MeshError ? (value as MeshError<'malformed'>) : parseBatchValue(value)
}

export function parseBatchValue(value: unknown): BatchRecord | MeshError<'malformed'> {
  const parsed = v.safeParse(batchSchema, value)
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  const hard = parseStoredHardState(parsed.output.hard)
  if (hard instanceof MeshError) return hard
  const entries: Entry[] = []
  for (const stored of parsed.output.entries) {
    const entry = parseStoredEntry(stored)
    if (entry instanceof MeshError) return entry
    entries.push(entry)
  }
  return { ...parsed.output, hard, entries }
}

export function parseSnapshot(record: unknown): Snapshot | MeshError<'malformed'> {
  const value = unseal(record)
  return value instanceof MeshError ? (value as MeshError<'malformed'>) : parseStoredSnapshot(value)
}

/** What the live records say together, in their order; undefined where they contradict each other or leave a gap. */
export function fold(records: readonly BatchRecord[]): Pick<BatchRecord, 'hard' | 'snapshot' | 'entries'> | undefined {
  const newest = records.at(-1)
  if (!newest) return undefined
  const { entries } = joined(records, newest)
  const [first] = entries
  if (first && entries.some((entry, place) => entry.index !== first.index + place)) return undefined
  return { hard: newest.hard, snapshot: newest.snapshot, entries }
}

/** One record that says, after any others, what these say in their order; `newest` is the last of them. */
export function joined(records: readonly BatchRecord[], newest: BatchRecord): BatchRecord {
  const all: Entry[] = []
  let { keepTo } = newest
  for (const record of records) {
    keepTo = Math.min(keepTo, record.keepTo)
    while ((all.at(-1)?.index ?? 0) > record.keepTo) all.pop()
    for (const entry of record.entries) all.push(entry)
  }
  // What is kept begins ever later, so the newest record's word on it is enough.
  return { ...newest, keepTo, entries: all.filter(entry => entry.index >= newest.keepFrom) }
}
