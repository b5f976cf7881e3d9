import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { legend, segments } from '../../src/console/work/segments.ts'

const part = (name: string, done: number, running = 0) => ({
  peer: name as PeerId,
  name,
  done,
  running,
  bytes: done * 10,
})
const filled = (of: ReturnType<typeof segments>) => of.reduce((sum, { done, running }) => sum + done + running, 0)

describe('a job’s bar', () => {
  test('gives each peer its share, in the order given', () => {
    const bar = segments({ shards: 8, perPeer: [part('b', 2, 1), part('a', 4)] })
    expect(bar).toEqual([
      { peer: 'b', name: 'b', done: 0.25, running: 0.125 },
      { peer: 'a', name: 'a', done: 0.5, running: 0 },
    ])
  })

  test('is empty before the shards are known', () => {
    expect(segments({ shards: 0, perPeer: [part('a', 3)] })).toEqual([])
  })

  test('is never more than full, though a shard runs twice', () => {
    const bar = segments({ shards: 4, perPeer: [part('a', 2, 2), part('b', 1, 2), part('c', 0, 1)] })
    expect(filled(bar)).toBe(1)
  })

  test('shows what is done before what only runs', () => {
    const bar = segments({ shards: 4, perPeer: [part('a', 1, 4), part('b', 3)] })
    expect(bar.map(({ done }) => done)).toEqual([0.25, 0.75])
    expect(bar.map(({ running }) => running)).toEqual([0, 0])
  })
})

describe('a job’s legend', () => {
  test('names everybody where there is room, in the order given', () => {
    const perPeer = [part('a', 1), part('b', 9)]
    expect(legend(perPeer, 2)).toEqual({ shown: perPeer, rest: undefined })
  })

  test('names those who did most, and sums up the others, in as many lines as there may be', () => {
    const { shown, rest } = legend([part('a', 1), part('b', 9), part('c', 2), part('d', 5)], 3)
    expect(shown.map(({ name }) => name)).toEqual(['b', 'd'])
    expect(rest).toEqual({ peers: 2, done: 3, bytes: 30 })
  })
})
