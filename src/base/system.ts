/** The real clock and the real chance, for drivers. The only file of `base` that machines may not import. */
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs)
    return () => clearTimeout(timer)
  },
  every(intervalMs, fn) {
    const timer = setInterval(fn, intervalMs)
    return () => clearInterval(timer)
  },
}

export const systemRandom: Random = { next: () => Math.random() }

/** 96 bits of chance in base 36: enough that no two are ever alike. */
export function randomId(): string {
  const words = crypto.getRandomValues(new Uint32Array(3))
  return [...words].map(word => word.toString(36).padStart(7, '0')).join('')
}
