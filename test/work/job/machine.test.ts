/** The job machine under seeded schedules: whoever dies, and whatever is lost, late or doubled, the result is the reference's. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { statusIntervalMs } from '../../../src/work/limits.ts'
import { shardValue, World } from '../support/world.ts'

/** Seeds that once failed. */
const regressionSeeds: number[] = []

function reference(shards: number): string {
  let total = 0
  for (let shard = 0; shard < shards; shard++) total += shardValue(shard)
  return String(total)
}

const schedule = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  peers: fc.integer({ min: 1, max: 8 }),
  shards: fc.integer({ min: 0, max: 40 }),
  deaths: fc.integer({ min: 0, max: 7 }),
  lossRate: fc.constantFrom(0, 0.2, 0.6),
})

describe('the job machine', { timeout: 60_000 }, () => {
  test('gives everybody who is left the reference result, each shard counted once, whoever dies when', () => {
    fc.assert(
      fc.property(schedule, options => {
        const world = new World(options)
        world.run()
        for (const { id, state } of world.living) {
          const { phase, result, shardsDone, perPeer, coordinator } = state.status
          expect(phase, `${id} at ${world.nowMs} ms`).toBe('done')
          expect(result?.inline).toBe(reference(options.shards))
          expect(shardsDone).toBe(options.shards)
          expect(perPeer.reduce((sum, { done }) => sum + done, 0)).toBe(options.shards)
          expect(perPeer.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(100 * options.shards)
          expect(coordinator).toBe(world.living[0]?.state.status.coordinator)
        }
      }),
      {
        numRuns: 600,
        examples: regressionSeeds.map(seed => [{ seed, peers: 6, shards: 20, deaths: 4, lossRate: 0.2 }]),
      },
    )
  })

  test('computes no shard twice that somebody left still holds, when only the coordinator dies', () => {
    for (let seed = 0; seed < 50; seed++) {
      const world = new World({ seed, peers: 5, shards: 60, deaths: 0, lossRate: 0 })
      const submitter = world.peers[0]
      if (!submitter) throw new Error('nobody')
      // Dies in the middle, after others have finished something.
      const original = world.feed.bind(world)
      let isKilled = false
      world.feed = (peer, input) => {
        original(peer, input)
        if (isKilled || peer !== submitter || submitter.state.status.shardsDone < 25) return
        isKilled = true
        world.kill(submitter)
      }
      world.run()
      const lost = submitter.kept.size
      // Those under way at the moment of death may be done again, as may those that were the dead peer's.
      const underWay = world.living.reduce((sum, { slots }) => sum + slots + 1, 0)
      expect(world.computed, `seed ${seed}`).toBeLessThanOrEqual(60 + lost + underWay)
      expect(world.living.every(peer => peer.state.status.result?.inline === reference(60))).toBe(true)
    }
  })

  test('ends with a failure that everybody sees when a function fails everywhere, and goes on when it is retried', () => {
    for (let seed = 0; seed < 50; seed++) {
      const options = { seed, peers: 4, shards: 10, deaths: 0, lossRate: 0.2, failureRate: 1 }
      const world = new World(options)
      world.run()
      for (const { state } of world.living) {
        expect(state.status.phase, `seed ${seed}`).toBe('failed')
        expect(state.status.error).toEqual({ code: 'function-failed', message: 'no' })
      }
      const [first] = world.living
      if (!first) throw new Error('nobody')
      options.failureRate = 0
      world.feed(first, { kind: 'retry' })
      world.run(240_000)
      for (const { state } of world.living) expect(state.status.result?.inline).toBe(reference(10))
    }
  })

  test('takes nothing of an earlier term, though its answers still come in (rule 2)', () => {
    let retriesInAll = 0
    for (let seed = 0; seed < 100; seed++) {
      const options = { seed, peers: 3, shards: 30, deaths: 0, lossRate: 0, failureRate: 0.5 }
      const world = new World(options)
      const original = world.feed.bind(world)
      let retries = 0
      world.feed = (peer, input) => {
        original(peer, input)
        if (peer !== world.peers[0] || peer.state.status.phase !== 'failed') return
        options.failureRate = ++retries < 5 ? 0.5 : 0
        original(peer, { kind: 'retry' }) // at once, by the peer that coordinated
      }
      world.run()
      retriesInAll += retries
      for (const { state } of world.living) expect(state.status.result?.inline, `seed ${seed}`).toBe(reference(30))
    }
    expect(retriesInAll).toBeGreaterThan(100)
  })

  test('survives some failures of a function, at other peers', () => {
    for (let seed = 0; seed < 50; seed++) {
      const world = new World({ seed, peers: 6, shards: 20, deaths: 0, lossRate: 0, failureRate: 0.05 })
      world.run()
      const [first] = world.living
      expect(first?.state.status.result?.inline ?? first?.state.status.error?.code, `seed ${seed}`).toBe(reference(20))
    }
  })

  test('is cancelled for everybody, whoever cancels, though somebody takes over at the same moment', () => {
    for (let seed = 0; seed < 100; seed++) {
      const world = new World({ seed, peers: 5, shards: 200, deaths: 0, lossRate: 0.3 })
      const [submitter, , canceller] = world.peers
      if (!submitter || !canceller) throw new Error('nobody')
      const original = world.feed.bind(world)
      let isDone = false
      world.feed = (peer, input) => {
        original(peer, input)
        if (isDone || world.nowMs < 500) return
        isDone = true
        world.kill(submitter)
        original(canceller, { kind: 'cancel' })
      }
      world.run()
      for (const { state } of world.living) expect(state.status.phase, `seed ${seed}`).toBe('cancelled')
    }
  })

  test('publishes at most five times per second, but for its first and last word', () => {
    const world = new World({ seed: 3, peers: 8, shards: 400, deaths: 0, lossRate: 0 })
    world.run(60_000)
    const submitter = world.peers[0]
    const times = world.publishedAtMs.filter(({ peer }) => peer === submitter?.id).map(({ ms }) => ms)
    expect(times.length).toBeGreaterThan(5)
    for (const [at, ms] of times.slice(1, -1).entries())
      expect(ms - (times[at] ?? 0)).toBeGreaterThanOrEqual(statusIntervalMs)
  })
})
