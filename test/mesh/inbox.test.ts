import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { Inbox } from '../../src/mesh/inbox.ts'
import { framesPerTurn, inboxBytesMax, inboxFramesMax } from '../../src/mesh/limits.ts'

const [eve, ada, bob] = ['eve', 'ada', 'bob'] as PeerId[] as [PeerId, PeerId, PeerId]

/** Turns come when they are asked for, one at a time. */
function lab() {
  const timers: (() => void)[] = []
  const counters: Record<string, number> = {}
  /** How long a turn is in coming, ms. */
  const late = { ms: 0 }
  let nowMs = 0
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => nowMs,
    every: () => () => {},
    after: (_: number, perform: () => void) => {
      timers.push(perform)
      return () => {}
    },
  }
  const inbox = new Inbox({ clock, count: name => (counters[name] = (counters[name] ?? 0) + 1) })
  const turn = () => {
    nowMs += late.ms
    for (const perform of timers.splice(0)) perform()
  }
  return { inbox, turn, counters, timers, late }
}

test('G12: a peer floods, and the others keep at least 90 % of their throughput', () => {
  const { inbox, turn } = lab()
  const handled = new Map<PeerId, number>()
  const send = (from: PeerId, frames: number) => {
    for (let at = 0; at < frames; at++) inbox.push(from, 100, () => handled.set(from, (handled.get(from) ?? 0) + 1))
  }
  const turns = 200
  const each = Math.floor(framesPerTurn / 4)
  const perTurn: number[] = []
  for (let at = 0; at < turns; at++) {
    const before = [...handled.values()].reduce((sum, count) => sum + count, 0)
    send(eve, 20 * framesPerTurn)
    for (const peer of [ada, bob]) send(peer, each)
    turn()
    perTurn.push([...handled.values()].reduce((sum, count) => sum + count, 0) - before)
  }
  for (const peer of [ada, bob]) expect(handled.get(peer) ?? 0).toBeGreaterThanOrEqual(0.9 * turns * each)
  // And the flood buys nothing: a turn handles what it would without it, and at most its own share of the flood twice.
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(2 * each + 2 * framesPerTurn)
})

test('G12: while turns come late, of a flood an eighth is handled, or a ninth of what the others need', () => {
  for (const [each, expected] of [
    [18, framesPerTurn / 8],
    [180, (2 * 180) / 9],
  ] as const) {
    const { inbox, turn, late } = lab()
    const handled = { flood: 0, work: 0 }
    const round = () => {
      for (let at = 0; at < 2 * framesPerTurn; at++) inbox.push(eve, 1, () => handled.flood++)
      for (const peer of [ada, bob]) for (let at = 0; at < each; at++) inbox.push(peer, 1, () => handled.work++)
      turn()
    }
    late.ms = 50
    for (let at = 0; at < 10; at++) round() // the share is halved down
    const before = { ...handled }
    for (let at = 0; at < 20; at++) round()
    expect(handled.work - before.work).toBe(20 * 2 * each) // not one of them waits
    expect(handled.flood - before.flood).toBe(20 * expected)
    late.ms = 4
    for (let at = 0; at < 10; at++) round()
    const idle = handled.flood
    round()
    expect(handled.flood - idle).toBe(framesPerTurn) // an idle tab handles whatever comes
  }
})

test('where all wait they share late turns equally, and none is held back for the others', () => {
  const { inbox, turn, late } = lab()
  const handled = new Map<PeerId, number>()
  for (const peer of [eve, ada, bob])
    for (let at = 0; at < 4 * framesPerTurn; at++)
      inbox.push(peer, 1, () => handled.set(peer, (handled.get(peer) ?? 0) + 1))
  late.ms = 50
  for (let at = 0; at < 9; at++) turn()
  expect([...handled.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(12 * framesPerTurn - 3)
})

test('who waits is served in turn, also where the share is smaller than their number', () => {
  const { inbox, turn, late } = lab()
  const handled = new Map<PeerId, number>()
  const flooding = Array.from({ length: 64 }, (_, at) => `eve ${at}` as PeerId) // of whom 32 have a turn
  late.ms = 50
  for (let at = 0; at < 60; at++) {
    for (const peer of flooding)
      for (let frame = 0; frame < framesPerTurn + 40; frame++)
        inbox.push(peer, 1, () => handled.set(peer, (handled.get(peer) ?? 0) + 1))
    inbox.push(ada, 1, () => {})
    if (at === 40) handled.clear()
    turn()
  }
  expect([...handled.values()]).toEqual(flooding.map(() => 10))
})

test('a neighbour that sends no more than its share never waits', () => {
  const { inbox, timers } = lab()
  let handled = 0
  for (let at = 0; at < framesPerTurn; at++) inbox.push(ada, 1, () => handled++)
  expect([handled, timers.length]).toEqual([framesPerTurn, 1])
})

test('frames of one neighbour keep their order, waiting or not', () => {
  const { inbox, turn } = lab()
  const order: number[] = []
  for (let at = 0; at < 3 * framesPerTurn; at++) inbox.push(eve, 1, () => order.push(at))
  for (let at = 0; at < 3; at++) turn()
  inbox.push(eve, 1, () => order.push(3 * framesPerTurn))
  for (let at = 0; at < 3; at++) turn()
  expect(order).toEqual(Array.from({ length: 3 * framesPerTurn + 1 }, (_, at) => at))
})

test('what waits of one neighbour is bounded in frames and in bytes, and the rest is counted', () => {
  const { inbox, counters } = lab()
  for (let at = 0; at < framesPerTurn + inboxFramesMax + 7; at++) inbox.push(eve, 1, () => {})
  expect(counters['dropped.flood']).toBe(7)
  const large = lab()
  for (let at = 0; at < framesPerTurn; at++) large.inbox.push(eve, 1, () => {})
  large.inbox.push(eve, inboxBytesMax, () => {})
  large.inbox.push(eve, 1, () => {})
  expect(large.counters['dropped.flood']).toBe(1)
})
