/**
 * Records of strong keys that expired or were deleted leave the register again, at the peer where the leader lives.
 *
 * 1. A record is dropped by compare-and-set against what was read: its stamp and dot make it one version, so a newer write stays.
 * 2. Its stamp is marked first (strong-marks.ts).
 * 3. Only long after its end: no call that found it missing can still be under way when the key is written, deleted and forgotten again.
 */
import type { Json } from '../../base/json.ts'
import { strongForgetAfterMs, strongForgottenPerSweepMax, strongTimeoutMsDefault } from '../limits.ts'
import type { Place } from './replica.ts'
import type { Register, StrongMemory, StrongView } from './strong.ts'
import { bookOf, marksIn, withMarks } from './strong-marks.ts'
import { foundIn, placeOf, type StrongRecord, strongKeyPrefix } from './strong-record.ts'
import type { Stamp } from './versions.ts'

interface Kept {
  readonly key: string
  readonly value: Json
}

/** A record whose time is over. */
interface Dead extends Kept {
  readonly stamp: Stamp
}

const call = { timeoutMs: strongTimeoutMsDefault }

export class Forgetting {
  readonly #register: Register
  readonly #strong: StrongMemory
  readonly #view: StrongView
  #sweeping: Promise<number> | undefined

  constructor(register: Register, strong: StrongMemory, view: StrongView) {
    this.#register = register
    this.#strong = strong
    this.#view = view
  }

  /** Resolves with how many records went. Without a quorum, or where others are faster, the next sweep goes on. */
  sweep(): Promise<number> {
    this.#sweeping ??= this.#sweep()
      .catch(() => 0)
      .finally(() => {
        this.#sweeping = undefined
      })
    return this.#sweeping
  }

  async #sweep(): Promise<number> {
    const records = this.#register.records?.(strongKeyPrefix) ?? []
    await this.#decideDeletions(records)
    const dead = records.flatMap(kept => this.#dead(kept) ?? []).slice(0, strongForgottenPerSweepMax)
    let forgotten = 0
    for (const book of new Set(dead.map(({ key }) => bookOf(key))))
      forgotten += await this.#forget(
        book,
        dead.filter(({ key }) => bookOf(key) === book),
      )
    return forgotten
  }

  /** What was deleted plainly, and is read strongly by nobody, would keep its record for ever. */
  async #decideDeletions(records: readonly Kept[]): Promise<void> {
    const deleted = records.flatMap(({ key, value }) => {
      const at = placeOf(key)
      return at && this.#isDeletedHere(at, foundIn(value).record) ? [at] : []
    })
    for (const at of deleted.slice(0, strongForgottenPerSweepMax)) await this.#strong.read(at, call)
  }

  #isDeletedHere(at: Place, record: StrongRecord | undefined): boolean {
    const held = record?.held
    if (!held || held.expiresAtMs !== undefined) return false
    return this.#view.hasSeen(held.dot) && this.#view.versions(at).length === 0
  }

  #dead({ key, value }: Kept): Dead | undefined {
    const { record } = foundIn(value)
    if (!record) return undefined
    const { held, stamp } = record
    const endedAtMs = held ? held.expiresAtMs : stamp.ms
    if (endedAtMs === undefined || this.#view.nowMs() - endedAtMs < strongForgetAfterMs) return undefined
    return { key, value, stamp }
  }

  async #forget(book: string, dead: readonly Dead[]): Promise<number> {
    const raw = await this.#register.get(book, call)
    const marked = await this.#register.compareAndSet(book, raw, withMarks(marksIn(raw), dead), call)
    if (!marked.swapped) return 0
    const dropped = await Promise.all(
      dead.map(({ key, value }) => this.#register.compareAndSet(key, value, undefined, call)),
    )
    return dropped.filter(({ swapped }) => swapped).length
  }
}
