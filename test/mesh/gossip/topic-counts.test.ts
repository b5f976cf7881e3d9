/** Broadcasts counted by topic, in the machine and over a mesh in memory. */
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../src/base/system.ts'
import { Figures } from '../../../src/mesh/figures.ts'
import { otherTopics, TopicCounts } from '../../../src/mesh/gossip/topic-counts.ts'
import { batchesCountedMax, topicsCountedMax } from '../../../src/mesh/limits.ts'
import { MemoryRoom, sees, until } from '../support/memory-mesh.ts'

const rooms: MemoryRoom[] = []
afterEach(() => Promise.all(rooms.splice(0).map(room => room.close())))

test('copies count for every topic of their batch, those that came before it was read too', () => {
  const counts = new TopicCounts()
  const batch = 7
  counts.came(batch)
  counts.came(batch)
  const said = counts.batch('received', batch)
  for (const topic of ['news', 'news', 'chat']) said(topic, 10)
  counts.came(batch)
  const duplicates = Object.fromEntries(counts.read().topics.map(({ topic, duplicates }) => [topic, duplicates]))
  expect(duplicates).toEqual({ news: 4, chat: 2 })
  expect(counts.read().batches).toEqual({ sent: 0, received: 1, duplicates: 2 })
})

test('what is published is no copy of itself, and what comes back of it is', () => {
  const counts = new TopicCounts()
  const batch = 8
  counts.batch('sent', batch)
  counts.came(batch)
  expect(counts.read().batches).toEqual({ sent: 1, received: 0, duplicates: 0 })
  counts.came(batch)
  expect(counts.read().batches.duplicates).toBe(1)
})

test('topics and batches beyond the limit are not kept apart', () => {
  const counts = new TopicCounts()
  for (let topic = 0; topic < topicsCountedMax + 20; topic++) counts.published(`topic ${topic}`, 1)
  const { topics } = counts.read()
  expect(topics).toHaveLength(topicsCountedMax + 1)
  expect(topics[0]).toMatchObject({ topic: otherTopics, published: 20, sentBytes: 20 })
  const first = 1
  counts.came(first)
  for (let number = 2; number < batchesCountedMax + 2; number++) counts.came(number)
  counts.came(first) // forgotten, so it is new
  expect(counts.read().batches.duplicates).toBe(0)
  counts.came(Number.NaN) // no batch at all
})

test('a mesh counts what it said, heard, and kept from its subscribers', async () => {
  const room = new MemoryRoom()
  rooms.push(room)
  const all = await Promise.all(['Ada', 'Bob', 'Cyd', 'Dan'].map(name => room.join(name)))
  const [ada, bob, cyd] = all
  if (!ada || !bob || !cyd) throw new Error('nobody came')
  await until(() => all.every(peer => sees(peer, all) && peer.links.length === 3), 'all are linked')
  const figures = new Map(all.map(peer => [peer.id, new Figures(systemClock, peer.on)]))
  for (const peer of all) peer.measure(figures.get(peer.id) as Figures)
  const heard: unknown[] = []
  bob.subscribe('news', payload => heard.push(payload))
  cyd.subscribe('news', () => {
    throw new Error('a subscriber of cyd')
  })
  const said = 50
  for (let number = 0; number < said; number++) await ada.broadcast('news', number, { priority: 'low' })
  await until(() => heard.length === said, 'Bob heard all')
  const of = (peer: typeof ada) =>
    figures
      .get(peer.id)
      ?.topics.read()
      .topics.find(({ topic }) => topic === 'news')
  expect(of(ada)).toMatchObject({ published: said, delivered: 0 })
  expect(of(ada)?.sentBytes).toBeGreaterThan(said * 50)
  expect(of(bob)).toMatchObject({ published: 0, delivered: said, dropped: {} })
  expect(of(bob)?.receivedBytes).toBe(of(ada)?.sentBytes)
  await until(() => of(cyd)?.dropped.failed === said, 'Cyd heard all')
  const dan = all[3] as typeof ada
  await until(() => of(dan)?.dropped.unheard === said, 'Dan heard all')
  // Everybody is linked with everybody, and passes on what it hears: copies come, and nobody hears them.
  await until(() => [bob, cyd, dan].some(peer => (of(peer)?.duplicates ?? 0) > 0), 'copies were counted')
  expect(heard).toHaveLength(said)
  await expect(ada.broadcast('news', 1, { priority: 'urgent' as never })).rejects.toMatchObject({
    code: 'invalid-option',
  })
})
