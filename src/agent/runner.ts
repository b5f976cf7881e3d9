/** One runner out of several: each program goes to the one that can run it. */
import { MeshError } from '../base/errors.ts'
import { capabilityOf, type Runner } from '../work/runner.ts'
import type { JobProgram } from '../work/types.ts'

export function combineRunners(runners: readonly Runner[]): Runner {
  const runnerFor = (program: JobProgram): Runner => {
    const needed = capabilityOf(program)
    const runner = runners.find(({ capabilities }) => capabilities.includes(needed))
    if (!runner) throw new MeshError('no-capable-agent', `No agent can handle: ${needed}`)
    return runner
  }
  return {
    slots: Math.max(...runners.map(({ slots }) => slots)),
    capabilities: runners.flatMap(({ capabilities }) => capabilities),
    check: async program => await runnerFor(program).check(program),
    map: async (task, signal) => await runnerFor(task.program).map(task, signal),
    reducer: (program, inputNames, timeoutMs) => runnerFor(program).reducer(program, inputNames, timeoutMs),
    close() {
      for (const runner of runners) runner.close()
    },
  }
}

/** Half the cores, at least one and at most four: the others are for the page, the engine and other tabs. */
export function slotsFor(hardwareConcurrency: number): number {
  return Math.min(Math.max(Math.floor(hardwareConcurrency / 2), 1), 4)
}
