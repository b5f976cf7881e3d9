/** Both stores held to one behaviour, and the keeper that writes them. */
import 'fake-indexeddb/auto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { MeshError } from '../../../src/base/errors.ts'
import type { PeerId } from '../../../src/base/ids.ts'
import { DocReplica } from '../../../src/crdt/doc-replica.ts'
import { recordsBeforeCompaction, storageRetryMs } from '../../../src/crdt/limits.ts'
import type { Origin } from '../../../src/crdt/replica.ts'
import { openIndexedStore } from '../../../src/crdt/storage/indexed-store.ts'
import { Keeper } from '../../../src/crdt/storage/keeper.ts'
import { createMemoryStore, type SharedStore, storageFull } from '../../../src/crdt/storage/store.ts'
import { bytes, describeSharedStore } from '../../suites/shared-store.ts'
import { HandClock } from '../memory/support.ts'

const peer: Origin = { kind: 'peer', peer: 'someone' as PeerId, isWhole: false }

let names = 0
const open: SharedStore[] = []
afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

async function indexed(room = 'room', name = `test-shared-${names++}`): Promise<SharedStore> {
  const store = await openIndexedStore(room, name)
  open.push(store)
  return store
}

describeSharedStore('memory', () => ({ open: async () => createMemoryStore() }))
describeSharedStore('IndexedDB', () => {
  const name = `test-shared-${names++}`
  return { open: () => indexed('room', name), again: () => indexed('room', name) }
})

test('rooms of one browser keep apart, and another tab reads what one wrote', async () => {
  const [one, other] = [await indexed('one', 'both'), await indexed('other', 'both')]
  await one.append('doc/a', bytes(1))
  expect(await other.load('doc/a')).toEqual([])
  expect(await other.names()).toEqual([])
  expect(await (await indexed('one', 'both')).load('doc/a')).toEqual([bytes(1)])
})

describe('the keeper', () => {
  const fresh = (name: string) => new DocReplica(name)
  const keeperOf = (store: SharedStore, clock = new HandClock(), onTrouble = (_: MeshError | undefined) => {}) =>
    new Keeper({ store, clock, fresh, onTrouble })
  const textOf = (replica: DocReplica) => replica.doc.getText('text').toString()

  async function opened(keeper: Keeper): Promise<DocReplica> {
    const replica = new DocReplica('doc/a')
    await keeper.open(replica)
    return replica
  }

  test('writes what is changed here, and reads it back at the next start', async () => {
    const store = createMemoryStore()
    const keeper = keeperOf(store)
    const replica = await opened(keeper)
    replica.doc.getText('text').insert(0, 'kept')
    await keeper.flush()
    expect(textOf(await opened(keeperOf(store)))).toBe('kept')
  })

  test('writes one record for all that comes while one is being written', async () => {
    const store = createMemoryStore()
    const append = vi.spyOn(store, 'append')
    const keeper = keeperOf(store)
    const replica = await opened(keeper)
    for (let at = 0; at < 100; at++) replica.doc.getText('text').insert(0, 'x')
    await vi.waitFor(async () => expect(textOf(await opened(keeperOf(store)))).toHaveLength(100))
    expect(append.mock.calls.length).toBeLessThanOrEqual(3)
  })

  test('leaves what comes from others to the writer, so that tabs of one browser write it once', async () => {
    const store = createMemoryStore()
    const [idle, writer] = [keeperOf(store), keeperOf(store)]
    const replicas = [await opened(idle), await opened(writer)]
    await writer.becomeWriter()
    const author = new DocReplica('doc/a')
    author.doc.getText('text').insert(0, 'from afar')
    for (const replica of replicas) replica.merge(author.whole(), peer)
    await idle.flush()
    await writer.flush()
    expect(await store.load('doc/a')).toHaveLength(1)
  })

  test('whoever becomes the writer writes what the last one did not', async () => {
    const store = createMemoryStore()
    const keeper = keeperOf(store)
    const replica = await opened(keeper)
    const author = new DocReplica('doc/a')
    author.doc.getText('text').insert(0, 'from afar')
    replica.merge(author.whole(), peer)
    await keeper.flush()
    expect(await store.load('doc/a')).toEqual([])
    await keeper.becomeWriter()
    expect(textOf(await opened(keeperOf(store)))).toBe('from afar')
    await keeper.becomeWriter()
    expect(await store.load('doc/a')).toHaveLength(1)
  })

  test('makes one record of many', async () => {
    const store = createMemoryStore()
    const keeper = keeperOf(store)
    const replica = await opened(keeper)
    await keeper.becomeWriter()
    for (let at = 0; at <= recordsBeforeCompaction; at++) {
      replica.doc.getText('text').insert(0, 'x')
      await keeper.flush()
      await vi.waitFor(async () => expect(textOf(await opened(keeperOf(store)))).toHaveLength(at + 1))
    }
    expect((await store.load('doc/a')).length).toBeLessThan(5)
    expect(textOf(await opened(keeperOf(store)))).toHaveLength(recordsBeforeCompaction + 1)
  })

  test('tells once that the disk is full, loses nothing, and writes all of it when there is room again', async () => {
    const store = createMemoryStore()
    const clock = new HandClock()
    const trouble = vi.fn()
    const keeper = keeperOf(store, clock, trouble)
    const replica = await opened(keeper)
    replica.doc.getText('text').insert(0, 'before ')
    await keeper.flush()
    await vi.waitFor(async () => expect(await store.load('doc/a')).toHaveLength(1))
    const full = vi.spyOn(store, 'append').mockRejectedValue(storageFull())
    for (const word of ['while ', 'it is ', 'full ']) {
      replica.doc.getText('text').insert(0, word)
      await keeper.flush()
    }
    expect(trouble).toHaveBeenCalledOnce()
    expect(trouble.mock.calls[0]?.[0]).toMatchObject({ code: 'storage-full' })
    expect(textOf(await opened(keeperOf(store)))).toBe('before ')
    full.mockRestore()
    clock.advance(storageRetryMs)
    await vi.waitFor(() => expect(trouble).toHaveBeenCalledTimes(2))
    expect(trouble.mock.calls[1]).toEqual([undefined])
    expect(textOf(await opened(keeperOf(store)))).toBe('full it is while before ')
  })
})
