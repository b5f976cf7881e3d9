/** What people and agents do with the memory store, and what they may rely on. */
import { describe, expect, test, vi } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { clockAheadMsMax, memoryKeyCharsMax, memoryTagsMax, memoryValueBytesMax } from '../../../src/crdt/limits.ts'
import { exchange, HandClock, memoryOf, seen, teach } from './support.ts'

const day = 24 * 3_600_000

describe('one store', () => {
  test('stores, retrieves, lists and deletes by namespace', async () => {
    const ada = memoryOf('ada')
    ada.store('plan', { steps: [1, 2] }, { namespace: 'team', tags: ['draft'] })
    ada.store('plan', 'other')
    expect(await ada.retrieve('plan', { namespace: 'team' })).toEqual({ steps: [1, 2] })
    expect(await ada.retrieve('plan')).toBe('other')
    expect(await ada.retrieve('nothing')).toBeUndefined()
    expect(ada.list().map(({ namespace, key }) => [namespace, key])).toEqual([
      ['default', 'plan'],
      ['team', 'plan'],
    ])
    expect(ada.list({ tag: 'draft' })).toHaveLength(1)
    expect(ada.list({ prefix: 'pl', namespace: 'team' })).toHaveLength(1)
    expect(ada.delete('plan', { namespace: 'team' })).toBe(true)
    expect(ada.delete('plan', { namespace: 'team' })).toBe(false)
    expect(ada.list({ namespace: 'team' })).toEqual([])
  })

  test('forgets what has lived its time, and tells its watchers', () => {
    const clock = new HandClock()
    const ada = memoryOf('ada', clock)
    const told = vi.fn()
    ada.store('short', 1, { ttlMs: 5_000 })
    ada.store('long', 2)
    ada.watch((_, key, entry) => told(key, entry?.value))
    clock.advance(4_999)
    expect(ada.entry('short')?.value).toBe(1)
    clock.advance(1)
    expect(ada.entry('short')).toBeUndefined()
    clock.advance(1_000)
    expect(told.mock.calls).toEqual([['short', undefined]])
    expect(ada.replica.keys).toBe(1)
  })

  test('searches keys, tags and values, and follows what changes', () => {
    const ada = memoryOf('ada')
    ada.store('roadmap', 'Ship the console in spring', { tags: ['planning'] })
    ada.store('lunch', { where: 'the harbour', who: ['Bob'] })
    expect(ada.search('harb').map(({ key }) => key)).toEqual(['lunch'])
    expect(ada.search('planing').map(({ key }) => key)).toEqual(['roadmap'])
    ada.store('lunch', 'cancelled')
    expect(ada.search('harbour')).toEqual([])
    ada.store('map', 'spring')
    expect(ada.search('spring')).toHaveLength(2)
    expect(ada.search('spring', { limit: 1 })).toHaveLength(1)
  })

  test.each<[string, () => void, string]>([
    ['an empty key', () => memoryOf('a').store('', 1), 'invalid-option'],
    ['a key too long', () => memoryOf('a').store('x'.repeat(memoryKeyCharsMax + 1), 1), 'invalid-option'],
    [
      'too many tags',
      () => memoryOf('a').store('k', 1, { tags: Array(memoryTagsMax + 1).fill('t') }),
      'invalid-option',
    ],
    ['a life of no length', () => memoryOf('a').store('k', 1, { ttlMs: 0 }), 'invalid-option'],
    ['a value too large', () => memoryOf('a').store('k', 'x'.repeat(memoryValueBytesMax)), 'too-large'],
    ['a count that is none', () => void memoryOf('a').increment('k', Number.NaN), 'invalid-option'],
  ])('refuses %s', (_, act, code) => {
    expect(act).toThrow(expect.objectContaining({ code }))
  })

  test('says plainly that a strong read needs decisions', async () => {
    await expect(memoryOf('a').retrieve('k', { consistency: 'strong' })).rejects.toMatchObject({ code: 'unsupported' })
  })
})

describe('two stores', () => {
  test('keep and show what lost, until somebody who knows of it writes', () => {
    const clock = new HandClock()
    const [ada, bob] = [memoryOf('ada', clock), memoryOf('bob', clock)]
    ada.store('title', 'from Ada')
    clock.advance(10)
    bob.store('title', 'from Bob')
    exchange(ada, bob)
    for (const store of [ada, bob]) {
      expect(store.entry('title')).toMatchObject({ value: 'from Bob', by: 'peer bob' })
      expect(store.entry('title')?.conflicts).toMatchObject([{ value: 'from Ada', by: 'peer ada' }])
    }
    ada.store('title', 'both')
    exchange(ada, bob)
    expect(bob.entry('title')).toMatchObject({ value: 'both', conflicts: [] })
  })

  test('let a write survive a delete that did not know of it', () => {
    const [ada, bob] = [memoryOf('ada'), memoryOf('bob')]
    ada.store('key', 1)
    exchange(ada, bob)
    ada.delete('key')
    bob.store('key', 2)
    exchange(ada, bob)
    expect(ada.entry('key')?.value).toBe(2)
    expect(seen(bob)).toEqual(seen(ada))
  })

  test('G4: a store that slept for a year brings nothing back that was deleted or expired', () => {
    const clock = new HandClock()
    const [ada, sleeper] = [memoryOf('ada', clock), memoryOf('sleeper', clock)]
    ada.store('deleted', 1)
    ada.store('expired', 1, { ttlMs: 60_000 })
    ada.add('set', 'removed')
    exchange(ada, sleeper)
    ada.delete('deleted')
    ada.remove('set', 'removed')
    clock.advance(365 * day)
    sleeper.store('own', 'written in its sleep')
    exchange(sleeper, ada)
    for (const store of [ada, sleeper]) expect(store.list().map(({ key }) => key)).toEqual(['own'])
  })

  test('G6: two sessions of one cloned store lose and double nothing', () => {
    const original = memoryOf('original')
    original.increment('count', 3)
    original.add('set', 'a')
    const [one, two] = [memoryOf('clone one'), memoryOf('clone two')]
    for (const clone of [one, two]) {
      teach(original, clone)
      clone.increment('count', 1)
      clone.add('set', clone === one ? 'b' : 'c')
    }
    exchange(one, two)
    expect(one.entry('count')?.value).toBe(5)
    expect(two.entry('set')?.value).toEqual(['a', 'b', 'c'])
    expect(seen(one)).toEqual(seen(two))
  })
})

describe('G5: a clock that is a day ahead', () => {
  const heard = (clock: HandClock) => clock.nowMs()

  test('does not win the conflicts of a day: its peer writes by the clock of the others', () => {
    const clocks = [new HandClock(), new HandClock(), new HandClock()] as const
    clocks[2].atMs += day
    const [ada, bob, fast] = ['ada', 'bob', 'fast'].map((name, at) => memoryOf(name, clocks[at])) as ReturnType<
      typeof memoryOf
    >[] as [ReturnType<typeof memoryOf>, ReturnType<typeof memoryOf>, ReturnType<typeof memoryOf>]
    for (const store of [ada, bob, fast])
      for (const [at, clock] of clocks.entries()) store.time.compare(`peer ${at}` as PeerId, heard(clock))
    fast.store('key', 'fast, first')
    for (const clock of clocks) clock.advance(1_000)
    ada.store('key', 'ada, a second later')
    exchange(ada, fast)
    exchange(ada, bob)
    expect(bob.entry('key')?.value).toBe('ada, a second later')
  })

  test('pushes nobody else’s time ahead by more than the bound', () => {
    const clock = new HandClock()
    const fastClock = new HandClock(clock.atMs + day)
    const [ada, fast] = [memoryOf('ada', clock), memoryOf('fast', fastClock)]
    fast.store('key', 'from tomorrow')
    teach(fast, ada)
    ada.store('other', 1)
    expect(ada.entry('other')?.atMs).toBeLessThanOrEqual(clock.atMs + clockAheadMsMax)
  })

  test('does not win against whoever has seen its value', () => {
    const clock = new HandClock()
    const [ada, fast] = [memoryOf('ada', clock), memoryOf('fast', new HandClock(clock.atMs + day))]
    fast.store('key', 'from tomorrow')
    teach(fast, ada)
    ada.store('key', 'seen and replaced')
    exchange(ada, fast)
    expect(fast.entry('key')).toMatchObject({ value: 'seen and replaced', conflicts: [] })
  })
})
