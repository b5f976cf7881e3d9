/** Peers without a direct link: what is said goes through others, and is handled once whatever happens on the way. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MeshPeer } from '../../src/mesh/mesh.ts'
import { eventsOf, MemoryRoom, sees, until } from './support/memory-mesh.ts'

let room: MemoryRoom
beforeEach(() => {
  room = new MemoryRoom()
})
afterEach(() => room.close())

/** A row in which each is linked to the next only. */
async function row(...names: string[]): Promise<MeshPeer[]> {
  const peers: MeshPeer[] = []
  for (const name of names) {
    const peer = await room.join(name, { blocked: peers.slice(0, -1) })
    peers.push(peer)
  }
  await until(() => peers.every(peer => sees(peer, peers)), 'all see all')
  await until(
    () => peers.every((peer, at) => peer.links.length === (at % (peers.length - 1) ? 2 : 1)),
    'they stand in a row',
  )
  return peers
}

test('a send, a request and its answer cross others, from who said them', async () => {
  const [ada, bob, cyd] = (await row('Ada', 'Bob', 'Cyd')) as [MeshPeer, MeshPeer, MeshPeer]
  const heard: string[] = []
  cyd.subscribe('news', (payload, { from }) => heard.push(`${from} ${payload}`))
  cyd.handle('double', (payload, { from }) => [from, Number(payload) * 2])
  await ada.send(cyd.id, 'news', 'hello')
  expect(await ada.request(cyd.id, 'double', 21)).toEqual([ada.id, 42])
  expect(heard).toEqual([`${ada.id} hello`])
  expect(ada.peers.find(peer => peer.id === cyd.id)).toMatchObject({ link: 'relayed', state: 'alive' })
  expect(bob.counters['dropped.signature']).toBeUndefined()
})

test('bytes of a large message cross others unchanged', async () => {
  const [ada, , cyd] = (await row('Ada', 'Bob', 'Cyd')) as [MeshPeer, MeshPeer, MeshPeer]
  const bytes = Uint8Array.from({ length: 500_000 }, (_, at) => at % 253)
  cyd.handle('echo', payload => payload)
  const echo = (await ada.request(cyd.id, 'echo', bytes, { lane: 'bulk' })) as Uint8Array
  expect(Buffer.compare(echo, bytes)).toBe(0)
})

test('a row of six passes words from end to end', async () => {
  const peers = await row('Ada', 'Bob', 'Cyd', 'Dee', 'Eve', 'Fay')
  const [first, last] = [peers[0] as MeshPeer, peers[5] as MeshPeer]
  last.handle('far', () => 'here')
  expect(await first.request(last.id, 'far', null)).toBe('here')
})

test('a request whose link breaks under it goes another way and is handled once', async () => {
  const peers = await Promise.all(['Ada', 'Bob', 'Cyd'].map(name => room.join(name)))
  const [ada, bob, cyd] = peers as [MeshPeer, MeshPeer, MeshPeer]
  await until(() => peers.every(peer => sees(peer, peers) && peer.links.length === 2), 'all are linked')
  let handled = 0
  let finish = () => {}
  cyd.handle('slow', () => {
    handled++
    return new Promise(resolve => {
      finish = () => resolve('done')
    })
  })
  const left = eventsOf(ada)
  const answer = ada.request(cyd.id, 'slow', null)
  await until(() => handled === 1, 'it has begun')
  room.block(ada, cyd)
  await ada.cut(cyd.id)
  await until(() => ada.peers.some(peer => peer.id === cyd.id && peer.link === 'relayed'), 'it is relayed')
  finish()
  expect(await answer).toBe('done')
  expect(handled).toBe(1)
  expect(left).toEqual([])
  expect(bob.links).toHaveLength(2)
})

test('who is nowhere cannot be reached, and who cannot be reached is said so', async () => {
  const [ada, bob, cyd] = (await row('Ada', 'Bob', 'Cyd')) as [MeshPeer, MeshPeer, MeshPeer]
  await expect(ada.send('12D3KooWNobody' as typeof ada.id, 'x', null)).rejects.toMatchObject({ code: 'no-such-peer' })
  room.block(ada, bob)
  await ada.cut(bob.id)
  await expect(ada.request(cyd.id, 'x', null, { timeoutMs: 300, retries: 0 })).rejects.toMatchObject({
    code: 'unreachable',
  })
})
