/** What the register holds of one strong key, and under which name. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { ownKeyPrefix } from '../../base/own-keys.ts'
import { strongKeyCharsMax } from '../limits.ts'
import type { Place } from './replica.ts'
import type { Stamp, Version } from './versions.ts'

/** Before the namespace and key of each strong value. */
export const strongKeyPrefix = `${ownKeyPrefix}memory/`

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
export const stampSchema = v.strictObject({ ms: v.pipe(v.number(), v.finite(), v.minValue(0)), count: natural })
const recordSchema = v.strictObject({
  stamp: stampSchema,
  /** Absent: the key was deleted. */
  held: v.optional(
    v.strictObject({
      dot: v.strictObject({ replica: v.string(), number: natural }),
      value: v.custom<Json>(value => value !== undefined),
      expiresAtMs: v.optional(v.number()),
    }),
  ),
})
export type StrongRecord = v.InferOutput<typeof recordSchema>

/** What the register holds, as it is and as it was understood. */
export interface Found {
  readonly raw: Json | undefined
  readonly record: StrongRecord | undefined
}

/** What is not a record of ours counts as none, and is replaced by the next. */
export function foundIn(raw: Json | undefined): Found {
  const parsed = v.safeParse(recordSchema, raw)
  return { raw, record: parsed.success ? parsed.output : undefined }
}

/** Of a version, or of a deletion. */
export function recordOf(stamp: Stamp, version: Version | undefined): StrongRecord {
  if (!version) return { stamp }
  const { dot, body, expiresAtMs } = version
  if (body.kind !== 'value') throw notOneValue()
  return { stamp, held: { dot, value: body.value, ...(expiresAtMs !== undefined && { expiresAtMs }) } }
}

export function jsonOf(record: StrongRecord): Json {
  return record as unknown as Json
}

export function registerKey(at: Place): string {
  const key = `${strongKeyPrefix}${JSON.stringify(at)}`
  if (key.length > strongKeyCharsMax)
    throw new MeshError('too-large', `a namespace and key of ${key.length} characters are too long to be decided`)
  return key
}

/** Undefined for a key that none of ours makes. */
export function placeOf(key: string): Place | undefined {
  try {
    const parsed = v.safeParse(v.tuple([v.string(), v.string()]), JSON.parse(key.slice(strongKeyPrefix.length)))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  }
}

export function notOneValue(): MeshError {
  return new MeshError(
    'unsupported',
    'counters and sets have no strong reads; decide with mesh.decisions.compareAndSet',
  )
}
