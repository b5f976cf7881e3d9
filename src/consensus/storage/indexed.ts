/**
 * Members' disks in IndexedDB: a database of its own for each member, one record per batch (DESIGN, fact 14), strict durability,
 * the epoch checked in each transaction. An index of all members of this browser tells a new tab which there are; a member whose
 * database is gone, or cannot be read whole, is `missing`, and is never brought back under its old id (R16).
 */
import { deleteDB, type IDBPDatabase, openDB } from 'idb'
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { MemberId } from '../raft/messages.ts'
import type { RestoredState } from '../raft/state.ts'
import { storedMembersMax, storeSchemaVersion } from './limits.ts'
import { LiveRecords } from './live-records.ts'
import { type BatchRecord, batchRecord, fold, parseBatch, parseSnapshot, seal } from './record.ts'
import type { Batch, MemberStore, MemberStores, OpenedStore, StoredMember } from './store.ts'

const indexName = 'tabmesh-raft'
const all = ['about', 'log', 'snapshot'] as const
const strict = { durability: 'strict' } as const

const aboutSchema = v.strictObject({
  schema: v.literal(storeSchemaVersion),
  member: v.string(),
  generation: v.string(),
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  key: v.instance(Uint8Array),
})
type About = v.InferOutput<typeof aboutSchema>

const indexSchema = v.strictObject({
  schema: v.literal(storeSchemaVersion),
  room: v.string(),
  member: v.string(),
  generation: v.string(),
  isAside: v.boolean(),
})

/** `room` is the room's hash. */
export async function openIndexedStores(room: string): Promise<MemberStores> {
  const index = await openDB(indexName, storeSchemaVersion, {
    upgrade: database => void database.createObjectStore('members', { keyPath: ['room', 'member'] }),
    blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
  }).catch(cause => {
    throw new MeshError('storage-lost', 'IndexedDB cannot be opened here, so this tab keeps no copy', { cause })
  })
  return new IndexedStores(room, index)
}

class IndexedStores implements MemberStores {
  readonly #room: string
  readonly #index: IDBPDatabase

  constructor(room: string, index: IDBPDatabase) {
    this.#room = room
    this.#index = index
  }

  async list(): Promise<readonly StoredMember[]> {
    const range = IDBKeyRange.bound([this.#room], [this.#room, []])
    const records = await guarded(() => this.#index.getAll('members', range, storedMembersMax))
    return records.flatMap(record => {
      const parsed = v.safeParse(indexSchema, record)
      if (!parsed.success || parsed.output.isAside) return []
      return [{ member: parsed.output.member as MemberId, generation: parsed.output.generation }]
    })
  }

  async create(first: RestoredState, key: Uint8Array): Promise<void> {
    const { member, generation, snapshot, hard, entries } = first
    const indexed = { schema: storeSchemaVersion, room: this.#room, member, generation, isAside: false }
    // The index first: what is listed and not there is noticed and forgotten; what is there and not listed would stay for ever.
    await guarded(() => this.#index.put('members', indexed))
    await guarded(async () => {
      const database = await openMember(this.#nameOf(member))
      try {
        const transaction = database.transaction(all, 'readwrite', strict)
        transaction.done.catch(() => {}) // what is awaited below says the same
        const about: About = { schema: storeSchemaVersion, member, generation, epoch: 0, key: new Uint8Array(key) }
        const log = { hard, snapshot: snapshot.index, keepFrom: snapshot.index + 1, keepTo: snapshot.index, entries }
        await Promise.all([
          transaction.objectStore('about').put(about, 'about'),
          transaction.objectStore('snapshot').put(seal(snapshot), 'snapshot'),
          transaction.objectStore('log').put(seal(log), 1),
          transaction.done,
        ])
      } finally {
        database.close()
      }
    })
  }

  async open(member: MemberId): Promise<OpenedStore | 'missing'> {
    const opened = await guarded(() => open(this.#nameOf(member), member))
    if (opened === 'missing') await this.remove(member)
    return opened
  }

  async setAside(member: MemberId): Promise<void> {
    await guarded(async () => {
      const transaction = this.#index.transaction('members', 'readwrite', strict)
      transaction.done.catch(() => {}) // what is awaited below says the same
      const known = v.safeParse(indexSchema, await transaction.store.get([this.#room, member]))
      if (known.success) await transaction.store.put({ ...known.output, isAside: true })
      await transaction.done
    })
  }

  async remove(member: MemberId): Promise<void> {
    await guarded(() => deleteDB(this.#nameOf(member)))
    await guarded(() => this.#index.delete('members', [this.#room, member]))
  }

  close(): void {
    this.#index.close()
  }

  #nameOf(member: MemberId): string {
    return `tabmesh-raft:${this.#room}:${member}`
  }
}

function openMember(name: string): Promise<IDBPDatabase> {
  return openDB(name, storeSchemaVersion, {
    upgrade: database => {
      for (const store of all) database.createObjectStore(store)
    },
    // A newer build, or a person who clears this site's data: let them. The next write says `storage-lost`.
    blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
  })
}

/** Reads all and counts the epoch up in one transaction: no write of an earlier life can come in between. */
async function open(name: string, member: MemberId): Promise<OpenedStore | 'missing'> {
  const database = await openMember(name)
  const transaction = database.transaction(all, 'readwrite', strict)
  transaction.done.catch(() => {}) // what is awaited below says the same
  const log = transaction.objectStore('log')
  const [about, snapshot, numbers, records] = await Promise.all([
    transaction.objectStore('about').get('about'),
    transaction.objectStore('snapshot').get('snapshot'),
    log.getAllKeys(),
    log.getAll(),
  ])
  const found = read(member, about, snapshot, numbers as number[], records)
  if (found) await transaction.objectStore('about').put({ ...found.about, epoch: found.about.epoch + 1 }, 'about')
  await transaction.done
  if (found) {
    const { restored, live, about } = found
    const store = new IndexedStore(database, member, about.epoch + 1, live, restored.snapshot.index)
    return { store, restored, key: about.key }
  }
  database.close()
  return 'missing'
}

function read(member: MemberId, about: unknown, snapshot: unknown, numbers: readonly number[], records: unknown[]) {
  const known = v.safeParse(aboutSchema, about)
  const base = parseSnapshot(snapshot)
  if (!known.success || known.output.member !== member || base instanceof Error) return undefined
  const batches: [number, BatchRecord][] = []
  for (const [place, record] of records.entries()) {
    const batch = parseBatch(record)
    if (batch instanceof Error) return undefined // a transaction that ended cannot be torn: this disk is rotten
    batches.push([numbers[place] as number, batch])
  }
  const folded = fold(batches.map(([, batch]) => batch))
  if (!folded || folded.snapshot !== base.index) return undefined
  const { generation } = known.output
  const { hard, entries } = folded
  const restored: RestoredState = { member, generation, hard, snapshot: base, entries, applied: base.index }
  return { about: known.output, restored, live: LiveRecords.of(batches) }
}

class IndexedStore implements MemberStore {
  readonly member: MemberId
  readonly epoch: number
  readonly #database: IDBPDatabase
  readonly #live: LiveRecords
  #snapshot: number

  constructor(database: IDBPDatabase, member: MemberId, epoch: number, live: LiveRecords, snapshot: number) {
    this.#database = database
    this.member = member
    this.epoch = epoch
    this.#live = live
    this.#snapshot = snapshot
  }

  write(batch: Batch): Promise<'durable' | 'fenced'> {
    const { snapshot } = batch
    if (snapshot) this.#snapshot = snapshot.index
    const record = batchRecord(batch, this.#snapshot)
    const number = this.#live.next
    const outdated = this.#live.add(record)
    return guarded(async () => {
      const transaction = this.#database.transaction(all, 'readwrite', strict)
      const isDone = transaction.done.then(
        () => undefined,
        (error: unknown) => error ?? new Error('aborted'),
      )
      const log = transaction.objectStore('log')
      // All at once: a request that waits for another costs a turn, and the fence aborts them together.
      const about = transaction.objectStore('about').get('about') as Promise<About | undefined>
      const requests: Promise<unknown>[] = [log.put(seal(record), number), ...outdated.map(old => log.delete(old))]
      if (snapshot) requests.push(transaction.objectStore('snapshot').put(seal(snapshot), 'snapshot'))
      const settled = Promise.allSettled(requests) // their failures are the transaction's
      const owner = await about
      if (owner?.epoch === this.epoch) transaction.commit()
      else transaction.abort()
      const [failure] = await Promise.all([isDone, settled])
      if (owner && owner.epoch !== this.epoch) return 'fenced'
      if (failure) throw failure
      return 'durable'
    })
  }

  close(): void {
    this.#database.close()
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof MeshError) throw cause
    const isFull = cause instanceof Error && cause.name === 'QuotaExceededError'
    if (isFull) throw new MeshError('storage-full', 'This browser has no room left for decisions', { cause })
    throw new MeshError('storage-lost', 'IndexedDB refused; this tab keeps no copy of the decisions now', { cause })
  }
}
