/** Rumours: who offers what, who asks whom, and when it is over. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { absorb, aggregateOf, initialShare, roundsFor, split } from '../../../src/mesh/gossip/aggregate/state.ts'
import { quenchedAfter, triesMax } from '../../../src/mesh/gossip/rumours/limits.ts'
import { initialRumours, type Rumour, type RumourState } from '../../../src/mesh/gossip/rumours/state.ts'
import { type RumourMessage, step } from '../../../src/mesh/gossip/rumours/step.ts'
import { runAggregation, runGossipSeed } from '../../../src/simulator/gossip/simulation.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'

const [ada, bob, cyd, dan] = ['ada', 'bob', 'cyd', 'dan'] as PeerId[] as [PeerId, PeerId, PeerId, PeerId]
const settings = { intervalMs: 1_000, fanout: 3, antiEntropy: true, antiEntropyIntervalMs: 10_000 }
const random = new Sfc32(1, 'test')
const rumour = (id: string, ttlMs = 60_000): Rumour => ({ id, ttlMs, payload: new Uint8Array(1) })
const fresh = (): RumourState => initialRumours(settings, 0)
const spread = (state: RumourState, what: Rumour) => step(state, { kind: 'spread', rumour: what, nowMs: 0 })
const receive = (state: RumourState, from: PeerId, message: RumourMessage, nowMs = 0) =>
  step(state, { kind: 'received', from, message, nowMs })
const tick = (state: RumourState, nowMs: number, peers = [ada, bob, cyd, dan]) =>
  step(state, { kind: 'tick', nowMs, peers, random })
const offer = (...ids: string[]): RumourMessage => ({ kind: 'offer', ids, isFull: false })

describe('rumours', () => {
  test('are offered to `fanout` peers each interval, by id', () => {
    const state = fresh()
    spread(state, rumour('r'))
    const effects = tick(state, 1_000)
    expect(effects).toHaveLength(3)
    expect(effects[0]).toMatchObject({ kind: 'send', message: { kind: 'offer', ids: ['r'] } })
    expect(tick(state, 1_500)).toEqual([])
  })

  test('are asked for once, of one peer; of another where the first does not give it', () => {
    const state = fresh()
    expect(receive(state, ada, offer('r'))).toEqual([{ kind: 'send', to: ada, message: { kind: 'want', ids: ['r'] } }])
    expect(receive(state, bob, offer('r'))).toEqual([])
    expect(tick(state, 1_000 / triesMax, [])).toMatchObject([{ to: bob, message: { kind: 'want' } }])
  })

  test('are heard once, however often they are given', () => {
    const state = fresh()
    const give: RumourMessage = { kind: 'give', rumours: [rumour('r')] }
    expect(receive(state, ada, give)).toEqual([{ kind: 'heard', rumour: rumour('r') }])
    expect(receive(state, bob, give)).toEqual([])
  })

  test('are no news once enough others offered them', () => {
    const state = fresh()
    spread(state, rumour('r'))
    for (let heard = 0; heard < quenchedAfter; heard++) receive(state, ada, offer('r'))
    expect(tick(state, 1_000)).toEqual([])
  })

  test('are found by anti-entropy where they were missed, both ways', () => {
    const [one, other] = [fresh(), fresh()]
    spread(one, rumour('mine'))
    spread(other, rumour('theirs'))
    const full = tick(one, 10_000).flatMap(effect =>
      effect.kind === 'send' && 'isFull' in effect.message && effect.message.isFull ? [effect.message] : [],
    )
    expect(full).toHaveLength(3)
    const answers = receive(other, ada, full[0] as RumourMessage)
    expect(answers).toContainEqual({ kind: 'send', to: ada, message: { kind: 'want', ids: ['mine'] } })
    expect(answers).toContainEqual({ kind: 'send', to: ada, message: { kind: 'answer', ids: ['theirs'] } })
    const wants = receive(one, bob, { kind: 'answer', ids: ['theirs'] })
    expect(wants).toEqual([{ kind: 'send', to: bob, message: { kind: 'want', ids: ['theirs'] } }])
  })

  test('end with their time to live, and do not come back', () => {
    const state = fresh()
    spread(state, rumour('r', 5_000))
    tick(state, 5_000)
    expect(receive(state, ada, offer('r'), 5_001)).toEqual([])
    expect(receive(state, ada, { kind: 'give', rumours: [rumour('r')] }, 5_002)).toEqual([])
    expect(tick(state, 6_000)).toEqual([])
  })
})

test('G2: rounds to nearly all grow with the logarithm of the peers, through loss', () => {
  for (const lossRate of [0, 0.3])
    for (const peers of [8, 64, 256]) {
      const runs = [1, 2, 3, 4, 5].map(seed => runGossipSeed(seed, { peers, lossRate, rumours: 1, settings }))
      for (const { roundsTo95, carriersPerPeer } of runs) {
        expect(roundsTo95).toBeLessThanOrEqual(Math.log2(peers) + 5)
        expect(carriersPerPeer).toBeLessThanOrEqual(2)
      }
    }
})

describe('push-sum', () => {
  test('conserves mass, whatever is given to whom', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 20 })
    const run = fc.property(values, fc.infiniteStream(fc.nat(19)), (numbers, picks) => {
      const shares = numbers.map((value, at) => initialShare(value, at === 0))
      for (let step = 0; step < 50; step++) {
        const [from, to] = [(picks.next().value ?? 0) % shares.length, (picks.next().value ?? 0) % shares.length]
        const [giver, taker] = [shares[from], shares[to]]
        if (!giver || !taker || from === to) continue
        const { kept, given } = split(giver)
        shares[from] = kept
        shares[to] = absorb(taker, given)
      }
      const all = shares.reduce(absorb)
      const sum = numbers.reduce((total, value) => total + value, 0)
      expect(all.mass).toBeCloseTo(numbers.length, 6)
      expect(all.weight).toBeCloseTo(1, 6)
      expect(all.sum).toBeCloseTo(sum, 3)
      const aggregate = aggregateOf(all)
      expect(aggregate).toMatchObject({ min: Math.min(...numbers), max: Math.max(...numbers) })
      expect(aggregate?.count).toBeCloseTo(numbers.length, 6)
    })
    fc.assert(run, { numRuns: 200 })
  })

  test('knows nothing before any of the root’s weight has come', () => {
    expect(aggregateOf(initialShare(5, false))).toBeUndefined()
    expect(aggregateOf(initialShare(5, true))).toEqual({ count: 1, sum: 5, mean: 5, min: 5, max: 5 })
  })

  test.each([8, 64, 512])('is within a thousandth among %i peers after O(log N) rounds', peers => {
    for (const seed of [1, 2, 3])
      expect(runAggregation(seed, peers, 0).rounds).toBeLessThanOrEqual(roundsFor(peers) + 2)
  })
})
