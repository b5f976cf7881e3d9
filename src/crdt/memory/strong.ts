/**
 * Strong reads and writes of the memory: beside what each peer knows, one record of each such key in a linearizable register.
 *
 * 1. A record is replaced by compare-and-set only, and only by one of a later stamp: whatever clocks say, the records of a key make one
 *    line, and nobody who reads them ever goes back on it.
 * 2. A strong write is stamped after the record and after all that is known here, so that it replaces both. It is decided first and stored
 *    then: what others could read before it was decided would count twice.
 * 3. A strong read gives the record, unless something later is known here: then it decides that first, so that no later strong read, at
 *    any peer, gives something older. What was seen here and is not held any more was deleted, and then the record says so, too.
 *
 * So strong reads and writes of a key are linearizable (Herlihy and Wing, 1990), and a plain write counts once it is known to a peer that
 * reads strongly.
 */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { MeshError, toMeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { strongKeyCharsMax, strongTimeoutMsDefault, strongTriesMax } from '../limits.ts'
import type { Dot } from './context.ts'
import type { Place } from './replica.ts'
import { compareStamps, compareVersions, type Stamp, stampAfter, type Version } from './versions.ts'

/** Part of `Decisions`: linearizable, and refused with `no-quorum` where too few can be reached. */
export interface Register {
  get(key: string, options: { readonly timeoutMs: number }): Promise<Json | undefined>
  compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json,
    options: { readonly timeoutMs: number },
  ): Promise<{ readonly swapped: boolean; readonly value: Json | undefined }>
}

export interface StrongCallOptions {
  /** Until `timeout`, ms. */
  readonly timeoutMs?: number
}

/** What of the store strong calls look at. */
export interface StrongView {
  versions(at: Place): readonly Version[]
  hasSeen(dot: Dot): boolean
  nowMs(): number
  /** Of a new version, if nothing stands in its way. */
  nextStamp(): Stamp
  /** A dot for a change that `put` makes later, in any case. */
  reserve(): Dot
  put(at: Place, dot: Dot, superseded: readonly Pick<Version, 'dot'>[], version: Version | undefined): void
}

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const recordSchema = v.strictObject({
  stamp: v.strictObject({ ms: v.pipe(v.number(), v.finite(), v.minValue(0)), count: natural }),
  /** Absent: the key was deleted. */
  held: v.optional(
    v.strictObject({
      dot: v.strictObject({ replica: v.string(), number: natural }),
      value: v.custom<Json>(value => value !== undefined),
      expiresAtMs: v.optional(v.number()),
    }),
  ),
})
type StrongRecord = v.InferOutput<typeof recordSchema>

/** What the register holds, as it is and as it was understood. */
interface Found {
  readonly raw: Json | undefined
  readonly record: StrongRecord | undefined
}

export class StrongMemory {
  readonly #register: Register
  readonly #view: StrongView
  readonly #clock: Clock

  constructor(register: Register, view: StrongView, clock: Clock) {
    this.#register = register
    this.#view = view
    this.#clock = clock
  }

  async read(at: Place, options: StrongCallOptions): Promise<Json | undefined> {
    const left = this.#deadline(options)
    const key = registerKey(at)
    let found = foundIn(await this.#register.get(key, left()))
    for (let tries = 0; tries < strongTriesMax; tries++) {
      const news = this.#news(at, found.record)
      if (!news) return this.#valueOf(found.record)
      const { swapped, value } = await this.#register.compareAndSet(key, found.raw, jsonOf(news), left())
      if (swapped) return this.#valueOf(news)
      found = foundIn(value)
    }
    throw contended()
  }

  /**
   * Decides what `make` makes, or a deletion, and then puts it into the store. Refused before the record could be read, or with the outcome
   * `not-applied`, nothing has changed. Returns whether there was anything under the key.
   */
  async write(at: Place, options: StrongCallOptions, make?: (dot: Dot, stamp: Stamp) => Version): Promise<boolean> {
    const left = this.#deadline(options)
    const key = registerKey(at)
    let found = foundIn(await this.#register.get(key, left()))
    const dot = this.#view.reserve()
    let superseded: readonly Pick<Version, 'dot'>[] = []
    let version: Version | undefined
    try {
      for (let tries = 0; tries < strongTriesMax; tries++) {
        const { record: former } = found
        const held = this.#view.versions(at)
        const known = [...held, ...(former ? [former] : [])]
        const stamp = known.reduce((latest, past) => stampAfter(latest, past.stamp), this.#view.nextStamp())
        version = make?.(dot, stamp)
        superseded = former?.held ? [...held, former.held] : held // what was decided may not have come here yet
        const { swapped, value } = await this.#register.compareAndSet(
          key,
          found.raw,
          jsonOf(recordOf(stamp, version)),
          left(),
        )
        if (swapped) {
          this.#view.put(at, dot, superseded, version)
          return superseded.length > 0
        }
        found = foundIn(value)
      }
      throw contended()
    } catch (thrown) {
      const error = toMeshError(thrown, 'no-quorum')
      // Where nobody knows, it may have been decided: then the store must have it, or it would count as deleted here.
      if (error.outcome === 'not-applied') this.#view.put(at, dot, [], undefined)
      else this.#view.put(at, dot, superseded, version)
      throw error
    }
  }

  /** What the record must become before a read can answer; nothing where it is as new as what is known here. */
  #news(at: Place, record: StrongRecord | undefined): StrongRecord | undefined {
    const nowMs = this.#view.nowMs()
    const held = this.#view.versions(at).filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs)
    const [winner] = [...held].sort((one, other) => compareVersions(other, one))
    if (held.some(({ body }) => body.kind !== 'value')) throw notOneValue()
    if (winner && (!record || compareStamps(winner.stamp, record.stamp) > 0)) return recordOf(winner.stamp, winner)
    const dot = record?.held?.dot
    const isPast = dot && this.#view.hasSeen(dot) && !held.some(version => isDot(version.dot, dot))
    return isPast ? recordOf(stampAfter(record.stamp, record.stamp), undefined) : undefined
  }

  #valueOf(record: StrongRecord | undefined): Json | undefined {
    const held = record?.held
    const isOver = held?.expiresAtMs !== undefined && held.expiresAtMs <= this.#view.nowMs()
    return isOver ? undefined : held?.value
  }

  /** Each step of a call has what is left of its time. */
  #deadline({ timeoutMs = strongTimeoutMsDefault }: StrongCallOptions): () => { readonly timeoutMs: number } {
    if (!(timeoutMs > 0)) throw new MeshError('invalid-option', 'timeoutMs must be more than 0')
    const untilMs = this.#clock.monotonicMs() + timeoutMs
    return () => ({ timeoutMs: Math.max(1, untilMs - this.#clock.monotonicMs()) })
  }
}

/** Apart from the application's own keys. */
function registerKey(at: Place): string {
  const key = `tabmesh.memory ${JSON.stringify(at)}`
  if (key.length > strongKeyCharsMax)
    throw new MeshError('too-large', `a namespace and key of ${key.length} characters are too long to be decided`)
  return key
}

function recordOf(stamp: Stamp, version: Version | undefined): StrongRecord {
  if (!version) return { stamp }
  const { dot, body, expiresAtMs } = version
  if (body.kind !== 'value') throw notOneValue()
  return { stamp, held: { dot, value: body.value, ...(expiresAtMs !== undefined && { expiresAtMs }) } }
}

function jsonOf(record: StrongRecord): Json {
  return record as unknown as Json
}

/** What is not a record of ours counts as none, and is replaced by the next. */
function foundIn(raw: Json | undefined): Found {
  const parsed = v.safeParse(recordSchema, raw)
  return { raw, record: parsed.success ? parsed.output : undefined }
}

function isDot(one: Dot, other: Dot): boolean {
  return one.replica === other.replica && one.number === other.number
}

function notOneValue(): MeshError {
  return new MeshError(
    'unsupported',
    'counters and sets have no strong reads; decide with mesh.decisions.compareAndSet',
  )
}

function contended(): MeshError {
  const message = `others changed the key each time, ${strongTriesMax} times; try again`
  return new MeshError('overloaded', message, { outcome: 'not-applied' })
}
