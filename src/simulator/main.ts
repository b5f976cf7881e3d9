/**
 * `npm run sim -- PROTOCOL [options]`: seeded simulations from the command line. Files and the terminal are here; what is
 * simulated knows of neither.
 */
import { fork } from 'node:child_process'
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import * as core from '../consensus/raft/index.ts'
import { type CampaignValues, crdtFlags, crdtHelp, runCrdtCampaign } from './crdt/campaign.ts'
import { gossipFlags, gossipHelp, runGossipCampaign } from './gossip/campaign.ts'
import { type MeshCampaign, runMeshCampaign } from './mesh/campaign.ts'
import { meshCommandOf, meshFlags, meshHelp, meshReplay } from './mesh/command.ts'
import { type JobProcess, runInJobs } from './mesh/jobs.ts'
import { meshTextOf, summaryOf } from './mesh/report.ts'
import type { MeshRun } from './mesh/simulation.ts'
import { huntMutant, runCampaign, type ShrunkFailure, shrinkFailure } from './raft/campaign.ts'
import { type RaftCommand, raftCommandOf, raftFlags, raftHelp, replayCommand } from './raft/command.ts'
import { loadMutant } from './raft/load-mutant.ts'
import { mutantNamed, mutants } from './raft/mutants.ts'
import { type CampaignSummary, textOf } from './raft/report.ts'
import { type RunResult, runSeed } from './raft/simulation.ts'
import { second } from './world/time.ts'

const protocols = 'raft, mesh, crdt, gossip'
const progressEveryMs = 2_000
/** A thousand peers make so much that is soon forgotten: with more room for the young, less of it is copied, MiB. */
const jobYoungMiB = 64

interface HuntVerdict {
  readonly mutant: string
  /** The seed that noticed it, after so many events of its run; null if none did. */
  readonly seed: number | null
  readonly seedEvents: number | null
  /** Of all seeds up to that one. */
  readonly events: number
  /** The promise that it broke. */
  readonly invariant: string | null
}

async function main(): Promise<number> {
  const [protocol, ...rest] = process.argv.slice(2)
  if (protocol === undefined || protocol === '--help' || protocol === '-h') {
    say(`npm run sim -- PROTOCOL [options]; protocols: ${protocols}. See npm run sim -- raft --help`)
    return protocol === undefined ? 2 : 0
  }
  if (protocol === 'mesh') return mesh(rest)
  if (protocol === 'crdt') return simulateSimply(rest, crdtFlags, crdtHelp, runCrdtCampaign)
  if (protocol === 'gossip') return simulateSimply(rest, gossipFlags, gossipHelp, runGossipCampaign)
  if (protocol !== 'raft') return complain(`there is no protocol "${protocol}" to simulate; there are: ${protocols}`)
  const command = readCommand(rest)
  if (command === 'help') {
    say(raftHelp)
    return 0
  }
  if (typeof command === 'string') return complain(`${command}\nnpm run sim -- raft --help says what there is`)
  const unwritable = firstUnwritable(command)
  if (unwritable !== undefined) return complain(unwritable)
  return command.isHunt ? hunt(command) : campaign(command)
}

async function simulateSimply<Flags extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: Flags,
  help: string,
  run: (values: CampaignValues, say: (text: string) => void, note: (text: string) => void) => number | Promise<number>,
): Promise<number> {
  try {
    const values = parseArgs({ args, options }).values as CampaignValues
    if (values.help !== true) return await run(values, say, note)
    say(help)
    return 0
  } catch (error) {
    return complain(`${error instanceof Error ? error.message : error}\n${help}`)
  }
}

function readCommand(args: string[]): RaftCommand | string {
  return parsed(() => {
    const { values } = parseArgs({ args, options: raftFlags })
    return values.help === true ? 'help' : raftCommandOf(values)
  })
}

/** The command, or what parseArgs has against it. */
function parsed<Command>(parse: () => Command | string): Command | string {
  try {
    return parse()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function mesh(args: string[]): Promise<number> {
  const command = parsed(() => {
    const { values } = parseArgs({ args, options: meshFlags })
    return values.help === true ? 'help' : meshCommandOf(values)
  })
  if (command === 'help') {
    say(meshHelp)
    return 0
  }
  if (typeof command === 'string') return complain(`${command}\nnpm run sim -- mesh --help says what there is`)
  const unwritable = firstUnwritable({ history: undefined, trace: command.trace })
  if (unwritable !== undefined) return complain(unwritable)
  const startMs = performance.now()
  let reportedMs = startMs
  const cpuBefore = process.cpuUsage()
  const file = command.trace === undefined ? undefined : openSync(command.trace, 'w')
  const watch = file === undefined ? undefined : (event: unknown) => writeSync(file, `${JSON.stringify(event)}\n`)
  const onRun = ({ seed, violation, events }: MeshRun) => {
    note(`seed ${seed}: ${violation?.message ?? 'kept every promise'}, ${events} events`)
    if (violation) note(meshReplay(command, seed))
  }
  const onMinute = (seed: number, minute: number) => {
    if (performance.now() - reportedMs < progressEveryMs) return
    reportedMs = performance.now()
    note(`seed ${seed}: minute ${minute} of ${command.options.minutes}`)
  }
  const { options, isTwice, jobs } = command
  const orders = [...seedsOf(command)].map(seed => ({ seed, options, isTwice }))
  const campaign: MeshCampaign & { readonly cpuSeconds?: number } =
    jobs === 1
      ? runMeshCampaign(command, onRun, watch, onMinute)
      : await runInJobs(orders, jobs, startJob, onRun, onMinute)
  const { runs, nondeterministic } = campaign
  if (file !== undefined) closeSync(file)
  const cpu = process.cpuUsage(cpuBefore)
  const cpuSeconds = (cpu.user + cpu.system) / 1e6 + (campaign.cpuSeconds ?? 0)
  const wallSeconds = (performance.now() - startMs) / 1_000
  const summary = summaryOf(command, runs, { nondeterministic, wallSeconds, cpuSeconds })
  say(command.isJson ? JSON.stringify(summary) : meshTextOf(summary))
  return summary.failed + nondeterministic.length > 0 ? 1 : 0
}

function startJob(): JobProcess {
  const execArgv = [...process.execArgv, `--max-semi-space-size=${jobYoungMiB}`]
  return fork(new URL('./mesh/job.ts', import.meta.url), { execArgv })
}

async function campaign(command: RaftCommand): Promise<number> {
  const mutant = command.mutate === undefined ? undefined : mutantNamed(command.mutate)
  const raft = mutant ? await loadMutant(mutant) : core
  if (command.trace !== undefined) writeTrace(command, raft, command.trace)
  const startMs = performance.now()
  const cpuBefore = process.cpuUsage()
  let reportedMs = startMs
  const failures: RunResult[] = []
  let first: RunResult | undefined
  const totals = runCampaign({
    ...command,
    raft,
    seeds: seedsOf(command),
    onRun: (result, sums) => {
      first ??= result
      if (result.violation) {
        failures.push(failures.length === 0 ? result : { ...result, history: [] })
        note(`seed ${result.seed}: ${result.violation.message}`)
      }
      if (performance.now() - reportedMs < progressEveryMs) return
      reportedMs = performance.now()
      note(`${sums.seeds} of ${command.seeds} seeds, ${sums.failed} failed, ${sums.events} events`)
    },
  })
  const cpu = process.cpuUsage(cpuBefore)
  const cpuSeconds = (cpu.user + cpu.system) / 1e6
  const simulatedSeconds = totals.simulatedUs / second
  const [failure] = failures
  const shrunk = failure && command.isShrinking ? shrunkOf(failure, command, raft) : undefined
  const summary: CampaignSummary = {
    protocol: 'raft',
    ...totals,
    simulatedSeconds,
    wallSeconds: (performance.now() - startMs) / 1_000,
    cpuSeconds,
    speed: ((command.isTwice ? 2 : 1) * simulatedSeconds) / cpuSeconds,
    traceHash: first?.traceHash,
    failures: failures.map(({ seed, violation }) => ({
      seed,
      message: violation?.message,
      replay: replayCommand(command, seed),
    })),
    shrunk: failure && shrunk && { ...shrunk, replay: replayCommand(command, failure.seed, idsOf(shrunk)) },
    history: writeHistory(command, failure ?? first),
  }
  say(command.isJson ? JSON.stringify(summary) : textOf(summary))
  return totals.failed + totals.nondeterministic.length > 0 ? 1 : 0
}

/** Each mutant in turn, until a seed notices it. */
async function hunt(command: RaftCommand): Promise<number> {
  const verdicts: HuntVerdict[] = []
  for (const mutant of mutants) {
    const { killedBy, seeds, events } = await huntMutant(mutant, command.options, seedsOf(command))
    const verdict = {
      mutant: mutant.name,
      seed: killedBy?.seed ?? null,
      seedEvents: killedBy?.events ?? null,
      events,
      invariant: killedBy?.violation?.invariant ?? null,
    }
    verdicts.push(verdict)
    const fate = killedBy
      ? `seed ${verdict.seed}, event ${verdict.seedEvents} of it (${events} in all): ${verdict.invariant}`
      : `SURVIVED ${seeds} seeds`
    const line = `${mutant.name.padEnd(29)} ${fate}`
    if (command.isJson) note(line)
    else say(line)
  }
  const survivors = verdicts.filter(({ seed }) => seed === null).length
  if (command.isJson) say(JSON.stringify({ protocol: 'raft', mutants: verdicts, survivors }))
  else say(`${verdicts.length} mutants, ${verdicts.length - survivors} noticed, ${survivors} survived`)
  return survivors > 0 ? 1 : 0
}

/** Said before anything runs, not after an hour. */
function firstUnwritable({ history, trace }: Pick<RaftCommand, 'history' | 'trace'>): string | undefined {
  for (const file of [history, trace]) {
    try {
      if (file !== undefined) writeFileSync(file, '')
    } catch (error) {
      return `cannot write ${file}: ${error instanceof Error ? error.message : error}`
    }
  }
  return undefined
}

function shrunkOf(failure: RunResult, command: RaftCommand, raft: typeof core): ShrunkFailure {
  note(`shrinking ${failure.faults.length} faults of seed ${failure.seed}`)
  return shrinkFailure(failure, command.options, raft)
}

function idsOf({ faults }: ShrunkFailure): number[] {
  return faults.map(({ id }) => id)
}

function writeHistory({ history: file }: RaftCommand, result: RunResult | undefined): CampaignSummary['history'] {
  if (file === undefined || !result) return undefined
  writeFileSync(file, result.history.map(event => `${JSON.stringify(event)}\n`).join(''))
  return { file, seed: result.seed, events: result.history.length }
}

/** One line per event; the run itself is repeated by the campaign. */
function writeTrace({ options, seed, only }: RaftCommand, raft: typeof core, path: string): void {
  const file = openSync(path, 'w')
  runSeed({ seed, options, raft, ...(only && { only }), watch: event => writeSync(file, `${JSON.stringify(event)}\n`) })
  closeSync(file)
}

function* seedsOf({ seed, seeds }: Pick<RaftCommand, 'seed' | 'seeds'>): Generator<number> {
  for (let next = seed; next < seed + seeds; next++) yield next
}

function say(text: string): void {
  console.log(text)
}

function note(text: string): void {
  console.error(text)
}

function complain(problem: string): number {
  note(problem)
  return 2
}

process.exitCode = await main()
