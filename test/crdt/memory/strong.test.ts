/** Strong reads and writes: stores that hear of each other late, over a register whose answers take their time. */
import { describe, expect, test, vi } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import type { Json } from '../../../src/base/json.ts'
import { strongKeyCharsMax } from '../../../src/crdt/limits.ts'
import { MemoryStore } from '../../../src/crdt/memory/store.ts'
import type { Register } from '../../../src/crdt/memory/strong.ts'
import { type HistoryEvent, operationsOf } from '../../../src/simulator/checkers/history.ts'
import { checkLinearizable } from '../../../src/simulator/checkers/linearizability.ts'
import { registerModel } from '../../../src/simulator/checkers/models.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'
import { exchange, HandClock, teach } from './support.ts'

vi.setConfig({ testTimeout: 60_000 }) // never reached but on a machine that does much else

const day = 24 * 3_600_000
const strong = { consistency: 'strong' } as const

/** Linearizable by construction: each call takes effect at one instant, some turns after it was made, and is answered some turns later. */
class LateRegister implements Register {
  readonly cells = new Map<string, Json>()
  readonly #turns: () => number
  isRefusing = false

  constructor(turns: () => number = () => 1) {
    this.#turns = turns
  }

  async get(key: string) {
    await this.#wait()
    const value = this.cells.get(key)
    await this.#wait()
    return value
  }

  async compareAndSet(key: string, expected: Json | undefined, value: Json) {
    await this.#wait()
    const found = this.cells.get(key)
    const swapped = JSON.stringify(found) === JSON.stringify(expected)
    if (swapped) this.cells.set(key, JSON.parse(JSON.stringify(value)) as Json)
    await this.#wait()
    return { swapped, value: swapped ? value : found }
  }

  async #wait(): Promise<void> {
    for (let left = this.#turns(); left > 0; left--) await Promise.resolve()
    if (this.isRefusing) throw new MeshError('no-quorum', 'too few', { outcome: 'unknown' })
  }
}

function storeOf(name: string, register: Register, clock = new HandClock()): MemoryStore {
  return new MemoryStore({
    self: { id: `peer ${name}` as PeerId, session: `session-${name}` as SessionId },
    clock,
    register,
  })
}

function pair(clocks = [new HandClock(), new HandClock()]) {
  const register = new LateRegister()
  return { register, ada: storeOf('ada', register, clocks[0]), bob: storeOf('bob', register, clocks[1]) }
}

/** The end of one operation, and what it was told. */
async function told(promise: Promise<Json | undefined>): Promise<Json> {
  return (await promise) ?? null
}

describe('a strong read', () => {
  test('gives what was stored strongly elsewhere, before gossip has brought it', async () => {
    const { ada, bob } = pair()
    await ada.store('key', 1, strong)
    expect(await bob.retrieve('key')).toBeUndefined()
    expect(await bob.retrieve('key', strong)).toBe(1)
    expect(await ada.retrieve('key')).toBe(1)
  })

  test('gives what was stored plainly where it is known, and then nobody reads anything older', async () => {
    const { ada, bob } = pair()
    ada.store('key', 'plain')
    expect(await bob.retrieve('key', strong)).toBeUndefined()
    expect(await ada.retrieve('key', strong)).toBe('plain')
    expect(await bob.retrieve('key', strong)).toBe('plain')
  })

  test('gives nothing once a peer that reads strongly knows of a plain delete', async () => {
    const { ada, bob } = pair()
    await ada.store('key', 1, strong)
    teach(ada, bob)
    bob.delete('key')
    expect(await ada.retrieve('key', strong)).toBe(1)
    expect(await bob.retrieve('key', strong)).toBeUndefined()
    expect(await ada.retrieve('key', strong)).toBeUndefined()
  })

  test('gives nothing of what has lived its time', async () => {
    const clock = new HandClock()
    const { ada, bob } = pair([clock, clock])
    await ada.store('key', 1, { ...strong, ttlMs: 5_000 })
    expect(await bob.retrieve('key', strong)).toBe(1)
    clock.advance(5_000)
    for (const store of [ada, bob]) expect(await store.retrieve('key', strong)).toBeUndefined()
    await bob.store('key', 2, strong)
    expect(await ada.retrieve('key', strong)).toBe(2)
  })

  test('takes what somebody else put under its key for nothing', async () => {
    const { ada, register } = pair()
    await ada.store('key', 1, strong)
    for (const key of register.cells.keys()) register.cells.set(key, { stamp: 'soon' })
    expect(await ada.retrieve('key', strong)).toBe(1)
  })

  test('is not to be had of a counter or a set', async () => {
    const { ada } = pair()
    ada.increment('count')
    ada.add('set', 1)
    for (const key of ['count', 'set'])
      await expect(ada.retrieve(key, strong)).rejects.toMatchObject({ code: 'unsupported' })
  })
})

describe('a strong write', () => {
  test('replaces what was decided, though its clock is a day behind', async () => {
    const { ada, bob } = pair([new HandClock(), new HandClock(new HandClock().atMs - day)])
    await ada.store('key', 'first', strong)
    await bob.store('key', 'second', strong)
    expect(await ada.retrieve('key', strong)).toBe('second')
    exchange(ada, bob)
    for (const store of [ada, bob]) expect(await store.retrieve('key')).toBe('second')
    expect(bob.entry('key')?.conflicts).toEqual([])
  })

  test('deletes what has not come yet, so that it never comes', async () => {
    const { ada, bob } = pair()
    await ada.store('key', 1, strong)
    expect(await bob.delete('key', strong)).toBe(true)
    exchange(ada, bob)
    for (const store of [ada, bob]) {
      expect(await store.retrieve('key')).toBeUndefined()
      expect(await store.retrieve('key', strong)).toBeUndefined()
      expect(await store.delete('key', strong)).toBe(false)
    }
  })

  test('changes nothing without a quorum', async () => {
    const { ada, register } = pair()
    await ada.store('key', 1, strong)
    register.isRefusing = true
    await expect(ada.store('key', 2, strong)).rejects.toMatchObject({ code: 'no-quorum' })
    await expect(ada.delete('key', strong)).rejects.toMatchObject({ code: 'no-quorum' })
    await expect(ada.retrieve('key', strong)).rejects.toMatchObject({ code: 'no-quorum' })
    expect(await ada.retrieve('key')).toBe(1)
  })

  test('says that nobody knows when the quorum is lost halfway', async () => {
    const { ada, register } = pair()
    const storing = Promise.resolve(ada.store('key', 2, strong))
    while (register.cells.size === 0) await Promise.resolve()
    register.isRefusing = true // the answer does not come any more
    await expect(storing).rejects.toMatchObject({ code: 'no-quorum', outcome: 'unknown' })
    register.isRefusing = false
    expect(await ada.retrieve('key', strong)).toBe(2)
  })

  test.each<[string, () => unknown, string]>([
    ['a key too long for the register', () => pair().ada.store('k'.repeat(strongKeyCharsMax), 1, strong), 'too-large'],
    ['no time at all', () => pair().ada.retrieve('k', { ...strong, timeoutMs: 0 }), 'invalid-option'],
    [
      'a consistency that there is not',
      async () => pair().ada.retrieve('k', { consistency: 'some' as never }),
      'invalid-option',
    ],
  ])('refuses %s', async (_, act, code) => {
    await expect(act()).rejects.toMatchObject({ code })
  })
})

test('strong calls of any peers in any order are linearizable, plain writes among them and clocks apart', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Sfc32(seed, 'strong calls')
    const below = (limit: number) => Math.floor(random.next() * limit)
    const register = new LateRegister(() => 1 + below(12))
    const clocks = Array.from({ length: 4 }, () => new HandClock(1_700_000_000_000 + below(50_000)))
    const stores = clocks.map((clock, at) => storeOf(`p${at}`, register, clock))
    const history: Omit<HistoryEvent, 'time'>[] = []
    let processes = stores.length
    let values = 0
    const key = 'key'
    /** Nobody waits for it: it may count at any time, or never. */
    const plain = (store: MemoryStore) => {
      const value = random.next() < 0.7 ? ++values : null
      history.push({ process: processes++, type: 'invoke', f: 'write', key, value })
      if (value === null) store.delete(key)
      else store.store(key, value)
    }
    const clients = stores.map(async (store, process) => {
      for (let step = 0; step < 6; step++) {
        clocks[process]?.advance(below(3))
        if (random.next() < 0.25) plain(store)
        if (random.next() < 0.3) teach(stores[below(4)] as MemoryStore, store)
        const isRead = random.next() < 0.6
        const value = random.next() < 0.8 ? ++values : null
        const f = isRead ? 'read' : 'write'
        history.push({ process, type: 'invoke', f, key, value: isRead ? null : value })
        const doing = isRead
          ? store.retrieve(key, strong)
          : value === null
            ? Promise.resolve(store.delete(key, strong)).then(() => null)
            : Promise.resolve(store.store(key, value, strong)).then(() => value)
        history.push({ process, type: 'ok', f, key, value: await told(doing) })
      }
    })
    await Promise.all(clients)
    const verdict = checkLinearizable(registerModel, operationsOf(history))
    expect(verdict.kind, `seed ${seed}: ${JSON.stringify(verdict)}`).toBe('linearizable')
  }
})
