import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Alarm } from '../../src/base/alarm.ts'
import { systemClock } from '../../src/base/system.ts'

let rung: number[]
let alarm: Alarm
const inMs = (ms: number) => systemClock.monotonicMs() + ms

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  rung = []
  const startedAtMs = systemClock.monotonicMs()
  alarm = new Alarm(systemClock, (_, nowMs) => rung.push(nowMs - startedAtMs), 10)
})
afterEach(() => {
  vi.useRealTimers()
})

test('rings once, at the earliest time it was set for', () => {
  alarm.set(inMs(500))
  alarm.set(inMs(200))
  alarm.set(inMs(900))
  vi.advanceTimersByTime(2_000)
  expect(rung).toEqual([200])
})

test('rings no sooner than it may, and never for Infinity or after it was stopped', () => {
  alarm.set(Number.NEGATIVE_INFINITY)
  vi.advanceTimersByTime(9)
  expect(rung).toEqual([])
  vi.advanceTimersByTime(1)
  expect(rung).toEqual([10])
  alarm.set(Number.POSITIVE_INFINITY)
  alarm.set(inMs(50))
  alarm.stop()
  vi.advanceTimersByTime(2_000)
  expect(rung).toEqual([10])
})

test('may be set again while it rings', () => {
  alarm = new Alarm(systemClock, (_, nowMs) => {
    rung.push(nowMs)
    if (rung.length < 3) alarm.set(nowMs + 100)
  })
  alarm.set(inMs(100))
  vi.advanceTimersByTime(1_000)
  expect(rung).toHaveLength(3)
})
