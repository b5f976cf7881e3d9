/** Runs capabilities in the thread that asks: for Node and tests. It cannot stop a function that hangs; the worker pool can. */
import { MeshError, toMeshError } from '../base/errors.ts'
import { capabilityOf, type MapTask, type Reducer, type Runner } from '../work/runner.ts'
import type { JobProgram } from '../work/types.ts'
import { Merge, mapShard } from './compute.ts'
import { builtInNames, prepare } from './registry.ts'

export function createInlineRunner({ slots = 1 }: { readonly slots?: number } = {}): Runner {
  return {
    slots,
    capabilities: builtInNames,
    async check(program) {
      const { capability, options } = builtIn(program)
      prepare(capability, options)
    },
    async map({ program, pieces }: MapTask) {
      const { capability, options } = builtIn(program)
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
