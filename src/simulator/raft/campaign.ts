/** Many seeds of the Raft simulation: which of them break a promise, with how few faults, and which mutants they notice. */

import { shrink } from '../world/shrink.ts'
import type { Fault } from '../world/storm.ts'
import { loadMutant, type RaftModule } from './load-mutant.ts'
import type { Mutant } from './mutants.ts'
import type { RaftSimulationOptions } from './options.ts'
import { type RunResult, runSeed } from './simulation.ts'

export interface CampaignTotals {
  seeds: number
  failed: number
  quorumLost: number
  events: number
  faults: number
  simulatedUs: number
  readonly operations: { ok: number; fail: number; info: number }
  /** Seeds whose second run had another trace hash. */
  readonly nondeterministic: number[]
}

export interface CampaignRequest {
  readonly options: RaftSimulationOptions
  readonly raft: RaftModule
  readonly seeds: Iterable<number>
  readonly only: readonly number[] | undefined
  /** Each seed runs twice, and both runs must have the same trace hash. */
  readonly isTwice: boolean
  readonly onRun: (result: RunResult, totals: CampaignTotals) => void
}

export function runCampaign({ options, raft, seeds, only, isTwice, onRun }: CampaignRequest): CampaignTotals {
  const totals: CampaignTotals = {
    seeds: 0,
    failed: 0,
    quorumLost: 0,
    events: 0,
    faults: 0,
    simulatedUs: 0,
    operations: { ok: 0, fail: 0, info: 0 },
    nondeterministic: [],
  }
  for (const seed of seeds) {
    const request = { seed, options, raft, ...(only && { only }) }
    const result = runSeed(request)
    add(totals, result)
    if (isTwice && runSeed(request).traceHash !== result.traceHash) totals.nondeterministic.push(seed)
    onRun(result, totals)
  }
  return totals
}

function add(
  totals: CampaignTotals,
  { violation, isQuorumLost, events, faults, simulatedUs, operations }: RunResult,
): void {
  totals.seeds++
  if (violation) totals.failed++
  if (isQuorumLost) totals.quorumLost++
  totals.events += events
  totals.faults += faults.length
  totals.simulatedUs += simulatedUs
  for (const kind of ['ok', 'fail', 'info'] as const) totals.operations[kind] += operations[kind]
}

export interface ShrunkFailure {
  readonly faults: readonly Fault[]
  readonly runs: number
  readonly isMinimal: boolean
}

/** The fewest faults of this seed that still break the same promise. */
export function shrinkFailure(failure: RunResult, options: RaftSimulationOptions, raft: RaftModule): ShrunkFailure {
  const invariant = failure.violation?.invariant
  const fails = (part: readonly Fault[]): boolean => {
    const only = part.map(({ id }) => id)
    return runSeed({ seed: failure.seed, options, raft, only }).violation?.invariant === invariant
  }
  // What had not begun when the promise was broken had no part in it.
  const begun = failure.faults.filter(({ atUs }) => atUs <= failure.simulatedUs)
  const { items, runs, isMinimal } = shrink(begun, fails)
  return { faults: items, runs, isMinimal }
}

export interface MutantVerdict {
  readonly mutant: Mutant
  /** The run that noticed; undefined if it survived all seeds. */
  readonly killedBy: RunResult | undefined
  readonly seeds: number
  /** Of all the runs it took. */
  readonly events: number
}

export async function huntMutant(
  mutant: Mutant,
  options: RaftSimulationOptions,
  seeds: Iterable<number>,
): Promise<MutantVerdict> {
  const raft = await loadMutant(mutant)
  let count = 0
  let events = 0
  for (const seed of seeds) {
    const result = runSeed({ seed, options, raft })
    count++
    events += result.events
    if (result.violation) return { mutant, killedBy: result, seeds: count, events }
  }
  return { mutant, killedBy: undefined, seeds: count, events }
}
