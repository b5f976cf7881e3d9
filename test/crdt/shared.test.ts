/** Shared state over real meshes in this process: gossip, requests and membership as in tabs, links of memory. */
import { afterEach, describe, expect, test } from 'vitest'
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { systemClock, systemRandom } from '../../src/base/system.ts'
import { presenceClientsMax } from '../../src/crdt/limits.ts'
import { presenceTopic } from '../../src/crdt/presence.ts'
import { Shared, type SharedOptions } from '../../src/crdt/shared.ts'
import { createMemoryStore } from '../../src/crdt/storage/store.ts'
import { updateTopic } from '../../src/crdt/sync/messages.ts'
import type { MeshPeer } from '../../src/mesh/mesh.ts'
import { MemoryRoom, sees, until } from '../mesh/support/memory-mesh.ts'

let room = new MemoryRoom()
const shared: Shared[] = []
afterEach(async () => {
  await Promise.all(shared.splice(0).map(one => one.close()))
  await room.close()
  room = new MemoryRoom()
})

async function share(mesh: MeshPeer, options: Partial<SharedOptions> = {}): Promise<Shared> {
  const store = createMemoryStore()
  const one = await Shared.open({ mesh, clock: systemClock, random: systemRandom, store, ...options })
  shared.push(one)
  return one
}

async function joinAll(count: number): Promise<MeshPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, (_, at) => room.join(`P${at}`)))
  await until(() => peers.every(peer => sees(peer, peers)), 'everyone sees everyone')
  return peers
}

const text = async (one: Shared, name = 'notes') => (await one.document(name)).doc.getText('text')

describe('documents', () => {
  test('are the same for everybody, and everybody knows', async () => {
    const states = await Promise.all((await joinAll(4)).map(mesh => share(mesh)))
    const texts = await Promise.all(states.map(one => text(one)))
    for (const [at, one] of texts.entries()) one.insert(0, `P${at} `)
    await until(() => new Set(texts.map(String)).size === 1 && `${texts[0]}`.length === 12, 'all texts are equal')
    const isKnown = (one: Shared) => one.view.replicas.every(({ inSync, isConverged }) => inSync === 3 && isConverged)
    await until(() => states.every(isKnown), 'everyone knows of all the others', 15_000)
  })

  test('reach whoever joins later, and one who never opened them keeps them for others', async () => {
    const [ada, bob] = (await joinAll(2)) as [MeshPeer, MeshPeer]
    const [first, keeper] = [await share(ada), await share(bob)]
    ;(await text(first)).insert(0, 'written early')
    await until(() => keeper.view.replicas.some(({ document }) => document === 'notes'), 'the document is adopted')
    await until(() => keeper.view.replicas.every(({ isConverged }) => isConverged), 'all of it has come', 15_000)
    await first.close()
    shared.splice(shared.indexOf(first), 1)
    room.crash(ada)
    const late = await share(await room.join('late'))
    const lateText = await text(late)
    await until(() => `${lateText}` === 'written early', 'the late peer has it')
  })

  test('G11: a 5 MB change arrives, with progress', async () => {
    const [ada, bob] = (await joinAll(2)) as [MeshPeer, MeshPeer]
    const seen = new Set<number>()
    const second = await share(bob, {
      onChange: () => {
        for (const { progress } of shared[0]?.view.replicas ?? []) if (progress) seen.add(progress.receivedBytes)
      },
    })
    const first = await share(ada)
    const received = await text(second)
    ;(await text(first)).insert(0, 'x'.repeat(5_000_000))
    await until(() => received.length === 5_000_000, 'the change has come')
    expect(seen.size).toBeGreaterThan(10)
  })

  test('survive whatever a member broadcasts', async () => {
    const [ada, bob] = (await joinAll(2)) as [MeshPeer, MeshPeer]
    const counters: string[] = []
    const [, second] = [await share(ada), await share(bob, { count: counter => counters.push(counter) })]
    const kept = await text(second)
    kept.insert(0, 'kept')
    for (const payload of [
      new Uint8Array(0),
      new Uint8Array([0, 200, 1]),
      new TextEncoder().encode('\0\x09doc/notes garbage'),
      { a: 1 },
    ])
      await ada.broadcast(updateTopic, payload)
    await until(() => counters.filter(counter => counter === 'shared.malformed').length === 4, 'all four are counted')
    expect(`${kept}`).toBe('kept')
  })

  test('come back from the store after everybody left', async () => {
    const store = createMemoryStore()
    const first = await share(await room.join('Ada'), { store })
    ;(await text(first)).insert(0, 'kept')
    first.memory.store('key', 'remembered')
    await first.close()
    shared.splice(0)
    const again = await share(await room.join('Ada again'), { store })
    expect(`${await text(again)}`).toBe('kept')
    expect(await again.memory.retrieve('key')).toBe('remembered')
  })
})

test('the memory store is the same for everybody', async () => {
  const [one, other] = (await Promise.all((await joinAll(2)).map(mesh => share(mesh)))) as [Shared, Shared]
  one.memory.store('plan', { step: 1 }, { namespace: 'team' })
  one.memory.increment('visits')
  other.memory.increment('visits', 2)
  await until(() => one.memory.entry('visits')?.value === 3 && other.memory.entry('visits')?.value === 3, 'all count')
  expect(await other.memory.retrieve('plan', { namespace: 'team' })).toEqual({ step: 1 })
})

describe('presence', () => {
  const showing = (name: string) => {
    const awareness = new Awareness(new Y.Doc())
    awareness.setLocalState({ name })
    const update = encodeAwarenessUpdate(awareness, [awareness.clientID])
    awareness.destroy()
    return { client: awareness.clientID, update }
  }

  test('is seen by all, also by who comes later, and ends with its peer', async () => {
    const [ada, bob] = (await joinAll(2)) as [MeshPeer, MeshPeer]
    const [updates, gone]: [Uint8Array[], number[]] = [[], []]
    const first = await share(ada)
    const second = await share(bob, {
      onPresence: update => updates.push(update),
      onPresenceGone: ids => gone.push(...ids),
    })
    const { client, update } = showing('Ada')
    first.presence.show(update)
    await until(() => updates.length > 0, 'Bob sees Ada')
    expect([...second.presence.all()]).toEqual([update])
    const late = await share(await room.join('late'))
    await until(() => [...late.presence.all()].length === 1, 'the late one sees Ada')
    room.crash(ada)
    await until(() => gone.includes(client), 'Bob sees that Ada is gone', 20_000)
    expect([...second.presence.all()]).toEqual([])
  })

  test('nobody speaks for another, or for too many, or nonsense', async () => {
    const [ada, bob, cyd] = (await joinAll(3)) as [MeshPeer, MeshPeer, MeshPeer]
    const counters: string[] = []
    const reader = await share(cyd, { count: counter => counters.push(counter) })
    const { update } = showing('Ada')
    await ada.broadcast(presenceTopic, update)
    await until(() => [...reader.presence.all()].length === 1, 'Ada is seen')
    await bob.broadcast(presenceTopic, update)
    await until(() => counters.includes('shared.presence-refused'), 'what Bob says of Ada is refused')
    await bob.broadcast(presenceTopic, new Uint8Array([1, 255, 255, 3]))
    await until(() => counters.includes('shared.malformed'), 'nonsense is counted')
    for (let client = 0; client < presenceClientsMax + 2; client++)
      await bob.broadcast(presenceTopic, showing(`Bob ${client}`).update)
    await until(() => [...reader.presence.all()].length === 1 + presenceClientsMax, 'as many as may be')
  })
})

test('settings are checked, and changed while everything runs', async () => {
  const one = await share(await room.join('Ada'))
  one.configure({ interval: 100, fanout: 5 })
  expect(one.settings).toMatchObject({ interval: 100, fanout: 5, antiEntropyInterval: 10_000 })
  expect(() => one.configure({ fanout: 0 })).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  expect(one.settings.fanout).toBe(5)
})
