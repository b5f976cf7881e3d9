/** What a run of the Raft simulation is asked to do, and what its seed draws on top. */
import type { RaftTiming } from '../../consensus/raft/config.ts'
import { DEFAULT_LIMITS, type RaftLimits } from '../../consensus/raft/limits.ts'
import { commonFaultKinds } from '../world/fault-injector.ts'
import { between, chance, logBetween, type Sfc32 } from '../world/random.ts'
import { ms, second } from '../world/time.ts'

export const raftFaultKinds = [
  ...commonFaultKinds,
  'disk', // slow for a while, or a write fails and the member stops
  'wipe', // a disk is lost; its member comes back under a new id, as a learner (R16)
  'adoption', // a member's host dies and a sibling restarts it from its disk within an election timeout (R30)
  'membership', // voters and learners come, go, and change places
  'transfer', // leadership is handed over, perhaps to somebody whom nobody hears
] as const
export type RaftFaultKind = (typeof raftFaultKinds)[number]

export interface RaftSimulationOptions {
  /** First voters. */
  readonly members: number
  readonly clients: number
  /** Operations, of all clients together. */
  readonly ops: number
  readonly keys: number
  readonly faults: readonly RaftFaultKind[]
  /** Only what is seen from outside counts: the clients' history, progress, and the core's own invariants. */
  readonly isBlind: boolean
}

export const defaultOptions: RaftSimulationOptions = {
  members: 5,
  clients: 4,
  ops: 500,
  keys: 5,
  faults: raftFaultKinds,
  isBlind: false,
}

/** What differs from seed to seed besides the faults: small limits make rare paths common. */
export interface Temper {
  readonly timing: RaftTiming
  readonly limits: RaftLimits
  readonly sessionsMax: number
  readonly sessionIdleMs: number
  /** Mean pause of a client between operations. */
  readonly thinkUs: number
  readonly readRate: number
  readonly casRate: number
  /** Every message is also parsed by the wire schema, as a real link does; else a sample of each kind (member.ts). */
  readonly isParsed: boolean
  /** When the faults pause until everybody has caught up, in order of time. */
  readonly lullsUs: readonly number[]
  /** When the faults end. */
  readonly stormUs: number
}

export function drawTemper(random: Sfc32, options: RaftSimulationOptions): Temper {
  const tickMs = 50
  const heartbeatTicks = 1 + Math.floor(between(random, 0, 3))
  const electionTicks = Math.max(5, 2 * heartbeatTicks) + Math.floor(between(random, 0, 10))
  const thinkUs = logBetween(random, 10 * ms, 400 * ms)
  const stormUs = Math.min(90 * second, Math.max(10 * second, (1.3 * options.ops * thinkUs) / options.clients))
  return {
    timing: {
      tickMs,
      heartbeatMs: heartbeatTicks * tickMs,
      electionMs: electionTicks * tickMs,
      snapshotRetryMs: 2 * electionTicks * tickMs,
    },
    limits: drawLimits(random),
    sessionsMax: options.clients + Math.floor(logBetween(random, 1, 100)),
    sessionIdleMs: Math.floor(logBetween(random, 5_000, 3_600_000)),
    thinkUs,
    readRate: between(random, 0.1, 0.7),
    casRate: between(random, 0.1, 0.5),
    isParsed: chance(random, 0.02),
    lullsUs: Array.from({ length: Math.floor(between(random, 0, 5)) }, () =>
      Math.round(between(random, 0, stormUs)),
    ).sort((one, other) => one - other),
    stormUs: Math.round(stormUs),
  }
}

function drawLimits(random: Sfc32): RaftLimits {
  const integer = (low: number, high: number): number => Math.floor(logBetween(random, low, high))
  if (chance(random, 0.2)) return DEFAULT_LIMITS
  const snapshotAfterEntries = integer(5, 300)
  const trailingEntries = integer(1, 100) - 1
  return {
    ...DEFAULT_LIMITS,
    messageEntriesMax: integer(1, 64),
    messageBytesMax: integer(64, 4_096),
    inflightMessagesMax: integer(1, 32),
    inflightBytesMax: integer(64, 16_384),
    uncommittedEntriesMax: integer(1, 500),
    logEntriesMax: snapshotAfterEntries + trailingEntries + integer(100, 1_000),
    snapshotAfterEntries,
    trailingEntries,
    applyAheadEntries: integer(1, 100),
    readsPendingMax: integer(2, 100),
    promotionLagEntries: integer(1, 50) - 1,
  }
}
