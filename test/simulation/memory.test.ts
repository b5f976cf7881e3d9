/** The memory in simulated worlds: who sleeps while keys are deleted, expire and change is caught up within one anti-entropy interval. */
import { describe, expect, test, vi } from 'vitest'
import { MemoryStore } from '../../src/crdt/memory/store.ts'
import { Sync } from '../../src/crdt/sync/driver.ts'
import { memoryName } from '../../src/crdt/sync/messages.ts'
import { simulatedSettings } from '../../src/simulator/crdt/room.ts'
import { type Carried, type MeshMessage, SimMesh } from '../../src/simulator/crdt/sim-mesh.ts'
import type { Node } from '../../src/simulator/world/node.ts'
import { between, chance, oneOf } from '../../src/simulator/world/random.ts'
import { second } from '../../src/simulator/world/time.ts'
import { World } from '../../src/simulator/world/world.ts'

vi.setConfig({ testTimeout: 120_000 }) // never reached but on a machine that does much else

/** One interval of anti-entropy, and a moment for the question and its answer. */
const caughtUpUs = 11 * second
const hourUs = 3_600 * second

interface Peer {
  readonly node: Node<MeshMessage>
  readonly store: MemoryStore
  readonly sync: Sync
}

class Room {
  readonly world: World<MeshMessage>
  readonly peers: Peer[] = []
  readonly #carried = new Map<string, Carried>()

  constructor(seed: number, count: number) {
    this.world = new World(seed)
    for (let number = 0; number < count; number++) this.#open(`P${number}`)
  }

  async runFor(us: number): Promise<void> {
    const untilUs = this.world.nowUs + us
    while (this.world.step(untilUs)) await new Promise(resolve => setImmediate(resolve))
  }

  /** What a reader sees at each peer, in the words of one. */
  get seen(): string[] {
    return this.peers.map(({ store }) =>
      JSON.stringify(store.list().map(({ key, kind, value, conflicts }) => [key, kind, value, conflicts])),
    )
  }

  /** It hears nothing of what is said meanwhile. Call what is returned, and it wakes. */
  sleep({ node }: Peer): () => void {
    const heal = this.world.network.cut((from, to) => from === node.number || to === node.number)
    node.pause()
    return () => {
      heal()
      node.resume()
    }
  }

  close(): void {
    for (const { sync, store } of this.peers) {
      sync.close()
      store.close()
    }
  }

  #open(name: string): void {
    const node = this.world.addNode(name)
    node.start(host => {
      const others = () => this.peers.filter(peer => peer.node !== node).map(peer => peer.node.name)
      const mesh = new SimMesh(host, others, this.#carried)
      const store = new MemoryStore({ self: mesh, clock: host.clock })
      const { clock, random } = host
      const quiet = { adopt: () => {}, onChange: () => {}, count: () => {} }
      const sync = new Sync({ mesh, clock, random, settings: simulatedSettings, ...quiet })
      sync.add(store.replica)
      for (const { node } of this.peers) mesh.joined(node.name)
      for (const other of this.peers) this.#meet(other, name)
      this.peers.push({ node, store, sync })
      this.#meshes.set(name, mesh)
      return { receive: (from, message) => mesh.receive(from, message) }
    })
  }

  readonly #meshes = new Map<string, SimMesh>()

  #meet({ node }: Peer, name: string): void {
    this.#meshes.get(node.name)?.joined(name)
  }
}

async function four(seed: number): Promise<[Room, Peer, Peer, Peer, Peer]> {
  const room = new Room(seed, 4)
  await room.runFor(1 * second)
  return [room, ...(room.peers as [Peer, Peer, Peer, Peer])]
}

describe('a peer that was away', () => {
  test('asleep for an hour, is caught up within one interval, and brings back nothing that was deleted, expired or replaced (G4)', async () => {
    const [room, ada, bob, cyd, sleeper] = await four(4)
    ada.store.store('deleted', 'a secret')
    ada.store.store('replaced, then deleted', 'first')
    ada.store.store('brief', 'for ten minutes', { ttlMs: 600_000 })
    ada.store.store('changed', 1)
    bob.store.increment('count', 5)
    for (const element of ['gone', 'stays']) cyd.store.add('set', element)
    await room.runFor(3 * second)
    expect(new Set(room.seen).size).toBe(1)

    const wake = room.sleep(sleeper)
    ada.store.delete('deleted')
    ada.store.store('changed', 2)
    bob.store.store('replaced, then deleted', 'second')
    bob.store.increment('count', 2)
    cyd.store.remove('set', 'gone')
    await room.runFor(60 * second)
    ada.store.delete('replaced, then deleted')
    ada.store.store('new', true)
    await room.runFor(hourUs)
    expect(sleeper.store.entry('deleted')?.value).toBe('a secret')
    expect(ada.sync.apartSinceMs(sleeper.node.name as never, memoryName)).toBeDefined()
    expect(ada.sync.isSame(sleeper.node.name as never, memoryName)).toBe(false)

    wake()
    await room.runFor(caughtUpUs)
    expect(new Set(room.seen).size).toBe(1)
    for (const { store } of room.peers)
      expect(store.list().map(({ key, value }) => [key, value])).toEqual([
        ['changed', 2],
        ['count', 7],
        ['new', true],
        ['set', ['stays']],
      ])
    await room.runFor(caughtUpUs)
    expect(ada.sync.apartSinceMs(sleeper.node.name as never, memoryName)).toBeUndefined()
    expect(ada.sync.convergence(memoryName)).toEqual({ inSync: 3, peers: 3, isConverged: true })
    room.close()
  })

  test('cut off, hears first of a deletion of what it never knew to be replaced, and keeps nothing of it', async () => {
    for (let offset = 0; offset < 10; offset++) {
      const [room, ada, bob, cyd, away] = await four(5)
      ada.store.store('key', 'first')
      await room.runFor(3 * second)
      const { number } = away.node
      const heal = room.world.network.cut((from, to) => from === number || to === number)
      bob.store.store('key', 'second')
      await room.runFor((60 + offset) * second)
      heal()
      cyd.store.delete('key') // heard before the next round of anti-entropy, mostly
      await room.runFor(caughtUpUs + second)
      for (const { store } of room.peers) expect(store.list(), `${offset} s after a round`).toEqual([])
      room.close()
    }
  })

  test('asleep, ends as the others in any storm of writes, deletes and lost messages', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const room = new Room(seed, 4)
      const random = room.world.random.fork('acts')
      const keys = ['a', 'b', 'c', 'd']
      const act = ({ store }: Peer) => {
        const key = oneOf(random, keys) ?? 'a'
        const pick = random.next()
        if (pick < 0.35) store.store(key, between(random, 0, 1_000), chance(random, 0.3) ? { ttlMs: 60_000 } : {})
        else if (pick < 0.65) store.delete(key)
        else if (pick < 0.75) store.increment('count', 1)
        else if (pick < 0.9) store.add('set', key)
        else store.remove('set', key)
      }
      room.world.network.weather.lossRate = between(random, 0, 0.5)
      for (let turn = 0; turn < 12; turn++) {
        for (const peer of room.peers) if (chance(random, 0.5)) act(peer)
        await room.runFor(between(random, 0, 4) * second)
      }
      const sleeper = oneOf(random, room.peers) as Peer
      const wake = room.sleep(sleeper)
      const awake = room.peers.filter(peer => peer !== sleeper)
      for (let turn = 0; turn < 12; turn++) {
        act(oneOf(random, awake) as Peer)
        await room.runFor(between(random, 0, 20) * second)
      }
      await room.runFor(hourUs / 4)
      room.world.network.weather.lossRate = 0
      await room.runFor(3 * caughtUpUs) // those who were awake agree
      const before = room.seen.filter((_, at) => room.peers[at] !== sleeper)
      expect(new Set(before).size, `seed ${seed}: the others`).toBe(1)
      wake()
      await room.runFor(caughtUpUs)
      expect(new Set(room.seen).size, `seed ${seed}: ${room.seen.join('\n')}`).toBe(1)
      expect(room.seen[0], `seed ${seed}`).toBe(before[0])
      room.close()
    }
  })
})
