/** The acceptance suite of stores, over IndexedDB in Node. The same suite runs in real browsers (test/browser/raft-storage.test.ts). */
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { expect, test, vi } from 'vitest'
import type { MemberId } from '../../../src/consensus/raft/messages.ts'
import { openIndexedStores } from '../../../src/consensus/storage/indexed.ts'
import type { Batch, MemberStores } from '../../../src/consensus/storage/store.ts'
import { ada, describeStorage, genesis, type StorageWorld, wentOff } from '../../suites/raft-storage.ts'

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

  constructor() {
    globalThis.indexedDB = new IDBFactory()
    const world = this
    const { transaction } = IDBDatabase.prototype
    const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...args: Parameters<IDBDatabase['transaction']>
    ) {
      const begun = transaction.apply(this, args)
      if (args[1] !== 'readwrite') return begun
      if (world.#left-- > 0) {
        world.writes++
        return begun
      }
      wentOff(world)
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

  async boot(): Promise<MemberStores> {
    const stores = await openIndexedStores(room)
    this.#stores.push(stores)
    return stores
  }

  crashAfter(count: number): void {
    this.#left = count
    this.writes = 0
  }

  powerOn(): void {
    this.#left = Number.POSITIVE_INFINITY
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

test('a database that somebody deletes is let go, and the next write says so', async () => {
  const world = new IndexedWorld()
  const stores = await world.boot()
  await stores.create(genesis, new Uint8Array(1))
  const first = await stores.open(ada)
  if (first === 'missing') throw new Error('missing')
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`tabmesh-raft:${room}:${ada}`)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
  const batch: Batch = { hard: genesis.hard, snapshot: undefined, keepFrom: 2, keepTo: 1, entries: [] }
  await expect(first.store.write(batch)).rejects.toMatchObject({ code: 'storage-lost' })
  expect(await stores.open(ada)).toBe('missing')
  expect(await stores.list()).toEqual([])
  await world.end()
})

test('two rooms of one browser do not see each other', async () => {
  const world = new IndexedWorld()
  const [one, two] = [await openIndexedStores('one'), await openIndexedStores('two')]
  await one.create(genesis, new Uint8Array(1))
  expect(await two.list()).toEqual([])
  expect(await two.open(ada)).toBe('missing')
  expect(await one.list()).toHaveLength(1)
  await world.end()
})
