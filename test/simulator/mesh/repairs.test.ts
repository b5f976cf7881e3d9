import { expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { Repairs } from '../../../src/simulator/mesh/repairs.ts'
import { ms, second } from '../../../src/simulator/world/time.ts'

const ada = 'ada' as PeerId

/** The links of one peer, of ten, over time: [ms, links]. */
function repairsOf(history: readonly (readonly [atMs: number, links: number])[], others = 9): Repairs {
  const repairs = new Repairs()
  for (const [atMs, links] of history) repairs.links(ada, links, others, atMs * ms)
  return repairs
}

test.each<[string, readonly (readonly [number, number])[], number, readonly number[]]>([
  [
    'a link that died and was replaced',
    [
      [0, 3],
      [100, 2],
      [400, 3],
    ],
    9,
    [300],
  ],
  [
    'two that died, until both are replaced',
    [
      [0, 3],
      [100, 2],
      [200, 1],
      [300, 2],
      [900, 3],
    ],
    9,
    [800],
  ],
  [
    'joining, which is no repair',
    [
      [0, 1],
      [50, 2],
      [2_000, 3],
    ],
    9,
    [],
  ],
  [
    'links above the least, which nobody misses',
    [
      [0, 5],
      [100, 4],
      [200, 3],
    ],
    9,
    [],
  ],
  [
    'a room so small that two links are all',
    [
      [0, 2],
      [100, 1],
      [350, 2],
    ],
    2,
    [250],
  ],
  [
    'a replacement that is refused repairs nothing',
    [
      [0, 3],
      [100, 2],
      [400, 3],
      [450, 2],
      [1_600, 3],
    ],
    9,
    [1_500],
  ],
  [
    'one that dies after a while is a repair of its own',
    [
      [0, 3],
      [100, 2],
      [400, 3],
      [600, 2],
      [650, 3],
    ],
    9,
    [300, 50],
  ],
])('%s', (_, history, others, expected) => {
  expect(repairsOf(history, others).until(10 * second)).toEqual(expected)
})

test('whoever is not mended before it leaves, or before the end, counts with the time it waited', () => {
  const left = repairsOf([
    [0, 3],
    [100, 2],
  ])
  left.gone(ada, 3_100 * ms)
  expect(left.until(9 * second)).toEqual([3_000])
  expect(
    repairsOf([
      [0, 3],
      [100, 2],
    ]).until(5_100 * ms),
  ).toEqual([5_000])
})

test('a repair that is broken off within a round says nothing', () => {
  const repairs = repairsOf([
    [0, 3],
    [100, 2],
  ])
  repairs.cut(900 * ms)
  expect(repairs.until(9 * second)).toEqual([])
})
