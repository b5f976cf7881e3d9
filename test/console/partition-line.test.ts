import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { otherSide, type Point } from '../../src/console/mesh/partition-line.ts'

/** Five peers: four at the corners of a square of 100 pixels, `e` in its middle. */
const places = new Map<PeerId, Point>(
  Object.entries({
    a: { x: 0, y: 0 },
    b: { x: 100, y: 0 },
    c: { x: 0, y: 100 },
    d: { x: 100, y: 100 },
    e: { x: 50, y: 50 },
  }).map(([id, place]) => [id as PeerId, place]),
)
const line = (...coordinates: [number, number][]): Point[] => coordinates.map(([x, y]) => ({ x, y }))
const circle = (x: number, y: number, radius: number, part = 1): Point[] =>
  Array.from({ length: 41 }, (_, step) => {
    const angle = (step / 40) * part * 2 * Math.PI
    return { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) }
  })

describe('a line parts', () => {
  test.each<[string, Point[], string[]]>([
    ['the upper two from the others', line([-20, 25], [120, 25]), ['a', 'b']],
    ['the same, drawn the other way', line([120, 25], [-20, 25]), ['a', 'b']],
    ['the lower two', line([10, 75], [90, 75]), ['c', 'd']], // short, and thought to go on
    ['the left two', line([25, 120], [25, -20]), ['a', 'c']],
    ['a corner', line([40, -10], [-10, 40]), ['a']],
    [
      'a bulge that takes the middle too',
      line([-20, 75], [30, 75], [30, 20], [70, 20], [70, 75], [120, 75]),
      ['a', 'b'],
    ],
    ['nobody, beside them all', line([-20, -50], [120, -50]), []],
    ['nobody, when it is a mere click', line([50, 20], [51, 20]), []],
    ['nobody without a point', [], []],
  ])('%s', (_, drawn, expected) => expect([...otherSide(drawn, places, undefined)].sort()).toEqual(expected))
})

describe('a lasso parts', () => {
  test.each<[string, Point[], string[]]>([
    ['the middle', circle(50, 50, 20), ['e']],
    ['a corner', circle(100, 0, 30), ['b']],
    ['whoever is outside, where that is less', circle(50, 50, 85).map(({ x, y }) => ({ x: x - 25, y: y - 25 })), ['d']],
    ['also when it is not quite closed', circle(50, 50, 20, 0.93), ['e']],
    ['nobody when it is empty', circle(75, 50, 10), []],
  ])('%s', (_, drawn, expected) => expect([...otherSide(drawn, places, undefined)].sort()).toEqual(expected))
})

test('of two halves alike it is the one without this tab', () => {
  const four = new Map([...places].filter(([id]) => id !== 'e'))
  const drawn = line([-20, 50], [120, 50])
  expect([...otherSide(drawn, four, 'a' as PeerId)].sort()).toEqual(['c', 'd'])
  expect([...otherSide(drawn, four, 'd' as PeerId)].sort()).toEqual(['a', 'b'])
})
