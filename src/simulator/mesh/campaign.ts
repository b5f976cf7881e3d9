/** Runs the seeds of a command, one after the other. */
import type { TraceEvent } from '../world/trace.ts'
import type { MeshCommand } from './command.ts'
import { type MeshRun, runMesh } from './simulation.ts'

export interface MeshCampaign {
  readonly runs: readonly MeshRun[]
  /** Seeds whose second run was another. */
  readonly nondeterministic: readonly number[]
}

export function runMeshCampaign(
  { options, seed, seeds, isTwice }: MeshCommand,
  onRun: (run: MeshRun) => void,
  watch?: (event: TraceEvent) => void,
  onMinute?: (seed: number, minute: number) => void,
): MeshCampaign {
  const runs: MeshRun[] = []
  const nondeterministic: number[] = []
  for (let next = seed; next < seed + seeds; next++) {
    const run = runMesh(next, options, watch, minute => onMinute?.(next, minute))
    if (isTwice && runMesh(next, options).traceHash !== run.traceHash) nondeterministic.push(next)
    runs.push(run)
    onRun(run)
  }
  return { runs, nondeterministic }
}
