/** What an admitted member that is broken or hostile can do to the others: cost them counters, and lose its own link. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { toBase64Url } from '../../src/base/bytes.ts'
import type { Json } from '../../src/base/json.ts'
import { encodeFrame, type Header } from '../../src/mesh/frame.ts'
import { gossipTopic } from '../../src/mesh/gossip.ts'
import { messageBytesMax, relayHopsMax } from '../../src/mesh/limits.ts'
import type { MeshPeer } from '../../src/mesh/mesh.ts'
import { signRecord } from '../../src/mesh/signed.ts'
import { seededRandom } from '../link/support/turns.ts'
import { mutated, randomBytes } from './support/fuzz.ts'
import { Intruder } from './support/intruder.ts'
import { eventsOf, MemoryRoom, sees, until } from './support/memory-mesh.ts'
import { encodeBatch } from './support/signed-batch.ts'

vi.setConfig({ testTimeout: 120_000 }) // never reached but on a machine that does much else

let room: MemoryRoom
let ada: MeshPeer
let bob: MeshPeer
let cyd: MeshPeer
let intruder: Intruder

beforeEach(async () => {
  room = new MemoryRoom()
  ;[ada, bob, cyd] = (await Promise.all(['Ada', 'Bob', 'Cyd'].map(name => room.join(name)))) as [
    MeshPeer,
    MeshPeer,
    MeshPeer,
  ]
  const all = [ada, bob, cyd]
  await until(() => all.every(peer => sees(peer, all) && peer.links.length === 2), 'all are linked')
  intruder = await Intruder.enter(room, ada)
})
afterEach(async () => {
  await intruder.leave()
  await room.close()
})

function frame(header: Partial<Header>, payload: Json = null): Uint8Array {
  const whole: Header = { kind: 'send', id: 'x', topic: 'news', timestamp: 0, body: 'json', ...header }
  return encodeFrame({ header: whole, body: new TextEncoder().encode(JSON.stringify(payload)) })
}

function countOf(peer: MeshPeer, prefix: string): number {
  return Object.entries(peer.counters).reduce((sum, [name, count]) => sum + (name.startsWith(prefix) ? count : 0), 0)
}

/** Everyone still hears everyone, by each way there is. */
async function expectUnharmed(): Promise<void> {
  const all = [ada, bob, cyd]
  expect(all.every(peer => sees(peer, all))).toBe(true)
  for (const [at, peer] of all.entries()) {
    const next = all[(at + 1) % 3] as MeshPeer
    const off = next.handle('still here', payload => payload)
    expect(await peer.request(next.id, 'still here', at)).toBe(at)
    off()
  }
  const heard: string[] = []
  const offs = all.map(peer => peer.subscribe('all well', (_, { from }) => heard.push(`${from} ${peer.id}`)))
  await Promise.all(all.map(peer => peer.broadcast('all well', null)))
  await until(() => heard.length === 6, 'all broadcasts are heard')
  expect(new Set(heard).size).toBe(6)
  for (const off of offs) off()
}

test('100,000 random and mutated frames harm nobody and are counted', async () => {
  const random = seededRandom(5)
  const announcement = await signRecord(intruder.keys.signer, 'announcement', { version: 1, session: intruder.session })
  const relay = { from: bob.id, to: ada.id, session: ada.session, hops: 3, signature: 'AAAA' }
  const valid = [
    frame({ kind: 'broadcast' }, 'hi'),
    frame({ kind: 'request' }, { a: 1 }),
    frame({ kind: 'reply' }, 1),
    frame({ kind: 'error' }, { code: 'timeout', message: 'x' }),
    frame({ kind: 'tell', topic: 'membership' }, { kind: 'members', announcements: [announcement] } as unknown as Json),
    frame({ kind: 'tell', topic: 'membership' }, { kind: 'goodbye', record: announcement } as unknown as Json),
    frame({ kind: 'tell', topic: 'signal' }, 'AAAA'),
    frame({ kind: 'send', relay }, 'forged'),
    frame({ kind: 'send', relay: { ...relay, to: cyd.id } }, 'forged'),
  ]
  function* flood() {
    for (let at = 0; at < 100_000; at++)
      yield at % 5 === 0 ? randomBytes(random, 100) : mutated(random, valid[at % valid.length] as Uint8Array)
  }
  await intruder.write(ada, flood())
  await until(() => countOf(ada, 'dropped.') > 50_000, 'what is malformed is dropped and counted')
  await expectUnharmed()
  expect(ada.counters['listener-failed']).toBeUndefined()
})

test('a frame over the limit costs its sender the link, and nobody else theirs', async () => {
  await intruder.link(ada)
  await until(() => ada.links.length === 3, 'the intruder is linked')
  const stream = await intruder.stream(ada)
  let length = messageBytesMax * 4
  const prefix: number[] = []
  for (; length > 127; length >>>= 7) prefix.push((length & 127) | 128)
  stream.send(Uint8Array.of(...prefix, length, 1, 2, 3))
  await until(() => ada.links.length === 2, 'its link is dropped')
  expect(ada.counters['links-dropped']).toBe(1)
  await expectUnharmed()
})

test('a length that never ends costs its sender the link too', async () => {
  const stream = await intruder.stream(ada)
  await until(() => ada.links.length === 3, 'the intruder is linked')
  stream.send(new Uint8Array(64).fill(255))
  await until(() => ada.links.length === 2, 'its link is dropped')
  await expectUnharmed()
})

test('a relayed message that its origin did not sign is dropped and counted', async () => {
  const heard: string[] = []
  ada.subscribe('news', (_, { from }) => heard.push(from))
  const relay = {
    from: bob.id,
    to: ada.id,
    session: ada.session,
    hops: relayHopsMax,
    signature: toBase64Url(new Uint8Array(64)),
  }
  const wrongSession = { ...relay, session: 'k000-aaaaaaaa' }
  await intruder.write(ada, [frame({ relay }), frame({ relay: wrongSession }), frame({ id: 'own' }, 'hello')])
  await until(() => heard.length === 1, 'its own word is heard')
  await until(
    () => ada.counters['dropped.signature'] === 1 && ada.counters['dropped.session'] === 1,
    'both are counted',
  )
  expect(heard).toEqual([intruder.keys.id])
})

test('a relayed message whose hops are used up goes no further', async () => {
  const relay = { from: intruder.keys.id, to: cyd.id, session: cyd.session, hops: 1, signature: 'AAAA' }
  await intruder.write(ada, [frame({ relay }), frame({ relay: { ...relay, hops: 0 } })])
  await until(() => ada.counters['dropped.hops'] === 2, 'both are dropped')
  await intruder.write(ada, [frame({ relay: { ...relay, hops: 2 } })])
  await until(() => cyd.counters['dropped.signature'] === 1, 'with one more hop it would have arrived')
})

test('membership words that travel through others, or speak for others, change no list', async () => {
  const told = eventsOf(ada)
  const [goodbye, forged] = [
    await signRecord(intruder.keys.signer, 'goodbye', { session: bob.session, reason: 'closed' }),
    { ...(await signRecord(intruder.keys.signer, 'goodbye', { session: bob.session, reason: 'closed' })), by: bob.id },
  ]
  const word = (record: unknown) => frame({ kind: 'tell', topic: 'membership' }, { kind: 'goodbye', record } as Json)
  await intruder.write(ada, [word(goodbye), word(forged), frame({ kind: 'tell', topic: 'coup' })])
  await until(
    () => ada.counters['dropped.signature'] === 1 && ada.counters['dropped.malformed'] === 1,
    'both are dropped',
  )
  bob.announce({ name: 'Bobby' })
  await until(() => ada.peers.some(peer => peer.name === 'Bobby'), 'Bob is still heard')
  expect(told).toEqual([])
})

test('a batch that its origin did not sign reaches nobody', async () => {
  await intruder.link(ada)
  const heard: string[] = []
  for (const peer of [ada, bob, cyd]) peer.subscribe('news', (_, { from }) => heard.push(from))
  const forged = await encodeBatch({ id: bob.id, sign: intruder.keys.signer.sign }, 1, [frame({ kind: 'broadcast' })])
  const own = await encodeBatch(intruder.keys.signer, 2, [
    frame({ kind: 'broadcast' }),
    frame({ kind: 'request' }),
    new Uint8Array(9),
  ])
  const { pubsub } = intruder.node.services
  await until(() => pubsub.getSubscribers(gossipTopic).length > 0, 'Ada listens')
  for (const batch of [forged, new Uint8Array(0), randomBytes(seededRandom(3), 300), own])
    await pubsub.publish(gossipTopic, batch)
  await until(() => heard.length === 3, 'what it signed is heard by all')
  expect(new Set(heard)).toEqual(new Set([intruder.keys.id]))
  expect(ada.counters['dropped.signature']).toBeGreaterThanOrEqual(1)
  expect(ada.counters['dropped.malformed']).toBe(2)
  await expectUnharmed()
})

test('a batch that its own author did not sign is heard by the neighbour it was told to, and no further', async () => {
  await intruder.link(ada)
  const heard: string[] = []
  for (const peer of [ada, bob, cyd]) peer.subscribe('news', () => heard.push(peer.id))
  const { pubsub } = intruder.node.services
  await until(() => pubsub.getSubscribers(gossipTopic).length > 0, 'Ada listens')
  const { signer } = intruder.keys
  const notSigned = { id: signer.id, sign: async () => new Uint8Array(64) }
  await pubsub.publish(gossipTopic, await encodeBatch(notSigned, 1, [frame({ kind: 'broadcast' })]))
  await until(() => bob.counters['dropped.signature'] === 1 && cyd.counters['dropped.signature'] === 1, 'both drop it')
  expect(heard).toEqual([ada.id])
  await expectUnharmed()
})
