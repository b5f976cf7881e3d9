/** What is told of a campaign over meshes: all runs together, for people and as JSON. */
import { second } from '../world/time.ts'
import { type MeshCommand, meshReplay } from './command.ts'
import type { MeshRun } from './simulation.ts'

export interface MeshSummary {
  readonly protocol: 'mesh'
  readonly seeds: number
  readonly failed: number
  readonly nondeterministic: readonly number[]
  readonly events: number
  readonly simulatedSeconds: number
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly traceHash: string | undefined
  /** Of the samples of all runs. */
  readonly connected: number
  readonly degrees: Readonly<Record<string, number>>
  readonly verdicts: number
  readonly falseVerdicts: number
  readonly rumours: number
  /** The most over all runs, and the 99th percentile of the worst run; a round is 1 s. */
  readonly rumourRoundsMax: number
  readonly repairRoundsMax: number
  readonly repairRoundsP99: number
  /** Of the worst run: from a cut to a peer's `partition`, and from its end to its `heal` (recovery from a split), ms. */
  readonly splitMsP95: number
  readonly healMsP50: number
  readonly healMsP95: number
  readonly healMsMax: number
  readonly runs: readonly (Pick<MeshRun, 'seed' | 'figures'> & {
    readonly message?: string
    readonly replay?: string
  })[]
}

export function summaryOf(
  command: MeshCommand,
  runs: readonly MeshRun[],
  spent: Pick<MeshSummary, 'nondeterministic' | 'wallSeconds' | 'cpuSeconds'>,
): MeshSummary {
  const sum = (value: (run: MeshRun) => number) => runs.reduce((total, run) => total + value(run), 0)
  const most = (value: (run: MeshRun) => number) => Math.max(0, ...runs.map(value))
  const degrees: Record<string, number> = {}
  for (const { figures } of runs)
    for (const [degree, count] of Object.entries(figures.degrees)) degrees[degree] = (degrees[degree] ?? 0) + count
  const samples = sum(({ figures }) => figures.samples)
  return {
    protocol: 'mesh',
    seeds: runs.length,
    failed: runs.filter(({ violation }) => violation).length,
    ...spent,
    events: sum(({ events }) => events),
    simulatedSeconds: sum(({ simulatedUs }) => simulatedUs) / second,
    traceHash: runs[0]?.traceHash,
    connected: samples === 0 ? 0 : sum(({ figures }) => figures.connected * figures.samples) / samples,
    degrees,
    verdicts: sum(({ figures }) => figures.verdicts),
    falseVerdicts: sum(({ figures }) => figures.falseVerdicts),
    rumours: sum(({ figures }) => figures.rumours),
    rumourRoundsMax: most(({ figures }) => figures.rumourRounds.max),
    repairRoundsMax: most(({ figures }) => figures.repairRounds.max),
    repairRoundsP99: most(({ figures }) => figures.repairRounds.p99),
    splitMsP95: most(({ figures }) => figures.splitMs.p95),
    healMsP50: most(({ figures }) => figures.healMs.p50),
    healMsP95: most(({ figures }) => figures.healMs.p95),
    healMsMax: most(({ figures }) => figures.healMs.max),
    runs: runs.map(({ seed, figures, violation }) => ({
      seed,
      figures,
      ...(violation && { message: violation.message, replay: meshReplay(command, seed) }),
    })),
  }
}

export function meshTextOf(summary: MeshSummary): string {
  const { seeds, failed, simulatedSeconds, events, cpuSeconds, connected, falseVerdicts, verdicts } = summary
  const lines = [
    `mesh: ${seeds - failed} of ${seeds} kept every promise; ${simulatedSeconds.toFixed(0)} s simulated, ${events} events in ${cpuSeconds.toFixed(1)} s of processor time`,
    `connected ${(100 * connected).toFixed(3)} % of the time; links per peer ${JSON.stringify(summary.degrees)}`,
    `${verdicts} verdicts, ${falseVerdicts} of them false; ${summary.rumours} rumours, in ${summary.rumourRoundsMax} rounds everywhere at most`,
    `a lost link replaced within ${summary.repairRoundsP99} rounds (p99 of the worst seed), ${summary.repairRoundsMax} at most`,
  ]
  if (summary.healMsMax > 0) {
    const [splitP95, p50, p95, max] = [summary.splitMsP95, summary.healMsP50, summary.healMsP95, summary.healMsMax].map(
      each => (each / 1_000).toFixed(1),
    )
    lines.push(
      `a split known within ${splitP95} s (p95 of the worst seed); recovered from it ${p50} s after its end (p50), ${p95} s (p95), ${max} s at most`,
    )
  }
  for (const seed of summary.nondeterministic) lines.push(`seed ${seed}: two runs differ`)
  for (const { seed, message, replay } of summary.runs)
    if (message) lines.push(`seed ${seed}: ${message}`, `  ${replay}`)
  return lines.join('\n')
}
