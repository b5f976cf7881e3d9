/** The system's clock, some times faster: for what must be waited for by rules that are not shortened. */
import type { Clock } from '../../../src/base/clock.ts'
import { systemClock } from '../../../src/base/system.ts'

export function quickClock(times: number): Clock {
  const [startMs, startNowMs] = [systemClock.monotonicMs(), systemClock.nowMs()]
  const passedMs = () => (systemClock.monotonicMs() - startMs) * times
  return {
    nowMs: () => startNowMs + passedMs(),
    monotonicMs: passedMs,
    after: (delayMs, fn) => systemClock.after(delayMs / times, fn),
    every: (intervalMs, fn) => systemClock.every(intervalMs / times, fn),
  }
}
