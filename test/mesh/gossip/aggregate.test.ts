/** Push-sum among peers that ask at once, come late, leave and lose messages. */
import { afterEach, describe, expect, test } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import type { PeerId } from '../../../src/base/ids.ts'
import { randomId, systemClock, systemRandom } from '../../../src/base/system.ts'
import { Aggregation, aggregateTopic, parseAggregateMessage } from '../../../src/mesh/gossip/aggregate/driver.ts'
import { aggregatesMax, roundMs, shareTimeoutMs } from '../../../src/mesh/gossip/aggregate/limits.ts'
import { quietRoundsFor, roundsFor } from '../../../src/mesh/gossip/aggregate/state.ts'
import {
  type AggregateEffect,
  type AggregateMessage,
  initialAggregation,
  step,
} from '../../../src/mesh/gossip/aggregate/step.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import type { Mesh } from '../../../src/mesh/types.ts'
import { EventQueue } from '../../../src/simulator/world/event-queue.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'
import { FakeNetwork } from '../../work/support/fake-mesh.ts'
import { MemoryRoom, sees, until } from '../support/memory-mesh.ts'

/** Three times what push-sum takes where nothing is late or lost. */
const roundsAllowed = (peers: number) => 3 * (roundsFor(peers) + quietRoundsFor(peers))

type Settled = Extract<AggregateEffect, { kind: 'settled' }>

describe('the machine', () => {
  /** Shares are late by up to a round, arrive twice now and then, and later where a copy was lost. `roots` ask within one round. */
  function simulate(seed: number, peers: number, lossRate: number, roots: number) {
    const random = new Sfc32(seed, 'aggregate')
    const ids = Array.from({ length: peers }, (_, at) => `p${at}` as PeerId)
    const values = ids.map(() => Math.round(random.next() * 1_000))
    const machines = ids.map((id, at) => {
      const state = initialAggregation()
      state.given.set('load', values[at] ?? 0)
      return { state, others: ids.filter(other => other !== id), settled: [] as { round: number; effect: Settled }[] }
    })
    const queue = new EventQueue<() => void>()
    let nowMs = 0
    let shares = 0
    const perform = (at: number, effects: readonly AggregateEffect[]): void => {
      for (const effect of effects) {
        if (effect.kind === 'settled') machines[at]?.settled.push({ round: nowMs / roundMs, effect })
        else if (effect.kind === 'tell')
          for (const other of ids.keys()) if (other !== at && random.next() >= lossRate) fly(other, effect.message, 0)
        if (effect.kind !== 'send') continue
        shares++
        const to = Number(effect.to.slice(1))
        let lateMs = 0
        while (random.next() < lossRate) lateMs += shareTimeoutMs
        fly(to, effect.message, lateMs, at)
        if (random.next() < lossRate) fly(to, effect.message, lateMs + shareTimeoutMs) // the acknowledgement was lost
      }
    }
    const fly = (to: number, message: AggregateMessage, lateMs: number, from?: number): void => {
      queue.push(nowMs + lateMs + random.next() * roundMs, () => {
        const machine = machines[to]
        if (machine) perform(to, step(machine.state, { kind: 'received', message, nowMs }))
        const sender = from === undefined ? undefined : machines[from]
        if (sender) step(sender.state, { kind: 'arrived', message })
      })
    }
    let made = 0
    const tick = (at: number): void => {
      const machine = machines[at]
      if (!machine) return
      const newId = () => `s${made++}`
      perform(at, step(machine.state, { kind: 'tick', nowMs, peers: machine.others, random, newId }))
      queue.push(nowMs + roundMs / 2, () => tick(at))
    }
    for (const at of ids.keys()) queue.push(random.next() * roundMs, () => tick(at))
    for (let root = 0; root < roots; root++)
      queue.push(random.next() * roundMs, () => {
        const machine = machines[root]
        const input = { kind: 'start', name: 'load', id: `e${root}`, peers: peers - 1, nowMs } as const
        if (machine) perform(root, step(machine.state, input))
      })
    while (queue.nextAtUs <= 200 * roundMs) {
      nowMs = queue.nextAtUs
      queue.pop()?.()
    }
    return { machines, values, shares }
  }

  test.each([
    [2, 0, 1],
    [10, 0.3, 1],
    [10, 0.3, 10],
    [64, 0.2, 5],
    [300, 0.1, 1],
  ])(
    '%i peers that lose %f of all, %i asking at once, agree within a thousandth in O(log N) rounds',
    (peers, lossRate, roots) => {
      for (let seed = 1; seed <= 10; seed++) {
        const { machines, values, shares } = simulate(seed, peers, lossRate, roots)
        const sum = values.reduce((total, value) => total + value, 0)
        for (const { settled } of machines) {
          // Whoever was superseded at once never settled on that computation; the one that stayed settled everywhere, once.
          const { effect, round } = settled.at(-1) ?? {}
          expect(settled, `seed ${seed}`).toHaveLength(1)
          expect(effect?.aggregate?.min).toBe(Math.min(...values))
          expect(effect?.aggregate?.max).toBe(Math.max(...values))
          expect(Math.abs((effect?.aggregate?.count ?? 0) / peers - 1), `seed ${seed}`).toBeLessThan(1 / 1_000)
          expect(Math.abs((effect?.aggregate?.sum ?? 0) / sum - 1)).toBeLessThan(1 / 1_000)
          expect(round).toBeLessThan(roundsAllowed(peers))
        }
        expect(shares).toBeLessThanOrEqual(peers * roundsAllowed(peers))
      }
    },
  )

  test('a share that comes twice counts once, and one whose receiver is gone comes back', () => {
    const state = initialAggregation()
    state.given.set('load', 8)
    step(state, { kind: 'start', name: 'load', id: 'e', peers: 1, nowMs: 0 })
    const random = new Sfc32(1, 'twice')
    const tick = () => step(state, { kind: 'tick', nowMs: 1_000, peers: ['bob' as PeerId], random, newId: () => 's' })
    const [sent] = tick()
    if (sent?.kind !== 'send') throw new Error('nothing was sent')
    const share = () => state.running.get('load')?.share
    expect(share()).toMatchObject({ sum: 4, mass: 0.5, weight: 0.5 })
    step(state, { kind: 'returned', message: sent.message })
    expect(share()).toMatchObject({ sum: 8, mass: 1, weight: 1 })
    for (let copy = 0; copy < 2; copy++) step(state, { kind: 'received', message: sent.message, nowMs: 2_000 })
    expect(share()).toMatchObject({ sum: 12, mass: 1.5, weight: 1.5 })
  })

  test('who hears late passes on, and is not counted', () => {
    const state = initialAggregation()
    state.given.set('load', 8)
    const epoch = { name: 'load', number: 1, id: 'e', quiet: 9 }
    const share = { sum: 3, mass: 1, weight: 0.5, least: 3, greatest: 3 }
    step(state, {
      kind: 'received',
      message: { kind: 'share', epoch, id: 's', round: 19, trouble: 19, isDisturbed: false, share },
      nowMs: 0,
    })
    expect(state.running.get('load')).toMatchObject({ counted: undefined, share })
  })
})

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

function over(
  mesh: Pick<Mesh, 'peers' | 'send' | 'broadcast' | 'subscribe' | 'on'>,
  counters: string[] = [],
): Aggregation {
  const count = (counter: string) => counters.push(counter)
  const made = new Aggregation({ mesh, clock: systemClock, random: systemRandom, newId: randomId, count })
  open.unshift(made)
  return made
}

test('all who ask at once get one answer, of all that are given; who gives nothing may ask too', async () => {
  const network = new FakeNetwork()
  const peers = Array.from({ length: 8 }, (_, at) => over(network.join(`P${at}`)))
  const [first, ...others] = peers
  const asked = others.map((peer, at) => peer.aggregate('load', at + 1))
  const truth = { count: 7, min: 1, max: 7 }
  for (const answer of await Promise.all([...asked, first?.aggregate('load')])) {
    expect(answer).toMatchObject(truth)
    expect(answer?.sum).toBeCloseTo(28, 1)
    expect(answer?.mean).toBeCloseTo(4, 2)
  }
  others[0]?.withdraw('load')
  expect(await others[6]?.aggregate('load', -1)).toMatchObject({ count: 6, min: -1, max: 6 })
})

test('one peer alone is its own mesh', async () => {
  const alone = over(new FakeNetwork().join('alone'))
  expect(await alone.aggregate('load', 5)).toEqual({ count: 1, sum: 5, mean: 5, min: 5, max: 5 })
})

test('what makes no sense is refused here, and counted there', async () => {
  const network = new FakeNetwork()
  const counters: string[] = []
  const [mesh, other] = [network.join('one'), network.join('other')]
  const one = over(mesh)
  over(other, counters)
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    await expect(one.aggregate('load', value)).rejects.toMatchObject({ code: 'invalid-option' })
  await expect(one.aggregate('', 1)).rejects.toMatchObject({ code: 'invalid-option' })
  for (const word of [null, { kind: 'start' }, { kind: 'share', epoch: {} }])
    await mesh.send(other.id, aggregateTopic, word)
  await until(() => counters.length === 3, 'all are counted')
  expect(parseAggregateMessage({ kind: 'start', epoch: { name: 'x', number: 1, id: 'x', quiet: 1e9 } })).toBeInstanceOf(
    MeshError,
  )
  for (let name = 0; name < aggregatesMax; name++) void one.aggregate(`${name}`, 1).catch(() => {})
  await expect(one.aggregate('one more', 1)).rejects.toMatchObject({ code: 'too-large' })
})

test('a mesh that loses a fifth of its messages comes to the right numbers, and so it does when one leaves in the middle', async () => {
  const room = new MemoryRoom()
  open.push(room)
  const peers = await Promise.all(Array.from({ length: 6 }, (_, at) => room.join(`P${at}`)))
  await until(() => peers.every(peer => sees(peer, peers)), 'all see each other')
  for (const peer of peers) await peer.faults.request({ kind: 'loss', target: 'all', share: 0.2 } as never)
  const made = peers.map(peer => over(peer))
  const all = made.map((each, at) => each.aggregate('load', 10 * at))
  for (const answer of await Promise.all(all)) {
    expect(answer).toMatchObject({ count: 6, min: 0, max: 50 })
    expect(Math.abs(answer.sum - 150)).toBeLessThan(0.15)
  }
  const [gone] = peers as [MeshPeer]
  const again = made.slice(1).map(each => each.aggregate('load'))
  room.crash(gone)
  for (const answer of await Promise.all(again)) expect([5, 6]).toContain(answer.count)
  await until(() => peers.slice(1).every(peer => peer.peers.length === 4), 'who left is gone')
  expect(await made[1]?.aggregate('load')).toMatchObject({ count: 5, min: 10, max: 50 })
})
