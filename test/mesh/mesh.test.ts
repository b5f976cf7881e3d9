import { afterEach, expect, test } from 'vitest'
import type { MeshError } from '../../src/base/errors.ts'
import type { MeshPeer } from '../../src/mesh/mesh.ts'
import { MemoryRoom, sees, until } from './support/memory-mesh.ts'

let room = new MemoryRoom()
afterEach(async () => {
  await room.close()
  room = new MemoryRoom()
})

async function joinAll(names: readonly string[]) {
  const peers = await Promise.all(names.map(name => room.join(name)))
  await until(() => peers.every(peer => sees(peer, peers)), 'everyone sees everyone')
  return peers
}

test('three peers see each other with name, link and round trip', async () => {
  const [ada] = await joinAll(['Ada', 'Bob', 'Cyd'])
  await until(() => ada?.peers.every(peer => peer.rttMs !== undefined) ?? false, 'every round trip is measured')
  expect(ada?.peers.map(peer => peer.name).sort()).toEqual(['Bob', 'Cyd'])
  expect(ada?.peers.every(peer => peer.link === 'memory')).toBe(true)
})

test('a broadcast reaches everyone else once, and says who sent it', async () => {
  const peers = await joinAll(['Ada', 'Bob', 'Cyd', 'Dee'])
  const heard: string[] = []
  for (const peer of peers)
    peer.subscribe('news', (payload, { from }) => heard.push(`${from} ${JSON.stringify(payload)}`))
  const [ada] = peers
  await until(() => peers.every(peer => peer.links.length === 3), 'all are linked')
  await ada?.broadcast('news', { hello: 1 })
  await until(() => heard.length >= 3, 'three heard it')
  expect(heard).toEqual(Array(3).fill(`${ada?.id} {"hello":1}`))
})

test('a request is answered, and an unknown topic is refused with a code', async () => {
  const [ada, bob] = await joinAll(['Ada', 'Bob'])
  bob?.handle('double', payload => Number(payload) * 2)
  const to = bob?.id as NonNullable<typeof bob>['id']
  expect(await ada?.request(to, 'double', 21)).toBe(42)
  await expect(ada?.request(to, 'nothing', null)).rejects.toMatchObject({
    code: 'no-handler',
  } satisfies Partial<MeshError>)
})

test('a burst of 8,000 messages of 1 KB to one peer arrives whole, and the link stands', async () => {
  const [ada, bob] = (await joinAll(['Ada', 'Bob'])) as [MeshPeer, MeshPeer]
  await until(() => ada.links.length === 1, 'they are linked')
  let heard = 0
  bob.subscribe('burst', () => heard++)
  const closed: string[] = []
  ada.on('link-close', ({ reason }) => closed.push(reason))
  const text = 'x'.repeat(1_000)
  await Promise.all(
    Array.from({ length: 8_000 }, () => ada.send(bob.id, 'burst', text, { timeoutMs: 60_000, retries: 0 })),
  )
  expect([heard, closed]).toEqual([8_000, []])
})

test('someone with another secret is never in the list', async () => {
  const [ada] = await joinAll(['Ada', 'Bob'])
  await room.join('Eve', { secret: 'guess' })
  expect(ada?.peers.map(peer => peer.name)).toEqual(['Bob'])
})

test('who leaves is gone from every list', async () => {
  const peers = await joinAll(['Ada', 'Bob', 'Cyd'])
  const [ada, bob, cyd] = peers as [(typeof peers)[0], (typeof peers)[0], (typeof peers)[0]]
  await cyd.leave()
  await until(() => sees(ada, [ada, bob]) && sees(bob, [ada, bob]), 'Cyd is gone')
})
