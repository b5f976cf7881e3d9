/** The acceptance suite of stores, over IndexedDB in Node. The same suite runs in real browsers (test/browser/raft-storage.test.ts). */
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { describe, expect, test, vi } from 'vitest'
import type { Clock } from '../../../src/base/clock.ts'
import { systemClock } from '../../../src/base/system.ts'
import type { Entry, MemberId } from '../../../src/consensus/raft/messages.ts'
import { openIndexedStores } from '../../../src/consensus/storage/indexed.ts'
import type { Journals } from '../../../src/consensus/storage/journals.ts'
import { journalRestMs } from '../../../src/consensus/storage/limits.ts'
import type { Batch, MemberStore, MemberStores } from '../../../src/consensus/storage/store.ts'
import { ada, describeStorage, genesis, type StorageWorld, wentOff } from '../../suites/raft-storage.ts'
import { ForgetfulFiles } from './support/forgetful-files.ts'

const room = 'abc123'

/**
 * A transaction is what lands whole or not at all, so crashes come between transactions, and in the midst of one: it began, and
 * aborts. Counted by the browser's own requests for transactions.
 */
class IndexedWorld implements StorageWorld {
  writes = 0
  #left = Number.POSITIVE_INFINITY
  #isFull = false
  readonly #stores: MemberStores[] = []
  readonly #spies: { mockRestore(): void }[] = []
  /** Flushes of a journal are writes too. */
  readonly files = new ForgetfulFiles(() => this.#lands())
  journals: Journals | undefined
  /** How far its clock is ahead of this machine's. */
  skewMs = 0
  readonly #clock: Clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + this.skewMs }

  constructor(hasJournals = false) {
    this.journals = hasJournals ? this.files : undefined
    globalThis.indexedDB = new IDBFactory()
    const world = this
    const { transaction } = IDBDatabase.prototype
    const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...args: Parameters<IDBDatabase['transaction']>
    ) {
      const begun = transaction.apply(this, args)
      if (args[1] !== 'readwrite') return begun
      if (world.#lands()) return begun
      queueMicrotask(() => begun.abort()) // its requests have been made, and none of them counts
      return begun
    })
    const { put } = IDBObjectStore.prototype
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      ...args: Parameters<IDBObjectStore['put']>
    ) {
      if (world.#isFull) throw new DOMException('no room', 'QuotaExceededError')
      return put.apply(this, args)
    })
    this.#spies.push(spy, full)
  }

  #lands(): boolean {
    if (this.#left-- > 0) {
      this.writes++
      return true
    }
    wentOff(this)
    return false
  }

  async boot(): Promise<MemberStores> {
    const stores = await openIndexedStores({ room, clock: this.#clock, journals: this.journals })
    this.#stores.push(stores)
    return stores
  }

  crashAfter(count: number): void {
    this.#left = count
    this.writes = 0
  }

  powerOn(): void {
    this.#left = Number.POSITIVE_INFINITY
    this.files.powerOn()
  }

  async spoil(member: MemberId): Promise<void> {
    const database = await opened(`tabmesh-raft:${room}:${member}`)
    const log = database.transaction('log', 'readwrite').objectStore('log')
    const request = log.get(2)
    await new Promise<void>(resolve => {
      request.onsuccess = () => {
        const record = request.result as { text: string }
        log.put({ ...record, text: record.text.replace('2', '3') }, 2)
        log.transaction.oncomplete = () => resolve()
      }
    })
    database.close()
  }

  setFull(isFull: boolean): void {
    this.#isFull = isFull
    this.files.isFull = isFull
  }

  async end(): Promise<void> {
    for (const stores of this.#stores) stores.close()
    for (const spy of this.#spies) spy.mockRestore()
  }
}

function opened(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

describeStorage('IndexedDB', async () => new IndexedWorld(), { canBeFull: true })
describeStorage('IndexedDB with journals', async () => new IndexedWorld(true), { canBeFull: true, isExclusive: true })

test.each([false, true])(
  'a database that somebody deletes is let go, and the next write says so (journal: %s)',
  async hasJournals => {
    const world = new IndexedWorld(hasJournals)
    const stores = await world.boot()
    await stores.create(genesis, new Uint8Array(1))
    const first = await stores.open(ada)
    if (typeof first === 'string') throw new Error(first)
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(`tabmesh-raft:${room}:${ada}`)
      request.onsuccess = () => resolve()
      request.onerror = () => reject(request.error)
    })
    const batch: Batch = { hard: genesis.hard, snapshot: undefined, keepFrom: 2, keepTo: 1, entries: [] }
    await expect(first.store.write(batch)).rejects.toMatchObject({ code: 'storage-lost' })
    first.store.close()
    expect(await stores.open(ada)).toBe('missing')
    expect(await stores.list()).toEqual([])
    await world.end()
  },
)

test('two rooms of one browser do not see each other', async () => {
  const world = new IndexedWorld()
  const [one, two] = (await Promise.all(
    ['one', 'two'].map(room => openIndexedStores({ room, clock: systemClock, journals: undefined })),
  )) as [MemberStores, MemberStores]
  await one.create(genesis, new Uint8Array(1))
  expect(await two.list()).toEqual([])
  expect(await two.open(ada)).toBe('missing')
  expect(await one.list()).toHaveLength(1)
  await world.end()
})

describe('with a journal', () => {
  const entry = (index: number): Entry => {
    return { kind: 'command', index, term: 1, timeMs: 0, bytes: 5, session: '', sequence: 0, payload: 'x' }
  }
  const appended = (index: number, hard = genesis.hard): Batch => {
    return { hard, snapshot: undefined, keepFrom: 2, keepTo: index - 1, entries: [entry(index)] }
  }
  async function inWorld(use: (world: IndexedWorld, store: MemberStore) => Promise<void>): Promise<void> {
    const world = new IndexedWorld(true)
    const stores = await world.boot()
    await stores.create(genesis, new Uint8Array(1))
    const opened = await stores.open(ada)
    if (typeof opened === 'string') throw new Error(opened)
    try {
      await use(world, opened.store)
    } finally {
      await world.end()
    }
  }
  const recordsOf = async () => {
    const database = await opened(`tabmesh-raft:${room}:${ada}`)
    const request = database.transaction('log').objectStore('log').getAll()
    const records = await new Promise<{ text: string }[]>(resolve => {
      request.onsuccess = () => resolve(request.result)
    })
    database.close()
    return records.map(({ text }) => JSON.parse(text) as { hard: { term: number }; entries: { index: number }[] })
  }

  test('what a term appends goes there, and with the next term to the database as one record', () =>
    inWorld(async (_world, store) => {
      for (const index of [2, 3, 4]) await store.write(appended(index))
      expect(await recordsOf()).toMatchObject([{ entries: [] }]) // of its making
      await store.write(appended(5, { ...genesis.hard, term: 7, votedFor: ada }))
      const entries = [2, 3, 4, 5].map(index => ({ index }))
      expect(await recordsOf()).toMatchObject([{ hard: { term: 7 }, entries }])
    }))

  test('a disk on which a flush takes long is written through the database for a while', () =>
    inWorld(async (world, store) => {
      world.files.onFlush = () => {
        world.skewMs += 50
      }
      await store.write(appended(2))
      expect(await recordsOf()).toMatchObject([{ entries: [] }])
      await store.write(appended(3))
      expect(await recordsOf()).toMatchObject([{ entries: [{ index: 2 }, { index: 3 }] }])
      await store.write(appended(4))
      expect(await recordsOf()).toHaveLength(2)
      world.skewMs += journalRestMs
      await store.write(appended(5))
      expect(await recordsOf()).toHaveLength(2)
    }))

  test('a member whose journal was deleted is missing; one whose journal cannot be reached is left alone', () =>
    inWorld(async (world, store) => {
      await store.write(appended(2))
      store.close()
      world.journals = undefined
      const without = await world.boot()
      const closing = vi.spyOn(IDBDatabase.prototype, 'close')
      await expect(without.open(ada)).rejects.toMatchObject({ code: 'storage-lost' })
      expect(closing, 'its database is not left open').toHaveBeenCalledOnce()
      closing.mockRestore()
      world.journals = world.files
      const again = await world.boot()
      expect((await again.list()).length).toBe(1)
      await world.files.remove(encodeURIComponent(`tabmesh-raft:${room}:${ada}`))
      expect(await again.open(ada)).toBe('missing')
    }))
})
