/** Faults as the mesh meets them: its own detector, overlay, relay and retries, over memory links. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import type { FaultRequest } from '../../../src/mesh/faults/types.ts'
import { faultDelayMsMax } from '../../../src/mesh/limits.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import { eventsOf, joinAll, MemoryRoom, sees, until } from '../support/memory-mesh.ts'
import { quickClock } from '../support/quick-clock.ts'

let room: MemoryRoom
beforeEach(() => {
  room = new MemoryRoom()
})
afterEach(() => room.close())

const linked = (one: MeshPeer, two: MeshPeer) => one.links.some(({ peer }) => peer === two.id)

test('halves that are parted see each other leave, and meet again when it is healed', async () => {
  room = new MemoryRoom(quickClock(4))
  const peers = await joinAll(room, 'Ada', 'Bob', 'Cyd', 'Dee')
  const [ada, bob, cyd, dee] = peers
  const told = peers.map(eventsOf)
  const outcome = await ada.faults.request({
    kind: 'partition',
    groups: [
      [ada.id, bob.id],
      [cyd.id, dee.id],
    ],
  })
  expect([...outcome.confirmed].sort()).toEqual([bob.id, cyd.id, dee.id].sort())
  await until(() => sees(ada, [ada, bob]) && sees(bob, [ada, bob]), 'one half is alone', 40_000)
  await until(() => sees(cyd, [cyd, dee]) && sees(dee, [cyd, dee]), 'the other half is alone', 40_000)
  for (const events of told) expect(events.filter(event => event.endsWith('crashed'))).toHaveLength(2)
  await ada.send(bob.id, 'x', 1) // inside a half all is well
  await expect(ada.send(cyd.id, 'x', 1)).rejects.toMatchObject({ code: 'unreachable' })

  await dee.faults.request({ kind: 'heal' }) // not by who asked for it, and from the other side
  await until(() => peers.every(peer => sees(peer, peers)), 'all are together again', 10_000)
  await Promise.all(peers.flatMap(one => peers.filter(two => two !== one).map(two => one.send(two.id, 'x', 1))))
  expect(peers.map(peer => peer.faults.list)).toEqual([[], [], [], []])
})

test('a heal right after an order was confirmed wins, whoever heals, by name or all, and wherever the order is on its way', async () => {
  const peers = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  const [ada, bob, cyd] = peers
  const cut = { kind: 'cut', target: 'all', room: true } as const
  for (const healer of [ada, bob, cyd]) {
    const { id, confirmed } = await ada.faults.request(cut)
    expect(confirmed).toHaveLength(2) // and obeyed 100 ms after they heard it, which is about now
    await healer.faults.request({ kind: 'heal', ...(healer === cyd && id !== undefined && { id }) })
  }
  // Asked for and healed in one breath, before it was even told.
  const [{ id }] = await Promise.all([ada.faults.request(cut), ada.faults.request({ kind: 'heal' })])
  expect(id).toBeDefined()
  expect(peers.map(peer => peer.faults.list)).toEqual([[], [], []])
  // What is ordered after it is obeyed by all: had an earlier one been on its way, it would have come first.
  const last = await ada.faults.request({ kind: 'delay', target: 'all', ms: 1, room: true })
  await until(() => peers.every(peer => peer.faults.list.length > 0), 'all obey')
  for (const peer of peers) expect(peer.faults.list.map(fault => fault.id)).toEqual([last.id])
})

test('an author who still waits for the last to confirm does not begin what another healed meanwhile', async () => {
  const [ada, bob, cyd] = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  await cyd.faults.request({ kind: 'pause' }) // it confirms nothing
  const asked = ada.faults.request({ kind: 'delay', target: 'all', ms: 1, room: true })
  await until(() => bob.faults.list.length > 0, 'Bob obeys')
  const [fault] = bob.faults.list
  await bob.faults.request({ kind: 'heal', ...(fault && { id: fault.id }) }) // all would thaw Cyd, who would confirm
  const { unconfirmed } = await asked
  expect(unconfirmed).toEqual([cyd.id])
  expect([ada.faults.list, bob.faults.list]).toEqual([[], []])
  await cyd.faults.request({ kind: 'heal' })
})

test('a link that is cut is not made again, and words go another way', async () => {
  room = new MemoryRoom(quickClock(4))
  const [ada, bob, cyd] = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  const told = [ada, bob, cyd].map(eventsOf)
  await ada.faults.request({ kind: 'cut', target: bob.id })
  await until(() => !linked(ada, bob) && !linked(bob, ada), 'both have found it silent', 40_000)
  await expect(ada.dial(bob.id)).rejects.toThrow()
  await expect(bob.dial(ada.id)).rejects.toThrow()
  bob.handle('double', payload => Number(payload) * 2)
  expect(await ada.request(bob.id, 'double', 4)).toBe(8) // through Cyd
  expect(sees(ada, [ada, bob, cyd])).toBe(true)
  expect(told.flat()).toEqual([]) // nobody was given up
  expect(linked(ada, bob)).toBe(false)
  await ada.faults.request({ kind: 'heal' })
  await until(() => linked(ada, bob), 'they are linked again', 10_000)
})

test('a cut that is over soon costs nothing: what was sent meanwhile arrives once', async () => {
  const [ada, bob] = await joinAll(room, 'Ada', 'Bob')
  const heard: number[] = []
  bob.subscribe('count', payload => heard.push(Number(payload)))
  const closed = vi.fn()
  for (const peer of [ada, bob]) peer.on('link-close', closed)
  await bob.faults.request({ kind: 'cut', target: 'all', forMs: 1_500 })
  const numbers = Array.from({ length: 50 }, (_, number) => number)
  await Promise.all(numbers.map(number => ada.send(bob.id, 'count', number, { timeoutMs: 20_000 })))
  expect(heard).toEqual(numbers)
  expect(closed).not.toHaveBeenCalled()
  expect(bob.faults.list).toEqual([]) // it ended by itself
})

test('a delay is felt by the ping, there and back', async () => {
  const [ada, bob] = await joinAll(room, 'Ada', 'Bob')
  await ada.faults.request({ kind: 'delay', target: bob.id, ms: 60 })
  expect(await ada.ping(bob.id)).toBeGreaterThanOrEqual(119)
  await ada.faults.request({ kind: 'heal', peer: bob.id })
  expect(await ada.ping(bob.id)).toBeLessThan(60)
})

test('with 30 % lost, doubled and overtaken, every message arrives once', async () => {
  const [ada, bob, cyd] = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  for (const kind of ['loss', 'duplicate', 'reorder'] as const)
    await ada.faults.request({ kind, target: 'all', share: 0.3, room: true })
  const heard: string[] = []
  for (const peer of [bob, cyd]) peer.subscribe('count', payload => heard.push(`${peer.id} ${payload}`))
  const numbers = Array.from({ length: 100 }, (_, number) => number)
  const sent = [bob, cyd].flatMap(to =>
    numbers.map(number => ada.send(to.id, 'count', number, { retries: 10, timeoutMs: 40_000 })),
  )
  await Promise.all(sent)
  const expected = [bob, cyd].flatMap(to => numbers.map(number => `${to.id} ${number}`))
  expect(heard.sort()).toEqual(expected.sort())
  for (const counter of ['faults.lost', 'faults.doubled', 'faults.held'])
    expect(ada.counters[counter], counter).toBeGreaterThan(10)
  expect(sees(ada, [ada, bob, cyd])).toBe(true)
})

test('gossip too is lost and doubled, link by link, and told once', async () => {
  const [ada, bob, cyd] = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  await ada.faults.request({ kind: 'loss', target: bob.id, share: 1, direction: 'out' })
  await ada.faults.request({ kind: 'duplicate', target: cyd.id, share: 1, direction: 'out' })
  const heard: string[] = []
  for (const peer of [bob, cyd])
    peer.subscribe('news', payload => heard.push(`${peer === bob ? 'Bob' : 'Cyd'} ${payload}`))
  for (const number of [1, 2, 3]) await ada.broadcast('news', number)
  // Bob hears it of Cyd, since nothing of Ada's own reaches him.
  await until(() => heard.length >= 6, 'both have heard all')
  expect(heard.sort()).toEqual(['Bob 1', 'Bob 2', 'Bob 3', 'Cyd 1', 'Cyd 2', 'Cyd 3'])
  expect(ada.counters['faults.lost']).toBeGreaterThan(0)
  expect(ada.counters['faults.doubled']).toBeGreaterThan(0)
})

test('a frozen peer hears and says nothing; thawed, it is where it was', async () => {
  const [ada, bob, cyd] = await joinAll(room, 'Ada', 'Bob', 'Cyd')
  const told = eventsOf(bob)
  const heard: number[] = []
  bob.subscribe('count', payload => heard.push(Number(payload)))
  await ada.faults.request({ kind: 'pause', target: bob.id })
  await until(() => bob.faults.list.length === 1, 'Bob is frozen')
  const sent = ada.send(bob.id, 'count', 1, { timeoutMs: 20_000 })
  await expect(cyd.request(bob.id, 'heartbeat', null, { timeoutMs: 300, retries: 0 })).rejects.toMatchObject({
    code: 'timeout',
  })
  expect(heard).toEqual([])
  await cyd.faults.request({ kind: 'heal', room: true }) // he is told through signaling
  await sent
  expect(heard).toEqual([1])
  expect(bob.faults.list).toEqual([])
  expect(told).toEqual([]) // he gave up nobody
})

test('a peer that was frozen until all gave it up returns by itself, and gives up nobody', async () => {
  room = new MemoryRoom(quickClock(4))
  const peers = await joinAll(room, 'Ada', 'Bob', 'Cyd', 'Dee')
  const bob = peers[1]
  const told = peers.map(eventsOf)
  await bob.faults.request({ kind: 'pause', forMs: 30_000 })
  const others = peers.filter(peer => peer !== bob)
  await until(() => others.every(peer => sees(peer, others)), 'he is given up', 40_000)
  await until(() => bob.faults.list.length === 0, 'he is thawed', 40_000)
  await until(() => peers.every(peer => sees(peer, peers)), 'he is back', 10_000)
  const expected = peers.map(peer => (peer === bob ? [] : ['leave Bob crashed', 'join Bob']))
  expect(told).toEqual(expected)
})

test('only those of the room give orders, each once, and a public room takes none', async () => {
  const [ada, bob] = await joinAll(room, 'Ada', 'Bob')
  const orders: unknown[] = []
  bob.subscribe('faults', order => orders.push(order))
  await ada.faults.request({ kind: 'delay', target: 'all', ms: 1, room: true })
  await until(() => bob.faults.list.length === 1, 'Bob obeys')
  expect(bob.faults.list).toMatchObject([{ by: ada.id, scope: 'room', command: { kind: 'delay', ms: 1 } }])
  await bob.faults.request({ kind: 'heal' })
  await until(() => ada.faults.list.length === 0, 'Ada obeys')
  const [order] = orders as [{ by: string; json: string }]
  await ada.send(bob.id, 'faults', order as never) // said again
  await ada.send(bob.id, 'faults', { ...order, json: order.json.replace('"ms":1', '"ms":2') } as never) // altered
  await ada.send(bob.id, 'faults', { kind: 'heal' })
  await until(() => (bob.counters['dropped.order'] ?? 0) >= 1, 'the copy is dropped')
  expect(bob.faults.list).toEqual([])

  const [eve, fay] = await Promise.all(['Eve', 'Fay'].map(name => room.join(name, { secret: '' })))
  if (!eve || !fay) throw new Error('nobody came')
  await until(() => sees(eve, [eve, fay]), 'they see each other')
  await expect(eve.faults.request({ kind: 'pause', target: fay.id })).rejects.toMatchObject({ code: 'invalid-option' })
  await eve.faults.request({ kind: 'delay', target: fay.id, ms: 5 }) // her own links are hers
})

describe('what cannot be meant is refused with words', () => {
  const nobody = '12D3KooWnobody' as PeerId
  test.each<[string, (peers: { ada: MeshPeer; bob: MeshPeer }) => unknown, RegExp]>([
    ['a peer that is not here', () => ({ kind: 'cut', target: nobody }), /nobody here has the id "12D3KooWnobody"/],
    ['oneself', ({ ada }) => ({ kind: 'cut', target: ada.id }), /no link to itself/],
    ['no target', () => ({ kind: 'cut' }), /a fault is for 'all', a peer's id or a list of ids, not undefined/],
    ['an empty list', () => ({ kind: 'cut', target: [] }), /a list of ids/],
    ['a direction that is none', () => ({ kind: 'cut', target: 'all', direction: 'up' }), /not "up"/],
    [
      'a share over 1',
      () => ({ kind: 'loss', target: 'all', share: 30 }),
      /share must be a number from 0 to 1, not 30/,
    ],
    ['a share of nothing', () => ({ kind: 'loss', target: 'all', share: 0 }), /heal\(\) ends a fault/],
    [
      'a delay too long',
      () => ({ kind: 'delay', target: 'all', ms: faultDelayMsMax + 1 }),
      /ms must be a number from 0/,
    ],
    ['a delay of nothing', () => ({ kind: 'delay', target: 'all', ms: 0 }), /delays nothing/],
    [
      'a time that is none',
      () => ({ kind: 'cut', target: 'all', forMs: Number.NaN }),
      /forMs must be a number .* not NaN/,
    ],
    ['a peer on both sides', ({ bob }) => ({ kind: 'partition', groups: [[bob.id], [bob.id]] }), /in one group only/],
    ['no group', () => ({ kind: 'partition', groups: [] }), /1 to 16 groups/],
    [
      'a group of nobody',
      ({ bob }) => ({ kind: 'partition', groups: [[bob.id], []] }),
      /only the first group may be empty/,
    ],
    ['a fault that is not there', () => ({ kind: 'heal', id: 'nothing' }), /no fault "nothing"/],
    ['a kind that is none', () => ({ kind: 'fire', target: 'all' }), /there is no fault "fire"/],
  ])('%s', async (_, request, message) => {
    const [ada, bob] = await joinAll(room, 'Ada', 'Bob')
    await expect(ada.faults.request(request({ ada, bob }) as FaultRequest)).rejects.toThrow(message)
    expect(ada.faults.list).toEqual([])
  })
})
