/** What every store of shared state must keep, whatever it is made of (src/crdt/storage/store.ts). */
import { describe, expect, test } from 'vitest'
import type { SharedStore } from '../../src/crdt/storage/store.ts'

export const bytes = (...values: number[]) => Uint8Array.from(values)
export const joined = (updates: readonly Uint8Array[]) => Uint8Array.from(updates.flatMap(update => [...update]))

/** `again`: the store as the next process, or tab, finds it, where it outlives one. */
export interface StoreWorld {
  open(): Promise<SharedStore>
  again?(former: SharedStore): Promise<SharedStore>
}

export function describeSharedStore(name: string, newWorld: () => Promise<StoreWorld> | StoreWorld): void {
  describe(`a store in ${name}`, () => {
    const create = async () => (await newWorld()).open()

    test('gives back what was appended, in order, by replica', async () => {
      const store = await create()
      for (const update of [bytes(1), bytes(2), bytes(3)]) await store.append('doc/a', update)
      await store.append('memory', bytes(9))
      expect(await store.load('doc/a')).toEqual([bytes(1), bytes(2), bytes(3)])
      expect(await store.load('doc/none')).toEqual([])
      expect([...(await store.names())].sort()).toEqual(['doc/a', 'memory'])
    })

    test('keeps the order of what is appended at once, and any bytes under any name', async () => {
      const store = await create()
      const long = `doc/${'ä/.. \n'.repeat(21)}`
      const updates = Array.from({ length: 40 }, (_, at) => bytes(at, 255, 0, 10, 13))
      await Promise.all(updates.map(update => store.append(long, update)))
      await store.append('doc/large', new Uint8Array(300_000).fill(10))
      expect(await store.load(long)).toEqual(updates)
      expect((await store.load('doc/large'))[0]).toHaveLength(300_000)
    })

    test('keeps a copy: what the caller does with its bytes afterwards is its own', async () => {
      const store = await create()
      const update = bytes(1)
      const done = store.append('doc/a', update)
      await done
      update[0] = 2
      expect(await store.load('doc/a')).toEqual([bytes(1)])
    })

    test('puts one record in place of all', async () => {
      const store = await create()
      for (const update of [bytes(1), bytes(2), bytes(3)]) await store.append('doc/a', update)
      expect(await store.compact('doc/a', joined)).toBe(3)
      expect(await store.load('doc/a')).toEqual([bytes(1, 2, 3)])
      expect(await store.compact('doc/none', joined)).toBe(0)
      await store.append('doc/a', bytes(4))
      expect(await store.load('doc/a')).toEqual([bytes(1, 2, 3), bytes(4)])
    })

    test('loses nothing that is appended while it makes one of all', async () => {
      const store = await create()
      await store.append('doc/a', bytes(1))
      await Promise.all([
        store.compact('doc/a', joined),
        store.append('doc/a', bytes(2)),
        store.compact('doc/a', joined),
        store.append('doc/a', bytes(3)),
      ])
      expect(joined(await store.load('doc/a'))).toEqual(bytes(1, 2, 3))
    })

    test('keeps what it had where making one of all fails', async () => {
      const store = await create()
      await store.append('doc/a', bytes(1))
      const failing = () => {
        throw new Error('no')
      }
      await expect(store.compact('doc/a', failing)).rejects.toThrow()
      expect(await store.load('doc/a')).toEqual([bytes(1)])
      await store.append('doc/a', bytes(2))
      expect(await store.load('doc/a')).toEqual([bytes(1), bytes(2)])
    })

    test('is found again as it was', async ({ skip }) => {
      const world = await newWorld()
      if (!world.again) return skip()
      const store = await world.open()
      await store.append('doc/a', bytes(1))
      await store.append('doc/a', bytes(2))
      await store.compact('doc/a', joined)
      await store.append('doc/a', bytes(3))
      await store.append('memory', bytes(9))
      const found = await world.again(store)
      expect(await found.load('doc/a')).toEqual([bytes(1, 2), bytes(3)])
      expect([...(await found.names())].sort()).toEqual(['doc/a', 'memory'])
    })
  })
}
