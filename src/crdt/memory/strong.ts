/**
 * Strong reads and writes of the memory: beside what each peer knows, one record of each such key in a linearizable register.
 *
 * 1. A record is replaced by compare-and-set only, and only by one of a later stamp: whatever clocks say, the records of a key make one
 *    line, and nobody who reads them ever goes back on it.
 * 2. A strong write is stamped after the record and after all that is known here, so that it replaces both. It is decided first and stored
 *    then: what others could read before it was decided would count twice.
 * 3. A strong read gives the record, unless something later is known here: then it decides that first, so that no later strong read, at
 *    any peer, gives something older. What was seen here and is not held any more was deleted, and then the record says so, too.
 * 4. A record whose value was deleted or had lived its time is forgotten in the end (forgetting.ts). A mark of its stamp takes its place.
 *
 * So strong reads and writes of a key are linearizable (Herlihy and Wing, 1990), and a plain write counts once it is known to a peer that
 * reads strongly.
 */
import type { Clock } from '../../base/clock.ts'
import { MeshError, toMeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { strongTimeoutMsDefault, strongTriesMax } from '../limits.ts'
import type { Dot } from './context.ts'
import type { Place } from './replica.ts'
import { bookOf, markOf, marksIn } from './strong-marks.ts'
import { type Found, foundIn, jsonOf, notOneValue, recordOf, registerKey, type StrongRecord } from './strong-record.ts'
import { compareStamps, compareVersions, type Stamp, stampAfter, type Version } from './versions.ts'

/** Linearizable, and refused with `no-quorum` where too few can be reached. */
export interface Register {
  get(key: string, options: { readonly timeoutMs: number }): Promise<Json | undefined>
  /** `undefined` is "not there". */
  compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options: { readonly timeoutMs: number },
  ): Promise<{ readonly swapped: boolean; readonly value: Json | undefined }>
  /** What begins with `prefix`, where this peer is to clean up: at one peer of the room, undefined at the others. */
  records?(prefix: string): readonly { readonly key: string; readonly value: Json }[] | undefined
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
    let found = await this.#found(key, await this.#register.get(key, left()), left)
    for (let tries = 0; tries < strongTriesMax; tries++) {
      const news = this.#news(at, found.record)
      if (!news) return this.#valueOf(found.record)
      const { swapped, value } = await this.#register.compareAndSet(key, found.raw, jsonOf(news), left())
      if (swapped) return this.#valueOf(news)
      found = await this.#found(key, value, left)
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
    let found = await this.#found(key, await this.#register.get(key, left()), left)
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
        found = await this.#found(key, value, left)
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

  /** Where there is no record, there may be a mark of one. It was made before the record went, so whoever misses the record sees the mark. */
  async #found(key: string, raw: Json | undefined, left: () => { readonly timeoutMs: number }): Promise<Found> {
    if (raw !== undefined) return foundIn(raw)
    const stamp = markOf(marksIn(await this.#register.get(bookOf(key), left())), key)
    return { raw, record: stamp && { stamp } }
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

function isDot(one: Dot, other: Dot): boolean {
  return one.replica === other.replica && one.number === other.number
}

function contended(): MeshError {
  const message = `others changed the key each time, ${strongTriesMax} times; try again`
  return new MeshError('overloaded', message, { outcome: 'not-applied' })
}
