/** What one peer remembers of one job, and which of two words on a job's fate counts. */
import type { JobId, PeerId, SessionId } from '../../base/ids.ts'
import type { JobFailure, Phase, Standing, Status } from './messages.ts'
import type { Candidate } from './policy.ts'

/** A shard under way at a peer. */
interface Run {
  readonly peer: PeerId
  readonly session: SessionId
  readonly sinceMs: number
}

export interface Trouble {
  /** Peers at which the function failed on this shard. */
  readonly failedAt: Set<PeerId>
  lastError: JobFailure | undefined
  losses: number
}

export interface Coordinator {
  readonly kind: 'coordinator'
  /** Still asking who holds finished shards; nothing is handed out before. */
  isCollecting: boolean
  isStoring: boolean
  isReducing: boolean
  /** Shards to hand out, first come first served. */
  queue: number[]
  readonly runs: Map<number, Run[]>
  /** Shards whose result was taken, each once. */
  readonly taken: Set<number>
  readonly credit: Map<PeerId, { name: string; done: number; bytes: number }>
  readonly trouble: Map<number, Trouble>
  /** Peers that had a shard finished or under way when this one took over. */
  readonly holders: Map<number, PeerId[]>
  readonly refused: Set<PeerId>
  readonly busyUntilMs: Map<PeerId, number>
  publishedAtMs: number
  isDirty: boolean
}

interface Replica {
  readonly kind: 'replica'
  /** Whether the present coordinator was ever seen here. */
  hasSeenCoordinator: boolean
  goneSinceMs: number | undefined
}

/** The machine's memory. `step` changes it in place; nobody else writes to it. */
export interface JobState {
  readonly job: JobId
  readonly self: { readonly id: PeerId; readonly session: SessionId }
  readonly shardBytes: readonly number[]
  /** What the program needs, for the words of a failure. */
  readonly capability: string
  /** The word that counts so far; this peer's own while it coordinates. */
  status: Status
  role: Coordinator | Replica
  peers: readonly Candidate[]
  correctedAtMs: number
}

export function isFinal(phase: Phase): boolean {
  return phase === 'done' || phase === 'failed' || phase === 'cancelled'
}

/**
 * Done beats cancelled beats all else, so neither can be undone by a peer that had not heard. Otherwise the higher fence, then the lower
 * coordinator (two claimed at once), then its later session, then its later word. A total order: all peers end with the same.
 */
export function supersedes(a: Standing, b: Standing): boolean {
  const difference =
    weight(a.phase) - weight(b.phase) ||
    a.fence - b.fence ||
    compare(b.coordinator, a.coordinator) ||
    compare(a.session, b.session) ||
    a.version - b.version
  return difference > 0
}

function weight(phase: Phase): number {
  return phase === 'done' ? 2 : phase === 'cancelled' ? 1 : 0
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function standingOf({ job, fence, coordinator, session, version, phase }: Status): Standing {
  return { job, fence, coordinator, session, version, phase }
}

/** A job as its submitter creates it, before anything is handed out. */
export function firstStatus(job: JobId, self: JobState['self']): Status {
  return {
    job,
    fence: 0,
    coordinator: self.id,
    session: self.session,
    version: 0,
    phase: 'storing',
    shardsDone: 0,
    perPeer: [],
    safeToClose: false,
    retries: 0,
  }
}

export function createJobState(options: {
  readonly status: Status
  readonly self: JobState['self']
  readonly shardBytes: readonly number[]
  readonly capability: string
  readonly peers: readonly Candidate[]
}): JobState {
  return {
    job: options.status.job,
    ...options,
    role: { kind: 'replica', hasSeenCoordinator: false, goneSinceMs: undefined },
    correctedAtMs: Number.NEGATIVE_INFINITY,
  }
}

export function newCoordinator(isFresh: boolean, shards: number): Coordinator {
  return {
    kind: 'coordinator',
    isCollecting: !isFresh,
    isStoring: isFresh,
    isReducing: false,
    queue: Array.from({ length: shards }, (_, shard) => shard),
    runs: new Map(),
    taken: new Set(),
    credit: new Map(),
    trouble: new Map(),
    holders: new Map(),
    refused: new Set(),
    busyUntilMs: new Map(),
    publishedAtMs: Number.NEGATIVE_INFINITY,
    isDirty: true,
  }
}
