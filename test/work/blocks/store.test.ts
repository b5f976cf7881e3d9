/** Both block stores, held to one behaviour. */
import 'fake-indexeddb/auto'
import { afterEach, describe, expect, test } from 'vitest'
import type { BlockHash, JobId } from '../../../src/base/ids.ts'
import { openIndexedStore } from '../../../src/work/blocks/indexed-store.ts'
import { type BlockStore, createMemoryStore } from '../../../src/work/blocks/store.ts'
import { blockAgeMsMax } from '../../../src/work/limits.ts'

const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(64) as BlockHash) as [BlockHash, BlockHash, BlockHash]
const [first, second] = ['first', 'second'] as JobId[] as [JobId, JobId]
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value)

let nextName = 0
const open: BlockStore[] = []
afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

async function indexed(bytesMax: number, name = `test-blocks-${nextName++}`, nowMs = () => 0): Promise<BlockStore> {
  const store = await openIndexedStore({ nowMs, name, bytesMax })
  open.push(store)
  return store
}

describe.each<[string, (bytesMax: number) => Promise<BlockStore>]>([
  ['memory', async bytesMax => createMemoryStore({ bytesMax })],
  ['IndexedDB', bytesMax => indexed(bytesMax)],
])('a block store in %s', (_, create) => {
  test('gives back what it was given, and says what it holds', async () => {
    const store = await create(1_000)
    await store.put(first, a, bytes(10, 7))
    expect(await store.get(a)).toEqual(bytes(10, 7))
    expect(await store.get(b)).toBeUndefined()
    expect(await store.held([b, a])).toEqual(new Set([a]))
  })

  test('refuses what is over its limit with storage-full, and takes it once there is room', async () => {
    const store = await create(25)
    await store.put(first, a, bytes(10))
    await store.put(second, b, bytes(10))
    await expect(store.put(first, c, bytes(10))).rejects.toMatchObject({ code: 'storage-full' })
    expect(await store.get(c)).toBeUndefined()
    await store.put(first, a, bytes(10)) // already here: costs nothing
    await store.release(first)
    await store.put(second, c, bytes(10))
    expect(await store.held([a, b, c])).toEqual(new Set([b, c]))
  })

  test('keeps a block until the last job that needs it lets go', async () => {
    const store = await create(1_000)
    await store.put(first, a, bytes(10))
    await store.put(second, a, bytes(10))
    await store.release(first)
    expect(await store.get(a)).toBeDefined()
    await store.release(second)
    expect(await store.get(a)).toBeUndefined()
    await store.release(second)
  })

  test('moves what was kept for a draft to its job', async () => {
    const store = await create(1_000)
    const draft = 'draft' as JobId
    await store.put(draft, a, bytes(10))
    await store.move(draft, first)
    await store.release(draft)
    expect(await store.get(a)).toBeDefined()
    await store.release(first)
    expect(await store.get(a)).toBeUndefined()
  })
})

describe('the IndexedDB store', () => {
  test('is shared by all tabs of the browser, and outlives them', async () => {
    const one = await indexed(1_000, 'shared')
    const two = await indexed(1_000, 'shared')
    await one.put(first, a, bytes(10))
    expect(await two.get(a)).toEqual(bytes(10))
    one.close()
    const three = await indexed(1_000, 'shared')
    expect(await three.held([a])).toEqual(new Set([a]))
    expect(three.isShared).toBe(true)
  })

  test('counts what other tabs keep against the one limit', async () => {
    const one = await indexed(15, 'limit')
    const two = await indexed(15, 'limit')
    await one.put(first, a, bytes(10))
    await expect(two.put(second, b, bytes(10))).rejects.toMatchObject({ code: 'storage-full' })
  })

  test('sweeps what no tab released, once it is old', async () => {
    let now = 0
    const one = await indexed(15, 'old', () => now)
    await one.put(first, a, bytes(10))
    now = blockAgeMsMax - 1
    expect(await (await indexed(15, 'old', () => now)).get(a)).toBeDefined()
    now = blockAgeMsMax
    const later = await indexed(15, 'old', () => now)
    expect(await later.get(a)).toBeUndefined()
    await later.put(second, b, bytes(10)) // its room is free again
  })
})
