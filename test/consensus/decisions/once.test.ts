/** What is acknowledged is there, what is refused is not, and nothing happens twice, while leaders crash under their clients. */
import { afterEach, expect, test, vi } from 'vitest'
import type { MeshError } from '../../../src/base/errors.ts'
import { type Decider, DecidingRoom, until } from './support/deciding-room.ts'

vi.setConfig({ testTimeout: 90_000 }) // real clocks, and a machine that does other things

let room: DecidingRoom
afterEach(async () => {
  await room?.close()
})

interface Tally {
  done: number
  refused: number
  unknown: number
}

/** Adds one to its own key by compare-and-set, again and again; reads in between must never fall behind what was acknowledged. */
async function count({ service: { register } }: Decider, key: string, isOver: () => boolean): Promise<Tally> {
  const tally: Tally = { done: 0, refused: 0, unknown: 0 }
  while (!isOver()) {
    await new Promise(resolve => setTimeout(resolve, 20)) // all tabs share this one thread
    try {
      const held = (await register.get(key)) as number | undefined
      expect(held ?? 0, `${key}: acknowledged and gone`).toBeGreaterThanOrEqual(tally.done)
      expect(held ?? 0, `${key}: done more often than asked`).toBeLessThanOrEqual(tally.done + tally.unknown)
      const { swapped } = await register.compareAndSet(key, held, (held ?? 0) + 1, { timeoutMs: 3_000 })
      if (swapped) tally.done++
    } catch (thrown) {
      const { code, outcome } = thrown as MeshError
      if (code !== 'no-quorum' && code !== 'timeout') throw thrown
      // A read that fails has changed nothing, whatever it says.
      if (outcome === 'unknown') tally.unknown++
      else tally.refused++
    }
  }
  return tally
}

/** On a busy machine, the fourth leader may be sought just now, and there is nobody to answer. */
async function listed({ service: { register } }: Decider) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await register.list('c')
    } catch (thrown) {
      if ((thrown as MeshError).code !== 'no-quorum' || attempt === 10) throw thrown
    }
  }
}

test('counters of five clients are exact through crashes of three leaders', async () => {
  room = new DecidingRoom('auto')
  for (let tab = 0; tab < 5; tab++) await room.join(`tab ${tab}`, 'one browser')
  await room.untilVoters(3)
  let isOver = false
  // The clients live in tabs that stay: two voters and learners come and go as leaders.
  const counting = new Map<Decider, Promise<Tally>>()
  for (const [place, decider] of room.deciders.entries())
    counting.set(
      decider,
      count(decider, `c${place}`, () => isOver),
    )
  const crashed = new Set<Decider>()
  for (let crash = 0; crash < 3; crash++) {
    await new Promise(resolve => setTimeout(resolve, 700)) // some work before each crash
    await until(() => room.leading !== undefined, 'somebody leads')
    const leading = room.leading as Decider
    crashed.add(leading)
    counting.get(leading)?.catch(() => {}) // its calls end with `left`
    room.crash(leading)
  }
  await new Promise(resolve => setTimeout(resolve, 1_500))
  isOver = true
  const [survivor] = room.deciders
  if (!survivor) throw new Error('nobody is left')
  const tallies = new Map<string, Tally>()
  for (const [place, [decider, tallying]] of [...counting].entries())
    if (!crashed.has(decider)) tallies.set(`c${place}`, await tallying)
  const final = new Map((await listed(survivor)).map(({ key, value }) => [key, value as number]))
  expect(crashed.size).toBe(3)
  expect(tallies.size).toBe(2)
  for (const [key, { done, unknown }] of tallies) {
    expect(done, `${key}: its tab did nothing`).toBeGreaterThan(0)
    expect(final.get(key), key).toBeGreaterThanOrEqual(done)
    expect(final.get(key), key).toBeLessThanOrEqual(done + unknown)
  }
})
