import { describe, expect, test } from 'vitest'
import { largest, niceBytes, niceCeiling } from '../../src/console/panels/chart-scale.ts'
import { barScale } from '../../src/console/work/results/bar-scale.ts'

test.each<[number, number, number]>([
  [0, 1, 1],
  [0.2, 0.1, 0.2],
  [0.21, 0.1, 0.5],
  [3.4, 1, 5],
  [3.4, 10, 10],
  [42, 1, 50],
  [51, 1, 100],
  [100, 1, 100],
  [Number.POSITIVE_INFINITY, 1, 1],
])('an axis for %d, at least %d, ends at %d', (value, least, end) => expect(niceCeiling(value, least)).toBe(end))

test.each<[number, number]>([
  [0, 1_024],
  [1_025, 2 * 1_024],
  [150 * 1_024, 200 * 1_024],
  [1_000 * 1_024, 1_000 * 1_024],
  [3 * 1_024 ** 2, 5 * 1_024 ** 2],
])('an axis for %d bytes ends at %d, a round number in its unit', (value, end) =>
  expect(niceBytes(value, 1_024)).toBe(end),
)

test('the largest of columns with gaps is found, and is 0 for none', () => {
  expect(largest([[1, null, 7], [null], []])).toBe(7)
  expect(largest([[null]])).toBe(0)
})

describe('bars', () => {
  test('begin at zero, so that lengths compare', () => {
    const scale = barScale([50, 100])
    expect(scale.zero).toBe(0)
    expect(scale.place(50)).toEqual({ from: 0, width: 0.5 })
    expect(scale.place(100)).toEqual({ from: 0, width: 1 })
  })

  test('go left of zero for negative values', () => {
    const scale = barScale([-1, 3])
    expect(scale.zero).toBe(0.25)
    expect(scale.place(-1)).toEqual({ from: 0, width: 0.25 })
    expect(scale.place(3)).toEqual({ from: 0.25, width: 0.75 })
  })

  test('have no length where all is zero', () => {
    expect(barScale([0, 0]).place(0).width).toBe(0)
  })
})
