import { expect, test } from 'vitest'
import { shrink } from '../../../src/simulator/world/shrink.ts'

const hundred = Array.from({ length: 100 }, (_, id) => id)

test.for<[string, readonly number[]]>([
  ['one culprit', [37]],
  ['two that are far apart', [3, 96]],
  ['five', [0, 20, 21, 60, 99]],
])('finds %s among a hundred', ([, culprits]) => {
  const { items, runs, isMinimal } = shrink(hundred, part => culprits.every(id => part.includes(id)))
  expect(items).toEqual(culprits)
  expect(isMinimal).toBe(true)
  expect(runs).toBeLessThan(200)
})

test('finds that no fault is needed', () => {
  expect(shrink(hundred, () => true)).toEqual({ items: [], runs: 1, isMinimal: true })
})

test('leaves nothing that could be left out, also where parts fail that the whole does not suggest', () => {
  const fails = (part: readonly number[]) => part.filter(id => id % 7 === 0).length >= 3
  const { items } = shrink(hundred, fails)
  expect(fails(items)).toBe(true)
  for (const item of items) expect(fails(items.filter(other => other !== item))).toBe(false)
})

test('stops when its runs are used up, and says that it is not done', () => {
  const { items, isMinimal } = shrink(hundred, part => part.includes(10) && part.includes(90), 5)
  expect(isMinimal).toBe(false)
  expect(items).toEqual(expect.arrayContaining([10, 90]))
})
