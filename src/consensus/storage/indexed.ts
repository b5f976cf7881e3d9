/**
 * Members' disks in IndexedDB: a database of its own for each member, one record per batch (DESIGN, fact 14), strict durability,
 * the epoch checked in each transaction. An index of all members of this browser tells a new tab which there are; a member whose
 * database is gone, or cannot be read whole, is `missing`, and is never brought back under its old id (R16).
 *
 * Where the browser has private files, what a term appends goes to a journal beside the database, which is six times as quick, and from
 * there to the database in one record (decision 10). Its file is open in one life at most, which is the fence of what is in it. Terms,
 * votes and snapshots go to the database at once.
 */
import { deleteDB, type IDBPDatabase, openDB } from 'idb'
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { MemberId } from '../raft/messages.ts'
import type { RestoredState } from '../raft/state.ts'
import { all, guarded, IndexedStore, strict } from './indexed-store.ts'
import { Journal } from './journal.ts'
import type { JournalFile, Journals } from './journals.ts'
import { storedMembersMax, storeSchemaVersion } from './limits.ts'
import { LiveRecords } from './live-records.ts'
import { type BatchRecord, fold, parseBatch, parseSnapshot, seal } from './record.ts'
import type { MemberStores, OpenedStore, StoredMember } from './store.ts'

const indexName = 'tabmesh-raft'

const aboutSchema = v.strictObject({
  schema: v.literal(storeSchemaVersion),
  member: v.string(),
  generation: v.string(),
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  key: v.instance(Uint8Array),
  /** It has a journal: without that it is not whole. */
  journal: v.optional(v.literal(true)),
})
type About = v.InferOutput<typeof aboutSchema>

const indexSchema = v.strictObject({
  schema: v.literal(storeSchemaVersion),
  room: v.string(),
  member: v.string(),
  generation: v.string(),
  isAside: v.boolean(),
})

export interface IndexedStoresOptions {
  /** The room's hash. */
  readonly room: string
  readonly clock: Clock
  /** Undefined where the browser has no private files. */
  readonly journals: Journals | undefined
}

export async function openIndexedStores(options: IndexedStoresOptions): Promise<MemberStores> {
  const index = await openDB(indexName, storeSchemaVersion, {
    upgrade: database => void database.createObjectStore('members', { keyPath: ['room', 'member'] }),
    blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
  }).catch(cause => {
    throw new MeshError('storage-lost', 'IndexedDB cannot be opened here, so this tab keeps no copy', { cause })
  })
  return new IndexedStores(options, index)
}

class IndexedStores implements MemberStores {
  readonly #room: string
  readonly #clock: Clock
  readonly #journals: Journals | undefined
  readonly #index: IDBPDatabase

  constructor({ room, clock, journals }: IndexedStoresOptions, index: IDBPDatabase) {
    this.#room = room
    this.#clock = clock
    this.#journals = journals
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
      const { database } = await openMember(this.#nameOf(member))
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

  async open(member: MemberId): Promise<OpenedStore | 'missing' | 'busy'> {
    const name = this.#nameOf(member)
    const opened = await guarded(async () => {
      const journal = await this.#journals?.open(fileOf(name))
      if (journal === 'busy') return journal
      let isOpen = false
      try {
        const found = await open(name, member, this.#clock, journal)
        isOpen = found !== 'missing'
        return found
      } finally {
        if (!isOpen) journal?.file.close()
      }
    })
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
    await guarded(async () => this.#journals?.remove(fileOf(this.#nameOf(member))))
    await guarded(() => this.#index.delete('members', [this.#room, member]))
  }

  close(): void {
    this.#index.close()
  }

  #nameOf(member: MemberId): string {
    return `tabmesh-raft:${this.#room}:${member}`
  }
}

const fileOf = (name: string) => encodeURIComponent(name)

async function openMember(name: string): Promise<{ database: IDBPDatabase; isLost: () => boolean }> {
  let isLost = false
  const database = await openDB(name, storeSchemaVersion, {
    upgrade: database => {
      for (const store of all) database.createObjectStore(store)
    },
    // A newer build, or a person who clears this site's data: let them. The next write says `storage-lost`.
    blocking: (_from, _to, event) => {
      isLost = true
      ;(event.target as IDBDatabase).close()
    },
    terminated: () => {
      isLost = true
    },
  })
  return { database, isLost: () => isLost }
}

/** Reads all and counts the epoch up in one transaction: no write of an earlier life can come in between. */
async function open(
  name: string,
  member: MemberId,
  clock: Clock,
  file: JournalFile | undefined,
): Promise<OpenedStore | 'missing'> {
  const { database, isLost } = await openMember(name)
  let isOpen = false
  try {
    const transaction = database.transaction(all, 'readwrite', strict)
    transaction.done.catch(() => {}) // what is awaited below says the same
    const log = transaction.objectStore('log')
    const [about, snapshot, numbers, records] = await Promise.all([
      transaction.objectStore('about').get('about'),
      transaction.objectStore('snapshot').get('snapshot'),
      log.getAllKeys(),
      log.getAll(),
    ])
    const found = read(member, about, snapshot, numbers as number[], records, file)
    const epoch = (found?.about.epoch ?? 0) + 1
    if (found) {
      const next: About = { ...found.about, epoch, ...(file && { journal: true }) }
      await transaction.objectStore('about').put(next, 'about')
    }
    await transaction.done
    if (!found) return 'missing'
    const { restored, live, about: known, journal, stored } = found
    const store = new IndexedStore({ database, isLost, member, epoch, live, journal, stored, clock })
    isOpen = true
    return { store, restored, key: known.key }
  } finally {
    if (!isOpen) database.close()
  }
}

function read(
  member: MemberId,
  about: unknown,
  snapshot: unknown,
  numbers: readonly number[],
  records: unknown[],
  file: JournalFile | undefined,
) {
  const known = v.safeParse(aboutSchema, about)
  const base = parseSnapshot(snapshot)
  if (!known.success || known.output.member !== member || base instanceof Error) return undefined
  if (known.output.journal && !file)
    throw new MeshError('storage-lost', 'This browser keeps private files no more, so this tab keeps no copy')
  if (known.output.journal && file?.isNew) return undefined // its journal was deleted
  const batches: [number, BatchRecord][] = []
  for (const [place, record] of records.entries()) {
    const batch = parseBatch(record)
    if (batch instanceof Error) return undefined // a transaction that ended cannot be torn: this disk is rotten
    batches.push([numbers[place] as number, batch])
  }
  const live = LiveRecords.of(batches)
  const journal = file && Journal.open(file.file, live.next - 1)
  const stored = batches.at(-1)?.[1]
  if (!stored || (file && !journal)) return undefined
  const folded = fold([...batches.map(([, batch]) => batch), ...(journal?.records ?? [])])
  if (!folded || folded.snapshot !== base.index) return undefined
  const { generation } = known.output
  const { hard, entries } = folded
  const restored: RestoredState = { member, generation, hard, snapshot: base, entries, applied: base.index }
  return { about: known.output, restored, live, journal, stored }
}
