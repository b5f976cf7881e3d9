/** Runs capabilities in the thread that asks: for Node and tests. It cannot stop a function that hangs; the worker pool can. */
import type { Clock } from '../base/clock.ts'
import { MeshError, toMeshError } from '../base/errors.ts'
import { systemClock } from '../base/system.ts'
import { capabilityOf, type MapTask, type Reducer, type Runner } from '../work/runner.ts'
import type { JobProgram } from '../work/types.ts'
import { Merge, mapShard } from './compute.ts'
import { builtInNames, prepare } from './registry.ts'

export function createInlineRunner(options: { readonly slots?: number; readonly clock?: Clock } = {}): Runner {
  const { slots = 1, clock = systemClock } = options
  return {
    slots,
    capabilities: builtInNames,
    async check(program) {
      const { capability, options } = builtIn(program)
      prepare(capability, options)
    },
    async map({ program, pieces }: MapTask) {
      const { capability, options } = builtIn(program)
      // Between two shards messages and timers get their turn, or the mesh would take this peer for dead.
      await new Promise<void>(resolve => clock.after(0, resolve))
      try {
        return mapShard(capability, options, pieces)
      } catch (error) {
        throw toMeshError(error, 'function-failed')
      }
    },
    reducer(program, inputNames): Reducer {
      const { capability, options } = builtIn(program)
      const merge = new Merge(capability, options, inputNames)
      return {
        add: async (shard, partial) => merge.add(shard, partial),
        finish: async () => merge.finish(),
        close() {},
      }
    },
    close() {},
  }
}

/** The program as a built-in capability, or `no-capable-agent`. */
export function builtIn(program: JobProgram): Extract<JobProgram, { kind: 'capability' }> {
  if (program.kind === 'capability') return program
  throw new MeshError('no-capable-agent', `No agent can handle: ${capabilityOf(program)}`)
}
