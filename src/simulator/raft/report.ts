/** The result of a campaign, for machines as it is and for people as text. */
import { describeFault } from '../world/storm.ts'
import type { CampaignTotals, ShrunkFailure } from './campaign.ts'

export interface CampaignSummary extends CampaignTotals {
  readonly protocol: 'raft'
  readonly simulatedSeconds: number
  readonly wallSeconds: number
  /** Of this process, shrinking left out. */
  readonly cpuSeconds: number
  /** Simulated seconds per second of one core. */
  readonly speed: number
  /** Of the first seed. */
  readonly traceHash: string | undefined
  readonly failures: readonly { readonly seed: number; readonly message: string | undefined; readonly replay: string }[]
  /** The first failure with as few faults as possible. */
  readonly shrunk: (ShrunkFailure & { readonly replay: string }) | undefined
  readonly history: { readonly file: string; readonly seed: number; readonly events: number } | undefined
}

export function textOf(summary: CampaignSummary): string {
  const { seeds, failed, operations, shrunk, history } = summary
  const lines = [
    `${seeds} seeds: ${seeds - failed} kept every promise, ${failed} broke one`,
    `${summary.faults} faults, ${summary.events} events, operations: ${operations.ok} ok, ${operations.fail} failed, ${operations.info} unknown`,
    `${summary.simulatedSeconds.toFixed(0)} s simulated in ${summary.cpuSeconds.toFixed(1)} s of one core, ${summary.speed.toFixed(0)} times real time (${summary.wallSeconds.toFixed(1)} s on the wall)`,
    `trace hash of the first seed ${summary.traceHash}`,
  ]
  if (summary.quorumLost > 0)
    lines.push(`${summary.quorumLost} runs lost their quorum for good; not asked for progress`)
  if (summary.nondeterministic.length > 0)
    lines.push(`another trace the second time: seeds ${summary.nondeterministic.join()}`)
  if (history) lines.push(`history of seed ${history.seed}, ${history.events} events: ${history.file}`)
  for (const { message, replay } of summary.failures) lines.push('', message ?? '', `  ${replay}`)
  if (!shrunk) return lines.join('\n')
  const adjective = shrunk.isMinimal ? 'none of which can be left out' : 'perhaps not all of them'
  lines.push('', `the first failure needs ${shrunk.faults.length} faults, ${adjective} (${shrunk.runs} runs):`)
  lines.push(...shrunk.faults.map(fault => `  ${describeFault(fault)}`), `  ${shrunk.replay}`)
  return lines.join('\n')
}
