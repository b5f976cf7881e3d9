/** The bounded window of appends on their way (tracker/inflights.ts), against a plain list. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Inflights } from '../../../../src/consensus/raft/tracker/inflights.ts'

test('it counts and bounds like a list, also over thousands of appends', () => {
  const action = fc.oneof(
    { weight: 5, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 3 }), bytes: fc.integer({ min: 0, max: 5 }) }) },
    { weight: 2, arbitrary: fc.record({ free: fc.integer({ min: 0, max: 12 }) }) },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  )
  const check = (
    actions: readonly (typeof action extends fc.Arbitrary<infer Action> ? Action : never)[],
    runs: number,
  ) => {
    const inflights = new Inflights()
    let list: { last: number; bytes: number }[] = []
    let last = 0
    for (let run = 0; run < runs; run++)
      for (const one of actions) {
        if (one === 'clear') {
          // Seldom, so that the window grows old.
          if (run % 7 !== 6) continue
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
        expect(inflights.count).toBe(list.length)
        for (const [messagesMax, bytesMax] of [
          [list.length, bytes + 1],
          [list.length + 1, bytes],
          [list.length + 1, bytes + 1],
        ] as const)
          expect(inflights.isFull(messagesMax, bytesMax)).toBe(
            list.length >= messagesMax || (list.length > 0 && bytes >= bytesMax),
          )
      }
  }
  fc.assert(
    fc.property(fc.array(action, { minLength: 10, maxLength: 40 }), actions => check(actions, 15)),
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
