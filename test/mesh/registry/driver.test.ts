/** Registries of several peers, told and compared over memory links. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock, systemRandom } from '../../../src/base/system.ts'
import { agentsMax } from '../../../src/mesh/limits.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import { Registry } from '../../../src/mesh/registry/driver.ts'
import type { AgentSpec, AgentStore } from '../../../src/mesh/registry/types.ts'
import { signerOf } from '../../../src/mesh/signed.ts'
import { MemoryRoom, sees, until } from '../support/memory-mesh.ts'

let room: MemoryRoom
const registries: Registry[] = []
beforeEach(() => {
  room = new MemoryRoom()
})
afterEach(async () => {
  for (const registry of registries.splice(0)) registry.close()
  await room.close()
})

function memoryStore(): AgentStore & { stored: unknown } {
  return {
    stored: undefined,
    async load() {
      return this.stored
    },
    async save(stored) {
      this.stored = structuredClone(stored)
    },
  }
}

interface Choice {
  store?: AgentStore
  type?: string
  region?: string
  key?: Awaited<ReturnType<typeof generateKeyPair>>
}

async function join(name: string, { store = memoryStore(), key, ...own }: Choice = {}) {
  const ownKey = (key ?? (await generateKeyPair('Ed25519'))) as never
  const peer = await room.join(name, { key: ownKey })
  return { peer, registry: registryOf(peer, ownKey, store, own) }
}

function registryOf(peer: MeshPeer, key: never, store: AgentStore, own: { type?: string; region?: string }): Registry {
  const registry = new Registry({
    mesh: peer,
    announced: () => peer.announced,
    signer: signerOf(key, peer.id),
    clock: systemClock,
    random: systemRandom,
    store,
    count: counter => peer.count(counter),
    ...own,
  })
  registries.push(registry)
  return registry
}

const ids = (registry: Registry) =>
  registry
    .getAll()
    .map(({ id }) => id)
    .sort()

test('what is registered at one peer is listed and found at all, those who come later included', async () => {
  const ada = await join('Ada', { type: 'coordinator', region: 'eu' })
  const bob = await join('Bob')
  await until(() => sees(bob.peer, [ada.peer, bob.peer]), 'they see each other')
  const agent = await ada.registry.register({ type: 'validator', name: 'Vera', capabilities: ['vote'] })
  expect(agent).toMatchObject({
    id: `${ada.peer.id}/validator-1`,
    name: 'Vera',
    type: 'validator',
    region: 'eu',
    isPeer: false,
  })
  await until(() => bob.registry.findByCapability('vote').length === 1, 'Bob knows Vera')
  const cyd = await join('Cyd')
  await until(() => cyd.registry.findByCapability('vote').length === 1, 'Cyd knows Vera')
  expect(cyd.registry.getAll().find(({ id }) => id === ada.peer.id)).toMatchObject({
    type: 'coordinator',
    region: 'eu',
    isPeer: true,
  })
  await until(() => ids(bob.registry).length === 4, 'three peers and Vera')
  expect(ids(cyd.registry)).toEqual(ids(bob.registry))
  await ada.registry.deregister('validator-1')
  await until(() => [bob, cyd].every(({ registry }) => registry.findByCapability('vote').length === 0), 'Vera is gone')
})

test('a newcomer learns of those it has no link to', async () => {
  const names = Array.from({ length: 9 }, (_, index) => `P${index}`)
  const all: Awaited<ReturnType<typeof join>>[] = []
  for (const name of names) all.push(await join(name))
  await Promise.all(all.map(({ registry }) => registry.register({ type: 'worker', capabilities: ['dig'] })))
  const last = await join('last')
  await until(() => last.registry.findByCapability('dig').length === names.length, 'it knows all')
  expect(last.peer.links.length).toBeLessThan(names.length)
})

test('agents leave with their peer, and are told so once', async () => {
  const [ada, bob] = [await join('Ada'), await join('Bob')]
  await until(() => sees(bob.peer, [ada.peer, bob.peer]), 'they see each other')
  await ada.registry.register({ id: 'v1', type: 'validator' })
  await until(() => ids(bob.registry).includes(`${ada.peer.id}/v1`), 'Bob knows it')
  const told: string[] = []
  bob.registry.on('agent-deregistered', ({ agent, reason }) => told.push(`${agent.name} ${reason}`))
  await ada.peer.leave()
  await until(() => told.length === 2, 'both are gone')
  expect(told).toEqual(['v1 left', 'Ada left'])
})

test('a reloaded peer has its agents again; what is stored and makes no sense is no reason to fail', async () => {
  const key = await generateKeyPair('Ed25519')
  const store = memoryStore()
  const bob = await join('Bob')
  const before = await join('Ada', { key, store })
  await before.registry.register({ id: 'v1', name: 'Vera', type: 'validator', capabilities: ['vote'] })
  await until(() => bob.registry.findByCapability('vote').length === 1, 'Bob knows Vera')
  room.crash(before.peer)
  before.registry.close()
  await join('Ada again', { key, store })
  await until(() => bob.peer.peers.some(({ name }) => name === 'Ada again'), 'she is back')
  await until(() => bob.registry.findByCapability('vote').length === 1, 'and Vera')
  expect(bob.registry.findByCapability('vote')).toMatchObject([{ name: 'Vera', type: 'validator' }])

  for (const nonsense of [{ schema: 1, agents: [{ id: '../..' }] }, { schema: 2 }, 'agents', null]) {
    const odd = await join('Odd', { store: { load: async () => nonsense, save: async () => {} } })
    expect((await odd.registry.register({ id: 'a' })).name).toBe('a')
    expect(odd.registry.getAll().filter(({ peer, isPeer }) => peer === odd.peer.id && !isPeer)).toHaveLength(1)
    await odd.peer.leave()
  }
  const refused = await join('No', {
    store: { load: () => Promise.reject(new Error()), save: () => Promise.reject(new Error()) },
  })
  expect((await refused.registry.register({ type: 'judge' })).id).toMatch(/judge-1$/)
})

test('nobody registers agents at another peer', async () => {
  const [ada, bob, cyd] = [await join('Ada'), await join('Bob'), await join('Cyd')]
  await until(() => sees(ada.peer, [ada.peer, bob.peer, cyd.peer]), 'they see each other')
  const forged = {
    by: cyd.peer.id,
    json: JSON.stringify({ session: cyd.peer.session, version: 1, type: 'judge', agents: [] }),
    signature: 'AAAA',
  }
  await bob.peer.broadcast('agents', forged)
  await until(() => (ada.peer.counters['dropped.signature'] ?? 0) >= 1, 'it is dropped')
  expect(ada.registry.getAll().every(({ type }) => type === 'worker')).toBe(true)
  await expect(bob.peer.request(ada.peer.id, 'agents-sync', { have: 'all' })).rejects.toMatchObject({
    code: 'malformed',
  })
})

describe('what cannot be is refused with words', () => {
  test.each<[AgentSpec, RegExp]>([
    [{ id: 'a/b' }, /an id has 1 to 64/],
    [{ type: 'Big Boss' }, /a type is a word/],
    [{ region: '' }, /a region has 1 to 32/],
    [{ name: '' }, /a name has 1 to 64/],
    [{ capabilities: [''] }, /a capability has a name/],
    [{ colour: 'red' } as never, /colour/],
  ])('%j', async (spec, message) => {
    const { registry } = await join('Ada')
    await expect(registry.register(spec)).rejects.toThrow(message)
  })

  test('more than there may be, larger than it may be, not its own', async () => {
    const { registry, peer } = await join('Ada')
    const capabilities = Array.from({ length: 64 }, (_, index) => `${index}`.padEnd(128, 'x'))
    await registry.register({ id: 'big', capabilities })
    await expect(registry.register({ id: 'bigger', capabilities })).rejects.toMatchObject({ code: 'too-large' })
    await registry.deregister('big')
    for (let made = 0; made < agentsMax; made++) await registry.register({})
    await expect(registry.register({})).rejects.toMatchObject({ code: 'overloaded' })
    await expect(registry.deregister('nobody')).rejects.toThrow(/no agent "nobody"/)
    await expect(registry.deregister(peer.id)).rejects.toThrow(/leave\(\)/)
    await registry.register({ id: 'worker-3', name: 'Third' }) // changes what is there
    expect(registry.getAll()).toHaveLength(agentsMax + 1)
  })
})
