/** How peers go, and come again: by a goodbye, by leaving, by a crash, by a reload, by losing each other. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventsOf, joinAll, MemoryRoom, sees, until } from './support/memory-mesh.ts'

let room: MemoryRoom
beforeEach(() => {
  room = new MemoryRoom()
})
afterEach(() => room.close())

test('the goodbye of a page ends its session at once, for those who hear it and for those they tell', async () => {
  const [ada, bob, cyd] = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  const told = [eventsOf(ada), eventsOf(bob)]
  const goodbye = JSON.parse(new TextDecoder().decode(await cyd.signGoodbye()))
  room.crash(cyd)
  ada.receiveGoodbye(goodbye)
  await until(() => told.every(events => events.length === 1), 'both know')
  expect(told).toEqual([['leave Cyd closed'], ['leave Cyd closed']])
  await until(() => ada.links.every(link => link.peer !== cyd.id), 'its link is let go')
})

test('who asked for it is told of a goodbye before this peer acts on it, and of both sessions in order when it is back at once', async () => {
  const told: string[] = []
  const ada = await room.join('Ada', {
    onLeaving: ({ peer, reason }) => told.push(`leaving ${peer.name} ${reason}`),
  })
  const key = await generateKeyPair('Ed25519')
  const bob = await room.join('Bob', { key })
  await until(() => sees(ada, [ada, bob]), 'Bob is here')
  ada.on('agent-leave', ({ peer }) => told.push(`left ${peer.name}`))
  ada.on('agent-join', ({ name }) => told.push(`join ${name}`))
  const goodbye = JSON.parse(new TextDecoder().decode(await bob.signGoodbye()))
  room.crash(bob)
  ada.receiveGoodbye(goodbye)
  await until(() => told.length === 1, 'the first word')
  expect(told).toEqual(['leaving Bob closed'])
  expect(ada.peers).toEqual([])
  await until(() => told.length === 2, 'the event')
  expect(told[1]).toBe('left Bob')

  const back = await room.join('Bob again', { key })
  await until(() => told.length === 3, 'it is back')
  const another = await room.join('Bob a third time', { key })
  await until(() => sees(ada, [ada, another]) && ada.peers[0]?.session === another.session, 'once more')
  expect(told.slice(2)).toEqual([
    'join Bob again',
    'leaving Bob again replaced',
    'left Bob again',
    'join Bob a third time',
  ])
  room.crash(back)
})

test('a goodbye that nobody signed, or that another signed, ends nothing', async () => {
  const [ada, bob, cyd] = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  const told = eventsOf(ada)
  const genuine = JSON.parse(new TextDecoder().decode(await cyd.signGoodbye()))
  for (const forged of [{ ...genuine, by: bob.id }, { ...genuine, signature: '' }, null, 'bye', {}])
    ada.receiveGoodbye(forged)
  await until(() => ada.counters['dropped.signature'] === 5, 'all are dropped')
  expect(told).toEqual([])
  expect(sees(ada, [ada, bob, cyd])).toBe(true)
})

test('who leaves is told to all as `left`, and hears nothing more itself', async () => {
  const [ada, bob, cyd] = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  const told = [eventsOf(ada), eventsOf(bob)]
  const own = eventsOf(cyd)
  const waiting = cyd.request(ada.id, 'never', null).catch(error => error.code)
  ada.handle('never', () => new Promise(() => {}))
  await cyd.leave()
  expect(['left', 'no-handler']).toContain(await waiting)
  await until(() => told.every(events => events.length === 1), 'both know')
  expect(told).toEqual([['leave Cyd left'], ['leave Cyd left']])
  await expect(cyd.send(ada.id, 'x', null)).rejects.toMatchObject({ code: 'left' })
  await expect(cyd.broadcast('x', null)).rejects.toMatchObject({ code: 'left' })
  await expect(cyd.dial(ada.id)).rejects.toMatchObject({ code: 'left' })
  expect(own).toEqual([])
})

test('a crash without a word is found out by asking, and told to all', async () => {
  const [ada, bob, cyd, dee] = await joinAll(room, 'Ada', 'Bob', 'Cyd', 'Dee')
  const told = [ada, bob, cyd].map(eventsOf)
  const pending = ada.request(dee.id, 'slow', null).catch(error => error.code)
  dee.handle('slow', () => new Promise(() => {}))
  room.crash(dee)
  await until(() => told.every(events => events.length > 0), 'all know', 30_000)
  expect(told).toEqual(Array(3).fill(['leave Dee crashed']))
  expect(['disconnected', 'no-handler']).toContain(await pending)
  expect(await ada.request(bob.id, 'x', null).catch(error => error.code)).toBe('no-handler') // the others go on
})

test('a reload is one member with a new session', async () => {
  const key = await generateKeyPair('Ed25519')
  const [ada, bob] = await joinAll(room, 'Ada', 'Bob')
  const before = await room.join('Cyd', { key })
  await until(() => [ada, bob].every(peer => sees(peer, [ada, bob, before])), 'Cyd is here')
  const told = eventsOf(ada)
  room.crash(before)
  const after = await room.join('Cyd again', { key })
  await until(() => [ada, bob].every(peer => sees(peer, [ada, bob, after])), 'Cyd is here once')
  await until(() => ada.peers.some(peer => peer.session === after.session), 'with its new session')
  expect(told).toContain('join Cyd again')
  expect(told.filter(event => event.startsWith('leave'))).toHaveLength(1)
  expect(told.indexOf('join Cyd again')).toBe(1)
  await until(() => after.peers.length === 2, 'it sees the others, and not its former self')
})

test('two that lost each other and gave each other up find each other again', async () => {
  const [ada, bob] = await joinAll(room, 'Ada', 'Bob')
  const told = [eventsOf(ada), eventsOf(bob)]
  room.block(ada, bob)
  await ada.cut(bob.id)
  await until(() => told.every(events => events.length === 1), 'each has given the other up')
  expect(told).toEqual([['leave Bob crashed'], ['leave Ada crashed']])
  room.unblock(ada, bob)
  await until(() => sees(ada, [ada, bob]) && sees(bob, [ada, bob]), 'they are together again')
  bob.handle('double', payload => Number(payload) * 2)
  expect(await ada.request(bob.id, 'double', 2)).toBe(4)
})
