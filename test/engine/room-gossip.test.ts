/** `mesh.gossip` of an engine over a mesh in memory that loses messages: rumours, numbers of the room, and settings. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, expect, test, vi } from 'vitest'
import { toBase64Url } from '../../src/base/bytes.ts'
import type { PeerId } from '../../src/base/ids.ts'
import { randomId, systemClock, systemRandom } from '../../src/base/system.ts'
import { checkSettings, defaultSettings } from '../../src/crdt/settings.ts'
import type { SyncSettings } from '../../src/crdt/sync/state.ts'
import type { Push } from '../../src/engine/protocol.ts'
import { RoomGossip } from '../../src/engine/room-gossip.ts'
import { rumourTopic } from '../../src/mesh/gossip/rumours/driver.ts'
import { rumourPayloadBytesMax } from '../../src/mesh/gossip/rumours/limits.ts'
import type { MeshPeer } from '../../src/mesh/mesh.ts'
import { signerOf } from '../../src/mesh/signed.ts'
import { MemoryRoom, sees, until } from '../mesh/support/memory-mesh.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

/** As much of shared state as has the settings. */
class FakeShared {
  settings = defaultSettings
  configure(change: Partial<SyncSettings>): void {
    this.settings = checkSettings(this.settings, change)
  }
}

async function join(room: MemoryRoom, name: string, hasShared = true) {
  const key = await generateKeyPair('Ed25519')
  const mesh = await room.join(name, { key })
  const heard: { readonly subscription: number; readonly payload: unknown; readonly from: PeerId }[] = []
  const shared = new FakeShared()
  const gossip = new RoomGossip({
    mesh,
    signer: signerOf(key as never, mesh.id),
    clock: systemClock,
    random: systemRandom,
    newId: randomId,
    push: (message: Push) => {
      if (message.kind !== 'topic') return
      const { subscription, payload, incoming } = message
      heard.push({ subscription, payload, from: incoming.from })
    },
    shared: hasShared ? Promise.resolve(shared) : Promise.reject(new Error('no shared state')),
    count: counter => mesh.count(counter),
  })
  open.unshift(gossip)
  return { mesh, gossip, heard, shared }
}

async function fill(names: readonly string[]) {
  const room = new MemoryRoom()
  open.push(room)
  const peers = await Promise.all(names.map(name => join(room, name)))
  const meshes = peers.map(({ mesh }) => mesh)
  await until(() => meshes.every(mesh => sees(mesh, meshes)), 'all see each other')
  return { room, peers }
}

const lose = (mesh: MeshPeer, share: number) => mesh.faults.request({ kind: 'loss', target: 'all', share } as never)

test('a rumour reaches all in a mesh that loses a third, once each, and whoever comes before it is over', async () => {
  const { room, peers } = await fill(['Ada', 'Bob', 'Cyd', 'Dan', 'Eve'])
  for (const { mesh, gossip } of peers) {
    await lose(mesh, 1 / 3)
    await gossip.configure({ interval: 100, antiEntropyInterval: 1_000 })
    await gossip.hear('weather', 1)
    await gossip.hear('other', 2)
  }
  const [ada] = peers
  const bytes = Uint8Array.of(1, 2, 255)
  await ada?.gossip.rumour('weather', { sky: 'grey' })
  await ada?.gossip.rumour('weather', bytes, { ttlMs: 300_000 })
  await ada?.gossip.rumour('unheard of', null)
  const words = [{ sky: 'grey' }, bytes].map(payload => ({ subscription: 1, payload, from: ada?.mesh.id }))
  await until(() => peers.every(({ heard }) => heard.length >= 2), 'all heard')
  const late = await join(room, 'late')
  await until(() => late.mesh.links.length > 0, 'the newcomer is linked')
  await late.gossip.configure({ interval: 100, antiEntropyInterval: 1_000 })
  await until(() => late.mesh.peers.length === 5, 'the newcomer sees all')
  await vi.waitFor(async () => expect(await late.gossip.rumours()).toHaveLength(3), 20_000)
  await late.gossip.hear('weather', 1) // subscribed after it was heard
  for (const { heard } of [...peers, late]) {
    expect(heard).toHaveLength(2)
    expect(heard).toEqual(expect.arrayContaining(words))
  }
  const first = (await late.gossip.rumours()).find(({ payload }) => payload === null)
  expect(first).toMatchObject({ from: ada?.mesh.id, topic: 'unheard of', ttlMs: 60_000 })
})

test('a rumour ends, for who comes late too', async () => {
  const { room, peers } = await fill(['Ada', 'Bob'])
  const [ada, bob] = peers
  for (const { gossip } of peers) await gossip.configure({ interval: 50, antiEntropyInterval: 1_000 })
  await ada?.gossip.rumour('brief', 'gone soon', { ttlMs: 2_500 })
  const saidMs = systemClock.monotonicMs()
  await vi.waitFor(async () => expect(await bob?.gossip.rumours()).toHaveLength(1))
  const late = await join(room, 'late')
  await late.gossip.configure({ interval: 50, antiEntropyInterval: 1_000 })
  for (const { gossip } of [...peers, late])
    await vi.waitFor(async () => expect(await gossip.rumours()).toEqual([]), { timeout: 10_000, interval: 20 })
  // Passed on, it would live its whole time once more with the newcomer.
  expect(systemClock.monotonicMs() - saidMs).toBeLessThan(2_500 + 2_000)
})

test('nobody is made to say what it did not, and what makes no sense is refused', async () => {
  const { peers } = await fill(['Ada', 'Bob', 'Eve'])
  const [ada, bob, eve] = peers as [(typeof peers)[0], (typeof peers)[0], (typeof peers)[0]]
  await bob.gossip.hear('weather', 1)
  const content = JSON.stringify({ id: 'x', topic: 'weather', atMs: 0, ttlMs: 1_000, json: 'a lie' })
  const forged = new TextEncoder().encode(`${ada.mesh.id} ${'A'.repeat(86)} ${content}`)
  const give = (id: string, payload: Uint8Array) => ({
    kind: 'give',
    rumours: [{ id, ttlMs: 1_000, payload: toBase64Url(payload) }],
  })
  await eve.mesh.send(bob.mesh.id, rumourTopic, give('x', forged))
  await until(() => bob.mesh.counters['rumours.forged'] === 1, 'the forged one is counted')
  await ada.gossip.rumour('weather', 'true')
  await until(() => bob.heard.length === 1, 'the true one is heard')
  expect(bob.heard).toEqual([{ subscription: 1, payload: 'true', from: ada.mesh.id }])
  const large = new Uint8Array(rumourPayloadBytesMax + 1)
  await expect(ada.gossip.rumour('weather', large)).rejects.toMatchObject({ code: 'too-large' })
  await expect(ada.gossip.rumour('', 1)).rejects.toMatchObject({ code: 'invalid-option' })
  for (const ttlMs of [0, Number.NaN, Number.POSITIVE_INFINITY])
    await expect(ada.gossip.rumour('weather', 1, { ttlMs })).rejects.toMatchObject({ code: 'invalid-option' })
})

test('settings are those of shared state, are checked, and hold at once; without shared state too', async () => {
  const { room, peers } = await fill(['Ada'])
  const [ada] = peers as [(typeof peers)[0]]
  expect(await ada.gossip.settings()).toEqual(defaultSettings)
  const changed = { ...defaultSettings, interval: 100, fanout: 5, convergenceThreshold: 0.5 }
  expect(await ada.gossip.configure({ interval: 100, fanout: 5, convergenceThreshold: 0.5 })).toEqual(changed)
  expect(ada.shared.settings).toEqual(changed)
  ada.shared.configure({ antiEntropy: false })
  expect(await ada.gossip.settings()).toEqual({ ...changed, antiEntropy: false })
  for (const change of [{ interval: 1 }, { fanout: 0 }, { convergenceThreshold: 2 }, { speed: 9 } as never])
    await expect(ada.gossip.configure(change)).rejects.toMatchObject({ code: 'invalid-option' })
  expect(await ada.gossip.settings()).toEqual({ ...changed, antiEntropy: false })
  const alone = await join(room, 'alone', false)
  expect(await alone.gossip.configure({ fanout: 4 })).toEqual({ ...defaultSettings, fanout: 4 })
  expect(await alone.gossip.settings()).toMatchObject({ fanout: 4 })
})

test('numbers of the whole room: what each gives, until it withdraws it', async () => {
  const { peers } = await fill(['Ada', 'Bob', 'Cyd'])
  const answers = await Promise.all(peers.map(({ gossip }, at) => gossip.aggregate('load', at)))
  for (const answer of answers) expect(answer).toMatchObject({ count: 3, min: 0, max: 2 })
  await peers[0]?.gossip.withdraw('load')
  expect(await peers[0]?.gossip.aggregate('load')).toMatchObject({ count: 2, min: 1, max: 2 })
})
