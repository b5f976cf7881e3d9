import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { sharedTicks } from '../../src/base/shared-ticks.ts'
import { systemClock } from '../../src/base/system.ts'

let clock: Clock
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  clock = sharedTicks(systemClock)
})
afterEach(() => {
  vi.useRealTimers()
})

/** When it was called, ms from now. */
function calls(intervalMs: number): number[] {
  const startedAtMs = clock.monotonicMs()
  const at: number[] = []
  clock.every(intervalMs, () => at.push(clock.monotonicMs() - startedAtMs))
  return at
}

test('intervals share one timer, and each keeps its own pace', () => {
  const [half, one, three, odd] = [calls(500), calls(1_000), calls(3_000), calls(700)]
  vi.advanceTimersByTime(200)
  const late = calls(1_000)
  expect(vi.getTimerCount()).toBe(2) // theirs, and that of 700 ms
  vi.advanceTimersByTime(5_800)
  expect(half).toHaveLength(12)
  expect(one).toEqual([1_000, 2_000, 3_000, 4_000, 5_000, 6_000])
  expect(three).toEqual([3_000, 6_000])
  expect(odd).toEqual([700, 1_400, 2_100, 2_800, 3_500, 4_200, 4_900, 5_600])
  expect(late.slice(0, 2)).toEqual([1_300, 2_300])
})

test('one that throws keeps the others from nothing, and the last to stop ends the timer', () => {
  const stopBroken = clock.every(500, () => {
    throw new Error('broken')
  })
  let called = 0
  const stop = clock.every(500, () => called++)
  expect(() => vi.advanceTimersByTime(500)).toThrow('broken')
  expect(called).toBe(1)
  stopBroken()
  stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('what was missed in a long sleep is made good once', () => {
  let nowMs = 0
  let tick = () => {}
  const asleep: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    after: () => () => {},
    every: (_, fn) => {
      tick = fn
      return () => {}
    },
  }
  let called = 0
  sharedTicks(asleep).every(1_000, () => called++)
  nowMs = 3_600_000
  for (let ticks = 0; ticks < 4; ticks++, nowMs += 500) tick()
  expect(called).toBe(3)
})
