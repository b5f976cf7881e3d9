/** G1 for the memory store: merging is commutative, associative and idempotent, and deltas in any order come to the same. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryReplica } from '../../../src/crdt/memory/replica.ts'
import type { MemoryStore } from '../../../src/crdt/memory/store.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'
import { mutated, randomBytes } from '../../mesh/support/fuzz.ts'
import { exchange, HandClock, memoryOf, seen, stored, teach } from './support.ts'

type Act = readonly [who: number, what: number, key: number, value: number]

const acts = fc.array(fc.tuple(fc.nat(2), fc.nat(6), fc.nat(2), fc.nat(4)), { minLength: 1, maxLength: 40 })

/** Three stores after a history in which they now and then hear of each other; and each change as it was told. */
function historyOf(history: readonly Act[]): { stores: MemoryStore[]; deltas: Uint8Array[] } {
  const deltas: Uint8Array[] = []
  const clock = new HandClock()
  const stores = ['ada', 'bob', 'cyd'].map(name => memoryOf(name, clock))
  for (const { replica } of stores)
    replica.onUpdate((update, origin) => {
      if (origin.kind === 'local') deltas.push(update)
    })
  for (const [who, what, keyNumber, value] of history) {
    const store = stores[who] as MemoryStore
    const key = `key ${keyNumber}`
    clock.advance(value)
    if (what <= 1) store.store(key, value)
    else if (what === 2) store.delete(key)
    else if (what === 3) store.increment(key, value - 2)
    else if (what === 4) store.add(key, value)
    else if (what === 5) store.remove(key, value)
    else teach(stores[value % 3] as MemoryStore, store)
  }
  return { stores, deltas }
}

const stateOf = (store: MemoryStore) => store.replica.missing(new Uint8Array(0))

function merged(...updates: readonly Uint8Array[]): MemoryStore {
  const store = memoryOf('reader')
  for (const update of updates) expect(store.replica.merge(update, stored)).toBeUndefined()
  return store
}

function expectSame(one: MemoryStore, other: MemoryStore): void {
  expect(other.replica.digest()).toBe(one.replica.digest())
  expect(seen(other)).toEqual(seen(one))
}

describe('merging', () => {
  test('is commutative, associative and idempotent', () => {
    const run = fc.property(acts, history => {
      const [a, b, c] = historyOf(history).stores.map(stateOf) as [Uint8Array, Uint8Array, Uint8Array]
      expectSame(merged(a, b), merged(b, a))
      expectSame(merged(stateOf(merged(a, b)), c), merged(a, stateOf(merged(b, c))))
      expectSame(merged(a, a, b, a), merged(a, b))
    })
    fc.assert(run, { numRuns: 300 })
  })

  test('of all deltas in any order, some of them twice, comes to the same as merging whole states', () => {
    const run = fc.property(acts, fc.infiniteStream(fc.nat(1_000)), (history, keys) => {
      const { stores, deltas } = historyOf(history)
      const shuffled = [...deltas, ...deltas.slice(0, 3)]
        .map(delta => ({ delta, key: keys.next().value ?? 0 }))
        .sort((one, other) => one.key - other.key)
        .map(({ delta }) => delta)
      expectSame(merged(...shuffled), merged(...stores.map(stateOf)))
      expectSame(merged(new MemoryReplica().combine(shuffled)), merged(...shuffled))
    })
    fc.assert(run, { numRuns: 300 })
  })

  test('by questions and answers ends equal after any loss', () => {
    const run = fc.property(acts, fc.infiniteStream(fc.boolean()), (history, keeps) => {
      const { deltas } = historyOf(history)
      const [one, other] = [memoryOf('one'), memoryOf('other')]
      for (const delta of deltas)
        for (const { replica } of [one, other]) if (keeps.next().value) replica.merge(delta, stored)
      exchange(one, other)
      expectSame(one, other)
    })
    fc.assert(run, { numRuns: 300 })
  })

  test('after any loss is known to be needed: stores that read differently never have one digest', () => {
    const run = fc.property(acts, fc.nat(), (history, lost) => {
      const { stores, deltas } = historyOf(history)
      const all = merged(...stores.map(stateOf))
      const some = merged(...deltas.filter((_, at) => at !== lost % deltas.length))
      if (JSON.stringify(seen(some)) !== JSON.stringify(seen(all)))
        expect(some.replica.digest()).not.toBe(all.replica.digest())
    })
    fc.assert(run, { numRuns: 1_000 })
  })

  test('mends what a lost delta left behind, though a later one named all that it had seen', () => {
    const [ada, bob, cyd, reader] = ['ada', 'bob', 'cyd', 'reader'].map(name => memoryOf(name)) as [
      MemoryStore,
      MemoryStore,
      MemoryStore,
      MemoryStore,
    ]
    ada.store('key', 'first')
    teach(ada, reader)
    teach(ada, bob)
    bob.store('key', 'second') // never heard by the reader
    teach(bob, cyd)
    const told: Uint8Array[] = []
    cyd.replica.onUpdate((update, { kind }) => void (kind === 'local' && told.push(update)))
    cyd.delete('key')
    for (const update of told) reader.replica.merge(update, stored)
    expect(reader.replica.digest()).not.toBe(cyd.replica.digest())
    teach(cyd, reader)
    expect(reader.entry('key')).toBeUndefined()
    expect(reader.replica.digest()).toBe(cyd.replica.digest())
  })

  test('keeps every addition to a counter, and every element that nobody removed', () => {
    const additions = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: -5, max: 5 }), fc.boolean()), { maxLength: 40 })
    const run = fc.property(additions, history => {
      const stores = ['ada', 'bob', 'cyd'].map(name => memoryOf(name))
      for (const [who, by, hears] of history) {
        const store = stores[who] as MemoryStore
        store.increment('count', by)
        store.add('set', by)
        if (hears) teach(stores[(who + 1) % 3] as MemoryStore, store)
      }
      const all = merged(...stores.map(stateOf))
      const sum = history.reduce((sum, [, by]) => sum + by, 0)
      expect(all.entry('count')?.value ?? 0).toBe(sum)
      expect(new Set((all.entry('set')?.value as number[] | undefined) ?? [])).toEqual(
        new Set(history.map(([, by]) => by)),
      )
    })
    fc.assert(run, { numRuns: 200 })
  })
})

test('what makes no sense changes nothing and never throws', () => {
  const random = new Sfc32(5, 'fuzz')
  const store = memoryOf('ada')
  for (let at = 0; at < 20; at++) store.store(`key ${at}`, { at })
  const state = stateOf(store)
  let dropped = 0
  for (let round = 0; round < 800; round++) {
    const bytes = round % 2 ? mutated(random, state) : randomBytes(random, 300)
    const target = merged(state)
    const before = [target.replica.digest(), seen(target)]
    if (!target.replica.merge(bytes, stored)) continue
    dropped++
    expect([target.replica.digest(), seen(target)]).toEqual(before)
  }
  expect(dropped).toBeGreaterThan(400)
  expect(() => store.replica.missing(new Uint8Array([1, 2]))).toThrow(expect.objectContaining({ code: 'malformed' }))
})
