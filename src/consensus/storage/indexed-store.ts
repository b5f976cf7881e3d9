/** One member's disk in a browser, held by its host: where each of its writes goes (indexed.ts tells what lies where). */
import type { IDBPDatabase } from 'idb'
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { MemberId } from '../raft/messages.ts'
import type { Journal } from './journal.ts'
import { journalFlushMsMax, journalRestMs } from './limits.ts'
import type { LiveRecords } from './live-records.ts'
import { type BatchRecord, batchRecord, joined, seal } from './record.ts'
import type { Batch, MemberStore } from './store.ts'

/** The object stores of a member's database. */
export const all = ['about', 'log', 'snapshot'] as const
export const strict = { durability: 'strict' } as const

export interface IndexedStoreParts {
  readonly database: IDBPDatabase
  /** Somebody deleted the database. */
  readonly isLost: () => boolean
  readonly member: MemberId
  readonly epoch: number
  readonly live: LiveRecords
  readonly journal: Journal | undefined
  /** The newest record. */
  readonly stored: BatchRecord
  readonly clock: Clock
}

export class IndexedStore implements MemberStore {
  readonly member: MemberId
  readonly epoch: number
  readonly #parts: IndexedStoreParts
  /** The newest record of the database. */
  #stored: BatchRecord
  #journalRestsUntilMs = Number.NEGATIVE_INFINITY

  constructor(parts: IndexedStoreParts) {
    this.#parts = parts
    this.member = parts.member
    this.epoch = parts.epoch
    this.#stored = parts.stored
  }

  write(batch: Batch): Promise<'durable' | 'fenced'> {
    const record = batchRecord(batch, batch.snapshot?.index ?? this.#stored.snapshot)
    return guarded(async () => (this.#append(record) ? 'durable' : this.#store(record, batch.snapshot)))
  }

  close(): void {
    this.#parts.journal?.close()
    this.#parts.database.close()
  }

  /** Into the journal, where it is what the term appends and nothing else. */
  #append(record: BatchRecord): boolean {
    const { journal, clock, isLost } = this.#parts
    const { hard, snapshot } = this.#stored
    const isOfTerm = record.hard.term === hard.term && record.hard.votedFor === hard.votedFor
    if (!journal || !isOfTerm || record.snapshot !== snapshot) return false
    if (clock.monotonicMs() < this.#journalRestsUntilMs) return false
    if (isLost()) throw new MeshError('storage-lost', 'The database of a member was deleted; its host lets it go')
    const startedAtMs = clock.monotonicMs()
    const isWritten = journal.append(record)
    const nowMs = clock.monotonicMs()
    if (nowMs - startedAtMs > journalFlushMsMax) this.#journalRestsUntilMs = nowMs + journalRestMs
    return isWritten
  }

  /** Into the database, with all that is in the journal, as one record. */
  async #store(record: BatchRecord, snapshot: Batch['snapshot']): Promise<'durable' | 'fenced'> {
    const { database, live, journal } = this.#parts
    const whole = joined([...(journal?.records ?? []), record], record)
    const number = live.next
    const outdated = live.add(whole)
    const transaction = database.transaction(all, 'readwrite', strict)
    const isDone = transaction.done.then(
      () => undefined,
      (error: unknown) => error ?? new Error('aborted'),
    )
    const log = transaction.objectStore('log')
    // All at once: a request that waits for another costs a turn, and the fence aborts them together.
    const about = transaction.objectStore('about').get('about') as Promise<{ readonly epoch: number } | undefined>
    const requests: Promise<unknown>[] = [log.put(seal(whole), number), ...outdated.map(old => log.delete(old))]
    if (snapshot) requests.push(transaction.objectStore('snapshot').put(seal(snapshot), 'snapshot'))
    const settled = Promise.allSettled(requests) // their failures are the transaction's
    const owner = await about
    if (owner?.epoch === this.epoch) transaction.commit()
    else transaction.abort()
    const [failure] = await Promise.all([isDone, settled])
    if (owner && owner.epoch !== this.epoch) return 'fenced'
    if (failure) throw failure
    this.#stored = whole
    journal?.restart(number)
    return 'durable'
  }
}

/** Runs `work`; what the browser refuses it is `storage-full` or `storage-lost`. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof MeshError) throw cause
    const isFull = cause instanceof Error && cause.name === 'QuotaExceededError'
    if (isFull) throw new MeshError('storage-full', 'This browser has no room left for decisions', { cause })
    throw new MeshError('storage-lost', 'IndexedDB refused; this tab keeps no copy of the decisions now', { cause })
  }
}
