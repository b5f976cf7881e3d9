import { expect, test } from 'vitest'
import { EventQueue } from '../../../src/simulator/world/event-queue.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'

test('gives events in order of time, and equals in the order in which they came', () => {
  const random = new Sfc32(3, 'queue')
  const queue = new EventQueue<{ atUs: number; order: number }>()
  const expected: { atUs: number; order: number }[] = []
  for (let order = 0; order < 5_000; order++) {
    const event = { atUs: Math.floor(random.next() * 500), order }
    expected.push(event)
    queue.push(event.atUs, event)
  }
  expected.sort((one, other) => one.atUs - other.atUs || one.order - other.order)
  expect(queue.nextAtUs).toBe(expected[0]?.atUs)
  expect(expected.map(() => queue.pop())).toEqual(expected)
  expect(queue.pop()).toBeUndefined()
  expect(queue.nextAtUs).toBe(Number.POSITIVE_INFINITY)
})
