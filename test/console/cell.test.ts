import { expect, test } from 'vitest'
import { Cell } from '../../src/console/cell.ts'
import { sameJson } from '../../src/console/same-json.ts'

test('a cell tells of a change, not of a copy of what it had', () => {
  const cell = new Cell<object>({ peers: [{ id: 'a', load: 1 }] })
  let told = 0
  const off = cell.subscribe(() => told++)
  const kept = cell.value
  cell.set({ peers: [{ id: 'a', load: 1 }] })
  expect(told).toBe(0)
  expect(cell.value).toBe(kept)
  cell.set({ peers: [{ id: 'a', load: 2 }] })
  expect(told).toBe(1)
  off()
  cell.set({})
  expect(told).toBe(1)
})

test.each<[string, unknown, unknown, boolean]>([
  ['equal trees', { a: [1, { b: null }] }, { a: [1, { b: null }] }, true],
  ['another value deep inside', { a: [1, { b: 1 }] }, { a: [1, { b: 2 }] }, false],
  ['a missing key', { a: 1, b: undefined }, { a: 1, c: undefined }, false],
  ['a shorter list', [1, 2], [1], false],
  ['a list and an object', [], {}, false],
  ['not a number, twice', Number.NaN, Number.NaN, true],
  ['two maps, by identity', new Map(), new Map(), false],
])('%s are told right', (_, a, b, same) => expect(sameJson(a, b)).toBe(same))
