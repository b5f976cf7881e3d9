/** Timing and limits of a member: two presets, and whatever an application chooses, checked once. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import { DEFAULT_LIMITS, type RaftLimits } from './limits.ts'
import type { MemberId } from './messages.ts'
import type { RaftConfig } from './state.ts'

export interface RaftTiming {
  /** Grain of all other times, ms. */
  readonly tickMs: number
  readonly heartbeatMs: number
  /** T, ms: election timeouts are drawn from [T, 2T). */
  readonly electionMs: number
  /** Until a snapshot that nobody acknowledged is sent again, ms. */
  readonly snapshotRetryMs: number
}

export type RaftPreset = 'lab' | 'internet'

export const RAFT_PRESETS: Readonly<Record<RaftPreset, RaftTiming>> = {
  /** One machine or one room: failover within 600 ms. */
  lab: { tickMs: 10, heartbeatMs: 50, electionMs: 150, snapshotRetryMs: 2_000 },
  /** Round trips of up to 250 ms and sleepy radios. */
  internet: { tickMs: 50, heartbeatMs: 250, electionMs: 1_500, snapshotRetryMs: 20_000 },
}

export interface RaftIdentity {
  readonly member: MemberId
  readonly generation: string
  readonly epoch: number
  readonly random: Random
}

/** What may be changed against the preset. */
export interface RaftOverrides {
  readonly timing?: Partial<RaftTiming>
  readonly limits?: Partial<RaftLimits>
  readonly preVote?: boolean
  readonly checkQuorum?: boolean
}

const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const timingSchema = v.pipe(
  v.strictObject({ tickMs: positive, heartbeatMs: positive, electionMs: positive, snapshotRetryMs: positive }),
  v.check(
    t => [t.heartbeatMs, t.electionMs, t.snapshotRetryMs].every(ms => ms % t.tickMs === 0),
    'heartbeatMs, electionMs and snapshotRetryMs must be multiples of tickMs',
  ),
  v.check(t => t.electionMs >= 2 * t.heartbeatMs, 'electionMs must be at least twice heartbeatMs, or one loss deposes'),
  v.check(t => t.electionMs >= 5 * t.tickMs, 'electionMs must be at least five ticks, or candidates collide'),
  v.check(t => t.snapshotRetryMs >= t.electionMs, 'snapshotRetryMs must be at least electionMs'),
)

const limitsSchema = v.pipe(
  v.strictObject({
    messageEntriesMax: positive,
    messageBytesMax: positive,
    entryBytesMax: positive,
    inflightMessagesMax: positive,
    inflightBytesMax: positive,
    uncommittedEntriesMax: positive,
    uncommittedBytesMax: positive,
    logEntriesMax: positive,
    snapshotAfterEntries: positive,
    trailingEntries: natural,
    applyAheadEntries: positive,
    readsPendingMax: positive,
    promotionLagEntries: natural,
  }),
  v.check(
    l => l.uncommittedBytesMax >= l.entryBytesMax,
    'uncommittedBytesMax must be at least entryBytesMax, or a large entry never fits',
  ),
  v.check(
    l => l.logEntriesMax > l.snapshotAfterEntries + l.trailingEntries,
    'logEntriesMax must exceed snapshotAfterEntries + trailingEntries, or the log fills before it may be cut',
  ),
)

const identitySchema = v.object({
  member: v.pipe(v.string(), v.minLength(1)),
  generation: v.pipe(v.string(), v.minLength(1)),
  epoch: positive,
})

/** A validated configuration. Throws MeshError `invalid-option`. */
export function raftConfig(preset: RaftPreset, identity: RaftIdentity, overrides: RaftOverrides = {}): RaftConfig {
  valid(identitySchema, identity)
  const timing = valid(timingSchema, { ...RAFT_PRESETS[preset], ...overrides.timing })
  return {
    ...identity,
    tickMs: timing.tickMs,
    heartbeatTicks: timing.heartbeatMs / timing.tickMs,
    electionTicks: timing.electionMs / timing.tickMs,
    snapshotRetryTicks: timing.snapshotRetryMs / timing.tickMs,
    preVote: overrides.preVote ?? true,
    checkQuorum: overrides.checkQuorum ?? true,
    limits: valid(limitsSchema, { ...DEFAULT_LIMITS, ...overrides.limits }),
  }
}

function valid<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return parsed.output
  throw new MeshError('invalid-option', `Raft: ${v.summarize(parsed.issues)}`)
}
