/** All that a tab's engine can run: built-in capabilities in nested workers, typed source in the page's sandbox. */
import type { Clock } from '../base/clock.ts'
import type { Runner } from '../work/runner.ts'
import type { ComputeThread } from './compute-protocol.ts'
import { createComputeRunner } from './compute-runner.ts'
import { combineRunners, slotsFor } from './runner.ts'
import { createSandboxRunner, type OpenFrame } from './sandbox/runner.ts'

/** `openFrame` asks the page for a sandbox frame (`sandbox/page.ts`); without it this peer runs no typed source. */
export function createBrowserRunner(clock: Clock, openFrame?: OpenFrame): Runner {
  const slots = slotsFor(navigator.hardwareConcurrency)
  const spawn = () =>
    new Worker(new URL('./compute-worker.ts', import.meta.url), { type: 'module' }) as unknown as ComputeThread
  const compute = createComputeRunner({ spawn, slots, clock })
  return combineRunners(openFrame ? [compute, createSandboxRunner({ open: openFrame, slots, clock })] : [compute])
}
