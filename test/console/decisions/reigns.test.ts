import { describe, expect, test } from 'vitest'
import { reignPicture } from '../../../src/console/decisions/reigns.ts'
import { election, leads, nowMs } from './views.ts'

const elections = [
  election(1, 'ada', 'first', 7_200_000),
  election(2, 'bob', 'timeout', 60_000),
  election(5, 'ada', 'leader-gone', 3_000),
]

describe('the band of reigns', () => {
  const { reigns, ticks, vacant } = reignPicture({ elections, leader: leads('ada', 5) }, nowMs)

  test('has no gap and no overlap, from the first election to now', () => {
    expect(reigns.map(({ term }) => term)).toEqual([1, 2, 5])
    expect(reigns[0]?.from).toBe(0)
    expect(reigns.at(-1)?.to).toBe(1)
    for (const [index, { from, to }] of reigns.entries()) {
      expect(to).toBeGreaterThan(from)
      if (index > 0) expect(from).toBe(reigns[index - 1]?.to)
    }
    expect(vacant).toBeUndefined()
  })

  test('gives the last seconds room to be seen beside hours', () => {
    const last = reigns.at(-1)
    expect((last?.to ?? 0) - (last?.from ?? 0)).toBeGreaterThan(0.05) // evenly it would be 0.0004
  })

  test('ticks grow older to the left and keep apart', () => {
    expect(ticks.length).toBeGreaterThan(2)
    for (const [index, { at }] of ticks.entries()) {
      expect(at).toBeGreaterThan(0)
      expect(at).toBeLessThan(index === 0 ? 1 : (ticks[index - 1]?.at ?? 0) - 0.1)
    }
    expect(ticks.map(({ label }) => label)).toContain('10 min')
    expect(ticks.map(({ label }) => label)).not.toContain('10 h')
  })
})

test('while nobody leads the last reign ends before now, and the rest is vacant', () => {
  const { reigns, vacant } = reignPicture({ elections, leader: undefined }, nowMs)
  expect(vacant?.to).toBe(1)
  expect(reigns.at(-1)?.to).toBe(vacant?.from)
  expect(vacant?.from).toBeLessThan(1)
})

test('a single election fills the band, however young, and a clock that is behind breaks nothing', () => {
  for (const agoMs of [0, 10, -5_000]) {
    const { reigns } = reignPicture({ elections: [election(1, 'ada', 'first', agoMs)], leader: leads('ada', 1) }, nowMs)
    expect(reigns).toHaveLength(1)
    expect(reigns[0]?.to).toBe(1)
    expect(reigns[0]?.from).toBeGreaterThanOrEqual(0)
    expect(reigns[0]?.from).toBeLessThanOrEqual(1)
  }
})

test('no election, no picture', () => {
  expect(reignPicture({ elections: [], leader: undefined }, nowMs)).toEqual({
    reigns: [],
    ticks: [],
    vacant: undefined,
  })
})
