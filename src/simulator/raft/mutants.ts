/**
 * Named faults for the Raft core, each an exact replacement in one of its files, made while the core is loaded
 * (load-mutant.ts). Each breaks one rule; the simulation must notice, or it is worth nothing. A replacement whose original is
 * gone throws, so none of them rots. docs/simulation.md says which seed found which.
 */
import type { Mutation } from './load-mutant.ts'
import { changes } from './mutants/changes.ts'
import { disks } from './mutants/disks.ts'
import { elections } from './mutants/elections.ts'
import { logs } from './mutants/logs.ts'
import { quorums } from './mutants/quorums.ts'
import { reads } from './mutants/reads.ts'
import { sessions } from './mutants/sessions.ts'
import { snapshots } from './mutants/snapshots.ts'

export interface Mutant extends Mutation {
  /** Which rule it breaks. */
  readonly what: string
}

export const mutants: readonly Mutant[] = [
  ...elections,
  ...quorums,
  ...logs,
  ...disks,
  ...reads,
  ...changes,
  ...snapshots,
  ...sessions,
].map(([name, file, what, find, replace]) => ({ name, file, what, find, replace }))

export function mutantNamed(name: string): Mutant | undefined {
  return mutants.find(mutant => mutant.name === name)
}
