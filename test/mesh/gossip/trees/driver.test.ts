/** Trees in a room of real gossipsub nodes over links in memory: copies end, and a neighbour that dies or falls silent costs nobody a message. */
import { afterEach, expect, test } from 'vitest'
import { randomId, systemClock } from '../../../../src/base/system.ts'
import { Figures } from '../../../../src/mesh/figures.ts'
import { Trees, treesTopic } from '../../../../src/mesh/gossip/trees/driver.ts'
import type { MeshPeer } from '../../../../src/mesh/mesh.ts'
import { MemoryRoom, sees, until } from '../../support/memory-mesh.ts'

const rooms: MemoryRoom[] = []
const open: Trees[] = []
afterEach(async () => {
  for (const trees of open.splice(0)) trees.close()
  await Promise.all(rooms.splice(0).map(room => room.close()))
})

interface Listener {
  readonly mesh: MeshPeer
  readonly figures: Figures
  readonly heard: string[]
}

async function joined(count: number): Promise<{ room: MemoryRoom; listeners: Listener[] }> {
  const room = new MemoryRoom()
  rooms.push(room)
  const listeners: Listener[] = []
  for (let at = 0; at < count; at++) {
    const mesh = await room.join(`P${at}`)
    const figures = new Figures(systemClock, (event, listener) => mesh.on(event, listener))
    mesh.measure(figures)
    open.push(new Trees({ ...mesh.gossip, clock: systemClock, mesh }))
    const heard: string[] = []
    mesh.subscribe('word', payload => heard.push(payload as string))
    listeners.push({ mesh, figures, heard })
  }
  await until(() => room.peers.every(peer => sees(peer, room.peers) && peer.links.length >= 3), 'all are linked')
  return { room, listeners }
}

async function say({ mesh }: Listener, listeners: readonly Listener[]): Promise<void> {
  const word = randomId()
  await mesh.broadcast('word', word)
  const others = listeners.filter(listener => listener.mesh !== mesh)
  await until(() => others.every(({ heard }) => heard.includes(word)), `${word} is heard by all`)
}

const copiesOf = (listeners: readonly Listener[]) =>
  listeners.reduce((sum, { figures }) => sum + figures.topics.read().batches.duplicates, 0)

test('after a few batches each comes to each peer once', async () => {
  const { listeners } = await joined(10)
  const [speaker] = listeners as [Listener]
  for (let word = 0; word < 10; word++) await say(speaker, listeners)
  const before = copiesOf(listeners)
  expect(before).toBeGreaterThan(0)
  for (let word = 0; word < 20; word++) await say(speaker, listeners)
  // Links may be made and dropped meanwhile, and each new one shows by a copy that it is not needed.
  expect(copiesOf(listeners) - before).toBeLessThan(20)
})

test('whoever passed batches on dies: the others go on hearing all', async () => {
  const { room, listeners } = await joined(9)
  const [speaker] = listeners as [Listener]
  for (let word = 0; word < 6; word++) await say(speaker, listeners)
  for (const victim of listeners.slice(3, 6)) room.crash(victim.mesh)
  const alive = listeners.filter(({ mesh }) => room.peers.includes(mesh))
  expect(alive).toHaveLength(6)
  for (let word = 0; word < 6; word++) await say(speaker, alive)
})

test('a neighbour that passes nothing on any more is replaced as soon as another offers what it kept', async () => {
  const { listeners } = await joined(8)
  const [speaker, silent] = listeners as [Listener, Listener]
  for (let word = 0; word < 6; word++) await say(speaker, listeners)
  const node = (await silent.mesh.gossip.node()) as unknown as { services: { pubsub: { forwardMessage: () => void } } }
  node.services.pubsub.forwardMessage = () => {}
  for (let word = 0; word < 6; word++) await say(speaker, listeners)
})

test('words that make no sense, and those of strangers, are counted and dropped', async () => {
  const { listeners } = await joined(4)
  const [one, other] = listeners as [Listener, Listener]
  one.mesh.post(other.mesh.id, treesTopic, { choke: 'all' })
  one.mesh.post(other.mesh.id, treesTopic, { choke: Array.from({ length: 300 }, () => 'x'), unchoke: [] })
  await until(() => (other.mesh.counters['dropped.malformed'] ?? 0) >= 2, 'both are counted')
  for (const listener of listeners) await say(listener, listeners)
})
