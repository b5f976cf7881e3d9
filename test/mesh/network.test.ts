/** A network's beginning and end in messages, and its figures, over memory links. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { systemClock } from '../../src/base/system.ts'
import { Figures } from '../../src/mesh/figures.ts'
import { deliverySamplesMax, figuresWindowMs } from '../../src/mesh/limits.ts'
import type { MeshPeer } from '../../src/mesh/mesh.ts'
import { Network } from '../../src/mesh/network.ts'
import { pingAll } from '../../src/mesh/reachability.ts'
import type { LinkInfo, Mesh, MeshEvents, PeerInfo } from '../../src/mesh/types.ts'
import { Turns } from '../link/support/turns.ts'
import { MemoryRoom, sees, until } from './support/memory-mesh.ts'

let room: MemoryRoom
beforeEach(() => {
  room = new MemoryRoom()
})
afterEach(() => room.close())

async function join(name: string) {
  const peer = await room.join(name)
  const told: string[] = []
  const network = new Network(peer, {
    onInit: from => told.push(`init ${from}`),
    onConnect: from => told.push(`connect ${from}`),
    onShutdown: (from, reason) => told.push(`shutdown ${from} ${reason}`),
    count: counter => told.push(counter),
  })
  return { peer, network, told }
}

async function joinAll(...names: string[]) {
  const all: Awaited<ReturnType<typeof join>>[] = []
  for (const name of names) all.push(await join(name))
  const peers = all.map(({ peer }) => peer)
  await until(() => peers.every(peer => sees(peer, peers) && peer.links.length === peers.length - 1), 'all are linked')
  return all as [Awaited<ReturnType<typeof join>>, ...Awaited<ReturnType<typeof join>>[]]
}

test('who starts says so to all, and greets each that it links to, as the later of the two', async () => {
  const [ada, bob, cyd] = await joinAll('Ada', 'Bob', 'Cyd')
  if (!bob || !cyd) throw new Error('nobody')
  await until(() => ada.told.length === 2 && bob.told.length === 1, 'the later two have greeted')
  expect(ada.told.sort()).toEqual([`connect ${bob.peer.id}`, `connect ${cyd.peer.id}`].sort())
  expect(bob.told).toEqual([`connect ${cyd.peer.id}`])
  const heard = vi.fn()
  ada.peer.subscribe('network_init', heard)
  cyd.network.started()
  await until(() => [ada, bob].every(({ told }) => told.includes(`init ${cyd.peer.id}`)), 'both know')
  expect(heard.mock.calls[0]?.[0]).toEqual({ topology: 'mesh' })
})

test('a shutdown reaches all with its reason, and names who did not confirm it', async () => {
  const [ada, bob, cyd] = await joinAll('Ada', 'Bob', 'Cyd')
  if (!bob || !cyd) throw new Error('nobody')
  expect(await ada.network.shutDown('task_complete')).toEqual({
    confirmed: expect.arrayContaining([bob.peer.id, cyd.peer.id]),
    unconfirmed: [],
  })
  for (const { told } of [bob, cyd]) expect(told).toContain(`shutdown ${ada.peer.id} task_complete`)
  await cyd.peer.faults.request({ kind: 'pause' })
  const outcome = await ada.network.shutDown('again')
  expect(outcome).toEqual({ confirmed: [bob.peer.id], unconfirmed: [cyd.peer.id] })
})

test.each(['', 'x'.repeat(201), 5 as never])('a reason that is none is refused: %j', async reason => {
  const { network } = await join('Ada')
  await expect(network.shutDown(reason)).rejects.toMatchObject({ code: 'invalid-option' })
})

test('a message of a known type that makes no sense is dropped', async () => {
  const [ada, bob] = await joinAll('Ada', 'Bob')
  if (!bob) throw new Error('nobody')
  for (const [topic, payload] of [
    ['network_shutdown', null],
    ['network_init', { topology: 'star' }],
  ] as const)
    await bob.peer.send(ada.peer.id, topic, payload)
  expect(ada.told.filter(line => line === 'dropped.malformed')).toHaveLength(2)
  expect(ada.told.filter(line => /shutdown|init/.test(line))).toEqual([])
})

test('pingAll says who answers and who does not', async () => {
  const [ada, bob, cyd] = await joinAll('Ada', 'Bob', 'Cyd')
  if (!bob || !cyd) throw new Error('nobody')
  const ask = (timeoutMs?: number) =>
    pingAll(
      ada.peer.peers.map(({ id }) => id),
      (peer, waitMs) => ada.peer.ping(peer, waitMs),
      timeoutMs,
    )
  expect(await ask()).toMatchObject({ answered: 2, asked: 2 })
  await cyd.peer.faults.request({ kind: 'pause' })
  const { answered, asked, outcomes } = await ask(200)
  expect([answered, asked]).toEqual([1, 2])
  expect(outcomes.find(({ peer }) => peer === cyd.peer.id)).toMatchObject({
    status: 'silent',
    error: { code: 'timeout' },
  })
})

test('the figures of a mesh count its own messages and the time they take', async () => {
  const [ada, bob] = await joinAll('Ada', 'Bob')
  if (!bob) throw new Error('nobody')
  const figures = new Map([ada, bob].map(({ peer }) => [peer, new Figures(systemClock, peer.on)]))
  for (const [peer, own] of figures) peer.measure(own)
  await ada.peer.faults.request({ kind: 'delay', target: bob.peer.id, ms: 40 })
  for (let sent = 0; sent < 5; sent++) await ada.peer.send(bob.peer.id, 'x', sent)
  const read = (peer: MeshPeer) => (figures.get(peer) as Figures).read(peer.id, peer.peers, peer.links)
  await until(() => read(ada.peer).throughput.sentPerSecond > 0, 'a second has passed')
  const { connectivity, delivery } = read(ada.peer)
  expect(connectivity).toEqual({ share: 1, reachable: 1, known: 1 })
  expect(delivery.samples).toBeGreaterThanOrEqual(5)
  expect(delivery.meanMs).toBeGreaterThan(20)
  await until(() => read(bob.peer).throughput.receivedPerSecond > 0, 'Bob heard in a second that is over')
})

describe('figures', () => {
  const [ada, bob, cyd, dee] = ['ada', 'bob', 'cyd', 'dee'] as [PeerId, PeerId, PeerId, PeerId]
  function lab() {
    const turns = new Turns(1)
    const listeners = new Map<string, (detail: never) => void>()
    const on = ((name: string, listener: (detail: never) => void) =>
      listeners.set(name, listener)) as unknown as Mesh['on']
    const figures = new Figures(turns.clock, on)
    const tell = <Name extends keyof MeshEvents>(
      name: Name,
      detail: Partial<PeerInfo> | { peer: Partial<PeerInfo>; reason: string },
    ) => listeners.get(name)?.(detail as never)
    return { turns, figures, tell }
  }
  const info = (id: PeerId, links: PeerId[], state: PeerInfo['state'] = 'alive') =>
    ({
      id,
      state,
      links: links.map(peer => ({ peer, kind: 'memory' })),
      session: 's' as SessionId,
    }) as unknown as PeerInfo
  const link = (peer: PeerId) => ({ peer }) as LinkInfo

  test('whoever no known path leads to is known and not reachable', () => {
    const { figures } = lab()
    const peers = [info(bob, [ada]), info(cyd, [bob]), info(dee, [])]
    expect(figures.read(ada, peers, [link(bob)]).connectivity).toEqual({ share: 2 / 3, reachable: 2, known: 3 })
    expect(figures.read(ada, [], []).connectivity.share).toBe(1)
    expect(figures.read(ada, [info(bob, [], 'suspect')], [link(bob)]).connectivity.reachable).toBe(0)
  })

  test('whoever was given up counts until it returns; whoever left does not', () => {
    const { figures, tell } = lab()
    tell('agent-leave', { peer: info(cyd, []), reason: 'crashed' })
    tell('agent-leave', { peer: info(dee, []), reason: 'closed' })
    expect(figures.read(ada, [info(bob, [])], [link(bob)]).connectivity).toEqual({ share: 0.5, reachable: 1, known: 2 })
    tell('agent-join', info(cyd, []))
    expect(figures.read(ada, [info(bob, [])], [link(bob)]).connectivity.known).toBe(1)
  })

  test('rates are over the last seconds, those before the first not counted', async () => {
    const { figures, turns } = lab()
    const perSecond = () => figures.read(ada, [], []).throughput.sentPerSecond
    expect(perSecond()).toBe(0)
    for (let sent = 0; sent < 30; sent++) figures.sent()
    await turns.run(2_000)
    expect(perSecond()).toBe(15)
    await turns.run(figuresWindowMs)
    expect(perSecond()).toBe(3)
    await turns.run(figuresWindowMs + 1_000)
    expect(perSecond()).toBe(0)
  })

  test('the mean time is of one way, of recent messages, of no more than are remembered', async () => {
    const { figures, turns } = lab()
    const delivery = () => figures.read(ada, [], []).delivery
    expect(delivery()).toEqual({ meanMs: undefined, samples: 0 })
    figures.acknowledged(10)
    figures.acknowledged(30)
    expect(delivery()).toEqual({ meanMs: 10, samples: 2 })
    for (let more = 0; more < deliverySamplesMax; more++) figures.acknowledged(2)
    expect(delivery()).toEqual({ meanMs: 1, samples: deliverySamplesMax })
    await turns.run(figuresWindowMs + 1)
    expect(delivery().samples).toBe(0)
  })
})
