/** The bounded window of appends on their way (tracker/inflights.ts), against a plain list. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Inflights } from '../../../../src/consensus/raft/tracker/inflights.ts'

/** Limits that are reached by number, by bytes, and not. */
const bounds = (count: number, bytes: number) =>
  [
    [count, bytes + 1],
    [count + 1, bytes],
    [count + 1, bytes + 1],
  ] as const

test('it counts and bounds like a list, also over thousands of appends', () => {
  const action = fc.oneof(
    { weight: 5, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 3 }), bytes: fc.integer({ min: 0, max: 5 }) }) },
    { weight: 2, arbitrary: fc.record({ free: fc.integer({ min: 0, max: 3 }) }) },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  )
  const check = (
    actions: readonly (typeof action extends fc.Arbitrary<infer Action> ? Action : never)[],
    runs: number,
  ) => {
    const inflights = new Inflights()
    let list: { last: number; bytes: number }[] = []
    let last = 0
    const got: unknown[] = []
    const wanted: unknown[] = []
    for (let run = 0; run < runs; run++)
      for (const one of actions) {
        if (one === 'clear') {
          // Seldom, so that the window grows old.
          if (run !== 35) continue
          inflights.clear()
          list = []
        } else if ('add' in one) {
          last += one.add
          inflights.add(last, one.bytes)
          list.push({ last, bytes: one.bytes })
        } else {
          const to = (list[0]?.last ?? 0) + one.free
          inflights.freeTo(to)
          list = list.filter(append => append.last > to)
        }
        const bytes = list.reduce((sum, append) => sum + append.bytes, 0)
        got.push(inflights.count, ...bounds(list.length, bytes).map(([count, size]) => inflights.isFull(count, size)))
        wanted.push(list.length, true, list.length > 0, false)
      }
    expect(got).toEqual(wanted)
  }
  fc.assert(
    fc.property(fc.array(action, { minLength: 10, maxLength: 40 }), actions => check(actions, 40)),
    { seed: 1 },
  )
})

test('one append too large for the limit may go when nothing else is on its way', () => {
  const inflights = new Inflights()
  expect(inflights.isFull(2, 10)).toBe(false)
  inflights.add(1, 11)
  expect(inflights.isFull(2, 10)).toBe(true)
  inflights.freeTo(1)
  expect(inflights.isFull(2, 10)).toBe(false)
})
