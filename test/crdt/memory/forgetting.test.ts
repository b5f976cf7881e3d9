/** Records of strong keys leave the register when their time is over; nothing newer goes with them, and nothing deleted comes back. */
import { describe, expect, test, vi } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import type { Json } from '../../../src/base/json.ts'
import { strongForgetAfterMs, strongMarksPerBookMax } from '../../../src/crdt/limits.ts'
import { MemoryStore } from '../../../src/crdt/memory/store.ts'
import type { Register } from '../../../src/crdt/memory/strong.ts'
import { markOf, marksIn, withMarks } from '../../../src/crdt/memory/strong-marks.ts'
import { strongKeyPrefix } from '../../../src/crdt/memory/strong-record.ts'
import { compareStamps } from '../../../src/crdt/memory/versions.ts'
import { type HistoryEvent, operationsOf } from '../../../src/simulator/checkers/history.ts'
import { checkLinearizable } from '../../../src/simulator/checkers/linearizability.ts'
import { registerModel } from '../../../src/simulator/checkers/models.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'
import { exchange, HandClock, teach } from './support.ts'

vi.setConfig({ testTimeout: 60_000 }) // never reached but on a machine that does much else

const strong = { consistency: 'strong' } as const

/** Linearizable by construction: each call takes effect at one instant, some turns after it was made. */
class LateRegister implements Register {
  readonly cells = new Map<string, Json>()
  readonly #turns: () => number
  /** Called at the instant before a change. */
  beforeChange: () => void = () => {}

  constructor(turns: () => number = () => 1) {
    this.#turns = turns
  }

  async get(key: string) {
    await this.#wait()
    const value = this.cells.get(key)
    await this.#wait()
    return value
  }

  async compareAndSet(key: string, expected: Json | undefined, value: Json | undefined) {
    await this.#wait()
    this.beforeChange()
    const found = this.cells.get(key)
    const swapped = JSON.stringify(found) === JSON.stringify(expected)
    if (swapped && value === undefined) this.cells.delete(key)
    else if (swapped) this.cells.set(key, JSON.parse(JSON.stringify(value)) as Json)
    await this.#wait()
    return { swapped, value: swapped ? value : found }
  }

  get keys(): string[] {
    return [...this.cells.keys()].filter(key => key.startsWith(strongKeyPrefix))
  }

  async #wait(): Promise<void> {
    for (let left = this.#turns(); left > 0; left--) await Promise.resolve()
  }
}

interface Peer {
  readonly store: MemoryStore
  isLeading: boolean
  sweep(): Promise<number>
}

function peerOf(name: string, register: LateRegister, clock: HandClock): Peer {
  const store = new MemoryStore({
    self: { id: `peer ${name}` as PeerId, session: `session-${name}` as SessionId },
    clock,
    register: {
      get: key => register.get(key),
      compareAndSet: (key, expected, value) => register.compareAndSet(key, expected, value),
      records: prefix =>
        isSweeping && peer.isLeading
          ? [...register.cells].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value }))
          : undefined,
    },
  })
  let isSweeping = false // by hand only, not by the clock as well
  const peer = { store, isLeading: true, sweep }
  async function sweep(): Promise<number> {
    await turns(20) // the one that the clock began, if it did, is over
    isSweeping = true
    const forgotten = (await store.forgetting?.sweep()) ?? 0
    isSweeping = false
    return forgotten
  }
  return peer
}

function lab() {
  const clock = new HandClock()
  const register = new LateRegister()
  const [ada, bob] = [peerOf('ada', register, clock), peerOf('bob', register, clock)]
  return { clock, register, ada, bob }
}

describe('a record of a strong key', () => {
  test('leaves the register so long after its value expired, and not before', async () => {
    const { clock, register, ada } = lab()
    await ada.store.store('key', 1, { ...strong, ttlMs: 5_000 })
    clock.advance(5_000 + strongForgetAfterMs - 1)
    expect(await ada.sweep()).toBe(0)
    expect(register.keys).toHaveLength(1)
    clock.advance(1)
    expect(await ada.sweep()).toBe(1)
    expect(register.keys).toEqual([])
    expect(await ada.store.retrieve('key', strong)).toBeUndefined()
  })

  test.each<[string, (store: MemoryStore) => unknown]>([
    ['strongly', store => store.delete('key', strong)],
    ['plainly, though nobody reads it strongly', store => store.delete('key')],
  ])('leaves it when the key was deleted %s', async (_, deletes) => {
    const { clock, register, ada } = lab()
    await ada.store.store('key', 1, strong)
    await ada.store.store('other', 2, strong)
    await deletes(ada.store)
    expect(await ada.sweep()).toBe(0)
    expect(register.keys).toHaveLength(2)
    clock.advance(strongForgetAfterMs)
    expect(await ada.sweep()).toBe(1)
    expect(register.keys).toEqual(['tabmesh/memory/["default","other"]'])
    expect(await ada.store.retrieve('other', strong)).toBe(2)
  })

  test('stays where the leader lives elsewhere', async () => {
    const { clock, register, ada, bob } = lab()
    await ada.store.store('key', 1, strong)
    await ada.store.delete('key', strong)
    clock.advance(strongForgetAfterMs)
    ada.isLeading = false
    expect(await ada.sweep()).toBe(0)
    expect(register.keys).toHaveLength(1)
    expect(await bob.sweep()).toBe(1)
  })

  test('stays when it is written anew between the look and the drop', async () => {
    const { clock, register, ada, bob } = lab()
    await ada.store.store('key', 'old', strong)
    await ada.store.delete('key', strong)
    exchange(ada.store, bob.store)
    clock.advance(strongForgetAfterMs)
    const sweeping = bob.sweep()
    let written: Promise<void> | undefined
    register.beforeChange = () => {
      register.beforeChange = () => {}
      written = ada.store.store('key', 'new', strong) // in the middle of the sweep
    }
    await sweeping
    await written
    expect(await bob.store.retrieve('key', strong)).toBe('new')
    const [before] = register.keys
    register.beforeChange = () => {}
    await bob.sweep()
    expect(register.keys).toEqual([before])
  })

  test('stays while it holds something', async () => {
    const { clock, register, ada } = lab()
    await ada.store.store('key', 1, strong)
    await ada.store.store('long', 1, { ...strong, ttlMs: 10 * strongForgetAfterMs })
    for (let sweeps = 0; sweeps < 3; sweeps++) {
      clock.advance(strongForgetAfterMs)
      expect(await ada.sweep()).toBe(0)
    }
    expect(register.keys).toHaveLength(2)
  })
})

describe('who slept while a record was forgotten', () => {
  async function asleep() {
    const { clock, register, ada, bob } = lab()
    ada.store.store('key', 'old')
    exchange(ada.store, bob.store)
    expect(await ada.store.retrieve('key', strong)).toBe('old')
    await ada.store.delete('key', strong)
    clock.advance(strongForgetAfterMs)
    expect(await ada.sweep()).toBe(1)
    return { clock, register, ada, bob }
  }

  test('does not bring back what was deleted, though it has not heard of it yet', async () => {
    const { register, bob } = await asleep()
    expect(await bob.store.retrieve('key')).toBe('old')
    expect(await bob.store.retrieve('key', strong)).toBeUndefined()
    expect(register.keys).toEqual([])
  })

  test('writes anew what all see, though its clock is a day behind', async () => {
    const { register, clock, ada } = await asleep()
    const late = peerOf('late', register, new HandClock(clock.atMs - 24 * 3_600_000))
    await late.store.store('key', 'new', strong)
    expect(await ada.store.retrieve('key', strong)).toBe('new')
    exchange(late.store, ada.store)
    expect(await ada.store.retrieve('key')).toBe('new')
  })

  test('still counts for what it stored after the end of the record', async () => {
    const { ada, bob } = await asleep()
    bob.store.store('key', 'later')
    expect(await bob.store.retrieve('key', strong)).toBe('later')
    expect(await ada.store.retrieve('key', strong)).toBe('later')
  })
})

test('marks are bounded: of more the oldest go, and a later one replaces an earlier one of its key', () => {
  const marks = Array.from({ length: 2 * strongMarksPerBookMax }, (_, at) => ({
    key: `tabmesh/memory/["default","key ${at}"]`,
    stamp: { ms: 1_700_000_000_000 + ((at * 7_919) % 10_007), count: at % 3 },
  }))
  const books = marks.reduce((book, mark) => withMarks(book, [mark]), marksIn(undefined))
  expect(Object.keys(books)).toHaveLength(strongMarksPerBookMax)
  expect(JSON.stringify(books).length).toBeLessThan(30_000) // two of them are one operation, of 64 KiB at most
  const newest = [...marks].sort((one, other) => compareStamps(other.stamp, one.stamp))
  for (const [place, { key, stamp }] of newest.entries())
    expect(markOf(books, key)).toEqual(place < strongMarksPerBookMax ? stamp : undefined)
  const [first] = newest as [(typeof newest)[0]]
  const later = { ms: first.stamp.ms + 1, count: 0 }
  expect(markOf(withMarks(books, [{ key: first.key, stamp: later }]), first.key)).toEqual(later)
})

test('strong calls stay linearizable while records are forgotten between them, and some sleep through it', async () => {
  let forgotten = 0
  for (let seed = 1; seed <= 150; seed++) {
    const random = new Sfc32(seed, 'forgetting')
    const below = (limit: number) => Math.floor(random.next() * limit)
    const register = new LateRegister(() => 1 + below(6))
    const clock = new HandClock()
    const peers = Array.from({ length: 4 }, (_, at) => peerOf(`p${at}`, register, clock))
    const stores = peers.map(({ store }) => store)
    const history: Omit<HistoryEvent, 'time'>[] = []
    let processes = stores.length
    let values = 0
    const key = 'key'
    for (let phase = 0; phase < 5; phase++) {
      const awake = peers.filter(() => random.next() < 0.6)
      const clients = awake.map(async ({ store }) => {
        const process = stores.indexOf(store)
        for (let step = 0; step < 3; step++) {
          if (random.next() < 0.3) {
            const value = random.next() < 0.5 ? ++values : null
            history.push({ process: processes++, type: 'invoke', f: 'write', key, value })
            if (value === null) store.delete(key)
            else store.store(key, value)
          }
          const isRead = random.next() < 0.5
          const value = random.next() < 0.5 ? ++values : null
          const f = isRead ? 'read' : 'write'
          history.push({ process, type: 'invoke', f, key, value: isRead ? null : value })
          const doing = isRead
            ? store.retrieve(key, { ...strong, timeoutMs: 600_000 })
            : value === null
              ? Promise.resolve(store.delete(key, strong)).then(() => null)
              : Promise.resolve(store.store(key, value, strong)).then(() => value)
          history.push({ process, type: 'ok', f, key, value: (await doing) ?? null })
        }
      })
      let isDone = false
      const all = Promise.all(clients).then(() => {
        isDone = true
      })
      // Gossip comes in the middle of calls, too.
      while (!isDone) {
        await turns(5)
        clock.advance(below(60))
        if (random.next() < 0.5) teach(stores[below(4)] as MemoryStore, stores[below(4)] as MemoryStore)
      }
      await all
      for (let sweeps = 0; sweeps < 2; sweeps++) {
        clock.advance(strongForgetAfterMs + 1_000)
        forgotten += (await awake[0]?.sweep()) ?? 0
      }
    }
    const verdict = checkLinearizable(registerModel, operationsOf(history))
    expect(verdict.kind, `seed ${seed}: ${JSON.stringify(verdict)}`).toBe('linearizable')
  }
  expect(forgotten).toBeGreaterThan(100)
})

async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}
