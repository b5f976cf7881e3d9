/** A runner whose map calls wait at a gate, so that a test decides when work goes on. */
import { setMaxListeners } from 'node:events'
import { createInlineRunner } from '../../../src/agent/inline-runner.ts'
import type { Runner } from '../../../src/work/runner.ts'

export interface GatedRunner extends Runner {
  /** Calls that were let through. */
  readonly mapped: number
  /** Calls that wait now. */
  readonly waiting: number
  /** Lets so many more calls through; Infinity opens for good. */
  admit(calls: number): void
}

export function createGatedRunner(slots = 1): GatedRunner {
  const inner = createInlineRunner({ slots })
  const line: (() => void)[] = []
  let admitted = 0
  let mapped = 0
  const drain = () => {
    while (line.length > 0 && admitted > 0) {
      admitted--
      line.shift()?.()
    }
  }
  return {
    ...inner,
    get mapped() {
      return mapped
    },
    get waiting() {
      return line.length
    },
    admit(calls) {
      admitted += calls
      drain()
    },
    async map(task, signal) {
      await new Promise<void>((resolve, reject) => {
        line.push(resolve)
        setMaxListeners(0, signal)
        signal.addEventListener('abort', () => reject(signal.reason))
        drain()
      })
      mapped++
      return await inner.map(task, signal)
    },
  }
}
