/** The check that gossip is heard by every neighbour: when it complains, what it repairs, and gossip that is really dead. */
import { afterEach, expect, test, vi } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { Hearing } from '../../../src/mesh/gossip/hearing/driver.ts'
import { complaintsMax, initialHearing, pulseIntervalMs, silenceMs } from '../../../src/mesh/gossip/hearing/state.ts'
import { type HearingEffect, step } from '../../../src/mesh/gossip/hearing/step.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import { MemoryRoom, sees, until } from '../support/memory-mesh.ts'
import { quickClock } from '../support/quick-clock.ts'

const [ada, bob] = ['ada', 'bob'] as PeerId[] as [PeerId, PeerId]
const lasting = (effects: HearingEffect[]) => effects.filter(({ kind }) => kind !== 'pulse')

/** Ticks until `untilMs`; what was done besides pulses, with its time. */
function ticks(untilMs: number, hear: (nowMs: number) => boolean, pulses = 5) {
  const state = initialHearing(0)
  const done: string[] = []
  for (let nowMs = 0; nowMs <= untilMs; nowMs += pulseIntervalMs) {
    const effects = step(state, { kind: 'tick', nowMs, neighbours: [ada] })
    expect(effects[0]).toEqual({ kind: 'pulse', to: ada })
    done.push(...lasting(effects).map(({ kind }) => `${kind} ${nowMs}`))
    if (nowMs === 0)
      for (let pulse = 0; pulse < pulses; pulse++) step(state, { kind: 'heard', from: ada, isPulse: true, nowMs })
    if (hear(nowMs)) step(state, { kind: 'heard', from: ada, isPulse: false, nowMs })
  }
  return done
}

test('nobody is blamed of whom anything is heard', () => {
  expect(ticks(600_000, nowMs => nowMs % (2 * pulseIntervalMs) === 0)).toEqual([])
})

test('a silent neighbour is told so, some times, and then its link is made anew', () => {
  const done = ticks(100_000, () => false)
  expect(done.slice(0, complaintsMax + 1)).toEqual([
    'complain 30000',
    'complain 40000',
    'complain 50000',
    'remake 60000',
  ])
})

test('a plain node, which sends no pulses, keeps its link', () => {
  expect(ticks(600_000, () => false, 1)).toEqual(['complain 30000', 'complain 40000', 'complain 50000'])
})

test('who is told starts afresh, and makes the link anew when told again soon', () => {
  const state = initialHearing(0)
  step(state, { kind: 'tick', nowMs: 0, neighbours: [ada, bob] })
  const told = (by: PeerId, nowMs: number) => step(state, { kind: 'told', by, nowMs }).map(({ kind }) => kind)
  expect(told(ada, 1)).toEqual(['restart'])
  expect(told(bob, 2)).toEqual(['restart'])
  expect(told(ada, silenceMs)).toEqual(['remake'])
  expect(told(bob, 3 * silenceMs)).toEqual(['restart'])
  expect(told('stranger' as PeerId, 1)).toEqual([])
})

test('whoever slept blames nobody', () => {
  const state = initialHearing(0)
  step(state, { kind: 'tick', nowMs: 0, neighbours: [ada] })
  const late = 3_600_000
  expect(lasting(step(state, { kind: 'tick', nowMs: late, neighbours: [ada] }))).toEqual([])
  expect(lasting(step(state, { kind: 'tick', nowMs: late + pulseIntervalMs, neighbours: [ada] }))).toEqual([])
})

interface Router {
  readonly streamsOutbound: Map<string, { push: unknown; pushPrefixed: unknown }>
}

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function routerOf(peer: MeshPeer): Promise<Router> {
  const node = await peer.gossip.node()
  return node?.services.pubsub as unknown as Router
}

/** A stream of gossip that takes everything and carries nothing, as it was seen to be (DESIGN, fact 4). */
async function deaden(peer: MeshPeer, toward: MeshPeer): Promise<void> {
  const stream = (await routerOf(peer)).streamsOutbound.get(toward.id)
  if (!stream) throw new Error('there is no stream to break')
  stream.push = () => {}
  stream.pushPrefixed = () => {}
}

async function pair(isChecked: boolean) {
  const clock = quickClock(20)
  const room = new MemoryRoom(clock)
  open.push(room)
  const [one, other] = [await room.join('One'), await room.join('Other')]
  const all = [one, other]
  await until(() => all.every(peer => sees(peer, all) && peer.links.length === 1), 'they are linked')
  if (isChecked) for (const peer of all) open.unshift(new Hearing({ ...peer.gossip, clock }))
  const heard: unknown[] = []
  other.subscribe('news', payload => heard.push(payload))
  await one.broadcast('news', 'before')
  await until(() => heard.length === 1, 'the first word is heard')
  await deaden(one, other)
  return { one, other, heard }
}

test('a neighbour that gossip does not reach any more is found out, and hears again over the same link', async () => {
  const { one, other, heard } = await pair(true)
  const opened = one.links[0]?.openedAtMs
  await one.broadcast('news', 'lost')
  await until(() => one.counters['gossip.restarts'] === 1, 'the stream is opened again', 20_000)
  expect(other.counters['gossip.complaints']).toBe(1)
  await vi.waitFor(async () => {
    await one.broadcast('news', 'again')
    expect(heard).toContain('again')
  }, 10_000)
  expect(one.links[0]?.openedAtMs).toBe(opened)
  expect(one.counters['gossip.links-remade']).toBeUndefined()
})

test('without the check it stays dead: what the test above breaks is broken indeed', async () => {
  const { one, heard } = await pair(false)
  for (let word = 0; word < 10; word++) {
    await one.broadcast('news', word)
    await new Promise<void>(resolve => quickClock(20).after(5_000, resolve)) // as long as the repair takes, and longer
  }
  expect(heard).toEqual(['before'])
})

test('where a new stream is of no use either, the link is made anew', async () => {
  const { one, other, heard } = await pair(true)
  const router = await routerOf(one)
  const set = router.streamsOutbound.set.bind(router.streamsOutbound)
  let isBroken = true
  router.streamsOutbound.set = (peer, stream) => {
    if (isBroken) stream.push = stream.pushPrefixed = () => {}
    return set(peer, stream)
  }
  await until(
    () => (one.counters['gossip.links-remade'] ?? 0) + (other.counters['gossip.links-remade'] ?? 0) > 0,
    'the link is remade',
    30_000,
  )
  isBroken = false
  await vi.waitFor(async () => {
    await one.broadcast('news', 'at last')
    expect(heard).toContain('at last')
  }, 30_000)
})
