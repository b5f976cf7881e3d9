/**
 * A clock whose slow intervals tick together: an idle peer has a dozen of them, and each by itself would wake the processor (in Firefox a
 * worker that wakes sixty times a second spends a third of its time on waking).
 */
import type { Clock } from './clock.ts'

/** Intervals that are whole multiples of this one share its ticks, ms. */
const tickMs = 500
/** Timers ring early and late by so much, ms. */
const slackMs = 25

interface Member {
  readonly intervalMs: number
  readonly fn: () => void
  dueMs: number
}

/** The first call of a shared interval may come up to one tick late; those that follow are in time. */
export function sharedTicks(clock: Clock): Clock {
  const members = new Set<Member>()
  let stop: (() => void) | undefined

  const tick = () => {
    const nowMs = clock.monotonicMs()
    const failures: unknown[] = []
    for (const member of [...members]) {
      if (member.dueMs > nowMs + slackMs || !members.has(member)) continue
      // After a long sleep once, not as often as it was missed.
      member.dueMs = Math.max(member.dueMs, nowMs - tickMs) + member.intervalMs
      try {
        member.fn()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, fn) => clock.after(delayMs, fn),
    every(intervalMs, fn) {
      if (intervalMs < tickMs || intervalMs % tickMs !== 0) return clock.every(intervalMs, fn)
      const member = { intervalMs, fn, dueMs: clock.monotonicMs() + intervalMs }
      members.add(member)
      stop ??= clock.every(tickMs, tick)
      return () => {
        members.delete(member)
        if (members.size > 0) return
        stop?.()
        stop = undefined
      }
    },
  }
}
