/** All that a tab's engine can run: built-in capabilities in compute workers, typed source in the page's sandbox. */
import type { Clock } from '../base/clock.ts'
import type { Runner } from '../work/runner.ts'
import { openComputeWorker } from './compute-page.ts'
import { createComputeRunner } from './compute-runner.ts'
import { type OpenWorker, RemoteThread } from './remote-thread.ts'
import { combineRunners, slotsFor } from './runner.ts'
import { createSandboxRunner, type OpenFrame } from './sandbox/runner.ts'

/**
 * `openFrame` asks the page for a sandbox frame (sandbox/page.ts); without it this peer runs no typed source. `openWorker` asks it for a compute
 * worker (compute-page.ts, which says why); without it they are nested here.
 */
export function createBrowserRunner(
  clock: Clock,
  openFrame?: OpenFrame,
  openWorker: OpenWorker = async () => openComputeWorker(),
): Runner {
  const slots = slotsFor(navigator.hardwareConcurrency)
  const compute = createComputeRunner({ spawn: () => new RemoteThread(openWorker), slots, clock })
  return combineRunners(openFrame ? [compute, createSandboxRunner({ open: openFrame, slots, clock })] : [compute])
}
