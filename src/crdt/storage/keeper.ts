/**
 * Writes replicas down. Tabs of one browser share the store, and each change is written once: a change of this tab by this tab, at once;
 * what comes from others by the one tab that holds the browser's writer lock.
 *
 * 1. While one record is being written, what comes meanwhile is gathered into the next: one record per batch, however fast somebody types.
 * 2. Who becomes the writer writes what it has and the store has not: what came while there was none.
 * 3. Where the disk is full nothing is dropped: it waits in memory, the person is told once, and it is tried again.
 */
import type { Clock } from '../../base/clock.ts'
import { type MeshError, toMeshError } from '../../base/errors.ts'
import { recordsBeforeCompaction, storageRetryMs } from '../limits.ts'
import type { Origin, Replica } from '../replica.ts'
import type { SharedStore } from './store.ts'

export interface KeeperOptions {
  readonly store: SharedStore
  readonly clock: Clock
  /** An empty replica of that name, to put stored records together. */
  readonly fresh: (name: string) => Replica
  /** Writing fails, or works again (`undefined`). */
  readonly onTrouble: (error: MeshError | undefined) => void
}

interface Kept {
  readonly replica: Replica
  readonly off: () => void
  waiting: Uint8Array[]
  isWriting: boolean
  records: number
}

export class Keeper {
  readonly #options: KeeperOptions
  readonly #kept = new Map<string, Kept>()
  #isWriter = false
  #trouble: MeshError | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  get trouble(): MeshError | undefined {
    return this.#trouble
  }

  /** Puts what is stored into the replica; from now on it is kept. Never rejects: what cannot be read is asked of the others. */
  async open(replica: Replica): Promise<void> {
    const { store } = this.#options
    const kept: Kept = { replica, off: () => off(), waiting: [], isWriting: false, records: 0 }
    const off = replica.onUpdate((update, origin) => this.#changed(kept, update, origin))
    this.#kept.set(replica.name, kept)
    try {
      const updates = await store.load(replica.name)
      kept.records = updates.length
      if (updates.length > 0) replica.merge(replica.combine(updates), { kind: 'stored' })
    } catch (error) {
      this.#fail(error)
    }
    if (this.#isWriter) await this.#catchUp(kept)
  }

  /** This tab writes for its browser from now on. */
  async becomeWriter(): Promise<void> {
    this.#isWriter = true
    for (const kept of this.#kept.values()) await this.#catchUp(kept)
  }

  /** Resolves when all that came so far is written, or cannot be. */
  async flush(): Promise<void> {
    for (const kept of this.#kept.values()) await this.#write(kept)
  }

  close(): void {
    for (const { off } of this.#kept.values()) off()
    this.#options.store.close()
  }

  #changed(kept: Kept, update: Uint8Array, origin: Origin): void {
    if (origin.kind === 'stored' || (origin.kind === 'peer' && !this.#isWriter)) return
    kept.waiting.push(update)
    if (!kept.isWriting) void this.#write(kept)
  }

  async #write(kept: Kept): Promise<void> {
    const { store, clock } = this.#options
    if (kept.isWriting) return
    kept.isWriting = true
    await Promise.resolve() // what one task changes is one record
    while (kept.waiting.length > 0) {
      const batch = kept.waiting
      kept.waiting = []
      const [first] = batch
      const update = batch.length === 1 && first ? first : kept.replica.combine(batch)
      try {
        await store.append(kept.replica.name, update)
        kept.records++
        this.#recover()
      } catch (error) {
        kept.waiting.unshift(update)
        this.#fail(error)
        clock.after(storageRetryMs, () => void this.#write(kept))
        break
      }
      if (this.#isWriter && kept.records >= recordsBeforeCompaction) await this.#compact(kept)
    }
    kept.isWriting = false
  }

  async #catchUp(kept: Kept): Promise<void> {
    const { store, fresh } = this.#options
    const { replica } = kept
    try {
      const updates = await store.load(replica.name)
      kept.records = updates.length
      const stored = fresh(replica.name)
      for (const update of updates) stored.merge(update, { kind: 'stored' })
      if (stored.digest() === replica.digest()) return
      const missing = replica.missing(stored.vector())
      if (missing) kept.waiting.push(missing)
      stored.close()
    } catch (error) {
      this.#fail(error)
    }
    await this.#write(kept)
  }

  async #compact(kept: Kept): Promise<void> {
    const { store, fresh } = this.#options
    const { name } = kept.replica
    try {
      await store.compact(name, updates => {
        const whole = fresh(name)
        const empty = whole.vector()
        for (const update of updates) whole.merge(update, { kind: 'stored' })
        const all = whole.missing(empty) ?? whole.combine(updates)
        whole.close()
        return all
      })
      kept.records = 1
    } catch (error) {
      this.#fail(error) // the records are as they were
      kept.records = 0 // not tried again at once
    }
  }

  #fail(error: unknown): void {
    const trouble = toMeshError(error, 'storage-lost')
    const isNew = this.#trouble?.code !== trouble.code
    this.#trouble = trouble
    if (isNew) this.#options.onTrouble(trouble)
  }

  #recover(): void {
    if (!this.#trouble) return
    this.#trouble = undefined
    this.#options.onTrouble(undefined)
  }
}
