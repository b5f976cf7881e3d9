import type { DialRecord, DialStage, LinkFacts } from '../../mesh/types.ts'

const ends = { host: 'this network', srflx: 'through a NAT', prflx: 'through a NAT', relay: 'by a TURN relay' } as const

/** Such as `host ↔ relay, UDP over IPv4`: the kinds of addresses, as WebRTC calls them. */
export function pathWords({
  ice,
}: Pick<LinkFacts, 'ice'>): { readonly text: string; readonly title: string } | undefined {
  if (!ice?.local || !ice.remote) return undefined
  const { local, remote } = ice
  const family = local.family ? ` over ${local.family}` : ''
  return {
    text: `${local.type} ↔ ${remote.type}, ${local.protocol.toUpperCase()}${family}`,
    title: `Here: ${ends[local.type]}. There: ${ends[remote.type]}.`,
  }
}

export const stageWords: Readonly<Record<DialStage, string>> = {
  offered: 'offer',
  signaled: 'signal',
  answered: 'answer',
  candidates: 'addresses',
  connected: 'path',
  opened: 'channel',
  secured: 'identity',
  admitted: 'admission',
}

export const outcomeWords: Readonly<Record<DialRecord['outcome'], string>> = {
  running: 'under way',
  linked: 'linked',
  failed: 'failed',
  yielded: 'gave way to the other dial',
}

export interface Segment {
  readonly stage: DialStage
  /** Of this stage alone. */
  readonly ms: number
  /** Percent of the bar. */
  readonly width: number
  readonly isFailed: boolean
}

/** A dial as parts of one bar as long as `longestMs`; the stage that failed takes the time until the dial was given up. */
export function segmentsOf({ stages, failure, tookMs }: DialRecord, longestMs: number): Segment[] {
  const scale = (ms: number) => (longestMs <= 0 ? 0 : Math.max(0.6, (100 * ms) / longestMs))
  let before = 0
  const segments: Segment[] = stages.map(({ stage, ms }) => {
    const took = Math.max(0, ms - before)
    before = Math.max(before, ms)
    return { stage, ms: took, width: scale(took), isFailed: false }
  })
  if (!failure) return segments
  const took = Math.max(0, (tookMs ?? before) - before)
  return [...segments, { stage: failure.stage, ms: took, width: scale(took), isFailed: true }]
}

/** The longest that the bars show: a dial that hung for seconds would leave those of milliseconds invisible. */
export function scaleOf(dials: readonly DialRecord[]): number {
  const linked = dials.filter(({ outcome }) => outcome !== 'failed').map(({ tookMs = 0 }) => tookMs)
  const longest = Math.max(0, ...linked)
  const passed = Math.max(0, ...dials.map(({ stages }) => stages.at(-1)?.ms ?? 0))
  return Math.max(longest, passed) * 1.25
}
