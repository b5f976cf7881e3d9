/**
 * The face of the Raft machine: what it is made from, what goes in, what comes out, what may be looked at.
 * docs/raft.md, "Driving the core", says how a driver answers each effect.
 */
import type { Random } from '../../base/random.ts'
import type { RaftLimits } from './limits.ts'
import type { Entry, HardState, MemberId, Membership, MembershipChange, RaftMessage, Snapshot } from './messages.ts'

/** Made by `raftConfig` in config.ts, which validates it. */
export interface RaftConfig {
  readonly member: MemberId
  /** Which history of the room this is: genesis and the number of fresh starts since. Others' messages are dropped. */
  readonly generation: string
  /** Which life of this member: each host that takes it over increments it in the member's database. From 1. */
  readonly epoch: number
  /** Ticks between heartbeats. */
  readonly heartbeatTicks: number
  /** T: silence, in ticks, before a follower campaigns is redrawn from [T, 2T) (Raft paper, §5.2). */
  readonly electionTicks: number
  /** How long a tick is, ms; only for the logical time of entries. */
  readonly tickMs: number
  /** Ticks after which a snapshot that was not acknowledged is sent again. */
  readonly snapshotRetryTicks: number
  /** Ask before campaigning (dissertation 9.6). Off only in tests of mixed rooms. */
  readonly preVote: boolean
  /** A leader without a quorum steps down, and a follower with a live leader refuses votes (dissertation 6.2, 4.2.3). */
  readonly checkQuorum: boolean
  readonly limits: RaftLimits
  readonly random: Random
}

/** How long things take, of all that a machine is made from; the rest never changes while it runs. */
export type RaftClocks = Pick<RaftConfig, 'tickMs' | 'heartbeatTicks' | 'electionTicks' | 'snapshotRetryTicks'>

/** What a member finds on its disk. Everything in it was durable; `genesisState` and `joinerState` make the first ones. */
export interface RestoredState {
  /** Whose disk this is; a machine refuses to start from another's, or from another generation's. */
  readonly member: MemberId
  readonly generation: string
  readonly hard: HardState
  readonly snapshot: Snapshot
  /** Without gaps; may begin below the snapshot (trailing entries) but not later than right after it. */
  readonly entries: readonly Entry[]
  /** Up to where the state machine handed to this core has applied: the snapshot's index when it was restored from it. */
  readonly applied: number
}

export interface Proposal {
  /** Client session and number within it, for effectively-once (sessions.ts); session '' takes no part in it. */
  readonly session: string
  readonly sequence: number
  readonly payload: unknown
  /** Size of the payload; the limits count it. */
  readonly bytes: number
}

export type Input =
  /** `ticks` may be more than one after a pause; it is clamped (R29). */
  | { readonly kind: 'tick'; readonly ticks: number }
  /** `host` is the authenticated session that delivered it: two hosts of one epoch are told apart by it (R18). */
  | { readonly kind: 'message'; readonly from: MemberId; readonly host: string; readonly message: RaftMessage }
  | { readonly kind: 'propose'; readonly proposals: readonly Proposal[] }
  | { readonly kind: 'reconfigure'; readonly change: MembershipChange }
  /** `id` comes back in `read-ready` or `read-refused`. */
  | { readonly kind: 'read'; readonly id: number }
  | { readonly kind: 'transfer'; readonly target: MemberId }
  /** Campaign now instead of at the timeout (pre-vote included). */
  | { readonly kind: 'campaign' }
  /** The write of this token, and all before it, are durable. */
  | { readonly kind: 'persisted'; readonly token: number }
  /** The state machine has applied everything up to `index`. */
  | { readonly kind: 'applied'; readonly index: number }
  /** The state machine's state as of `index`, which must be applied already. */
  | { readonly kind: 'snapshot-taken'; readonly index: number; readonly data: unknown }
  /** From now on these clocks. */
  | { readonly kind: 'retime'; readonly clocks: RaftClocks }
  /** The link to this member's host broke: what was on its way may be lost. Only a hint. */
  | { readonly kind: 'unreachable'; readonly member: MemberId }
  /** This host may no longer act for the member (lost its lock, or found a higher epoch on disk). Final. */
  | { readonly kind: 'halt' }

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'halted'

export type RefusalReason =
  | 'not-leader' // `leader` says whom to ask, if known
  | 'halted'
  | 'transferring' // for one election timeout at most
  | 'too-many-uncommitted' // no quorum answers, or it is slower than the proposals come
  | 'log-full' // the driver has not taken the snapshot it was asked for
  | 'too-large'
  | 'not-ready' // the leader has not committed in its term yet (R2)
  | 'change-pending' // one membership change at a time
  | 'change-invalid' // `detail` says why
  | 'not-caught-up' // a voter must first be a learner with nearly the whole log
  | 'too-many-reads'
  | 'leadership-lost' // a read that waited while the leader stepped down
  | 'no-such-voter' // transfer to a stranger, a learner, or oneself (which calls a transfer off)

/** Why a message was not looked at. */
export type DropReason = 'other-generation' | 'stale-epoch' | 'second-host' | 'own-echo'

/** Performed in the order given. Only `persist` takes time: its completion comes back as `persisted`. */
export type Effect =
  /**
   * One atomic, durable write: replace the hard state, and the snapshot if there is one; of the stored entries keep those
   * with keepFrom <= index <= keepTo; then append `entries` (they begin at keepTo + 1). Never two at a time: what changes
   * meanwhile gathers for the next one, which is group commit for free.
   */
  | {
      readonly kind: 'persist'
      readonly token: number
      readonly hard: HardState
      readonly snapshot: Snapshot | undefined
      readonly keepFrom: number
      readonly keepTo: number
      readonly entries: readonly Entry[]
    }
  | { readonly kind: 'send'; readonly to: MemberId; readonly message: RaftMessage }
  /** Committed and durable here, each exactly once and in order per life of the machine. Report with `applied`. */
  | { readonly kind: 'apply'; readonly entries: readonly Entry[] }
  /** Replace the whole state machine. Report with `applied`. */
  | { readonly kind: 'restore'; readonly snapshot: Snapshot }
  /**
   * Of this step's proposals those from position `first` on, `count` of them, entered the log at `firstIndex` and on. They
   * are committed only when they come back in `apply` with this term.
   */
  | {
      readonly kind: 'accepted'
      readonly first: number
      readonly count: number
      readonly firstIndex: number
      readonly term: number
    }
  /** Of this step's proposals (or its one membership change or transfer) these certainly did not and will not happen. */
  | {
      readonly kind: 'refused'
      readonly first: number
      readonly count: number
      readonly reason: RefusalReason
      readonly leader: MemberId | undefined
      readonly detail: string
    }
  /** Linearizable: at some moment since the request nothing newer than `index` was committed, and the state machine has it all. */
  | { readonly kind: 'read-ready'; readonly id: number; readonly index: number }
  | {
      readonly kind: 'read-refused'
      readonly id: number
      readonly reason: RefusalReason
      readonly leader: MemberId | undefined
    }
  /** Role, term or known leader changed. */
  | { readonly kind: 'role'; readonly role: Role; readonly term: number; readonly leader: MemberId | undefined }
  /** A membership change was committed (or came in a snapshot) and is in force. */
  | { readonly kind: 'membership'; readonly membership: Membership; readonly index: number }
  /** Please take a snapshot at the applied index and hand it in as `snapshot-taken`; repeated until it comes. */
  | { readonly kind: 'snapshot-needed'; readonly applied: number }
  /** `done`: a later term began, and only the target was asked to begin one. */
  | { readonly kind: 'transfer-ended'; readonly target: MemberId; readonly outcome: 'done' | 'aborted' }
  /** For counters, and for the screen that tells two geneses apart. */
  | { readonly kind: 'dropped'; readonly from: MemberId; readonly reason: DropReason; readonly generation: string }

/** How far one member is, as its leader sees it. */
export interface ProgressView {
  readonly member: MemberId
  readonly state: 'probe' | 'replicate' | 'snapshot'
  readonly match: number
  readonly next: number
  readonly inflightMessages: number
  readonly isActive: boolean
  /** Last heartbeat round it answered. */
  readonly round: number
}

/** Live, read-only: each access shows the machine as it is now. For observers, checkers and drivers; costs nothing when unused. */
export interface RaftView {
  readonly member: MemberId
  readonly generation: string
  readonly epoch: number
  readonly role: Role
  readonly term: number
  readonly votedFor: MemberId | undefined
  readonly leader: MemberId | undefined
  readonly commit: number
  readonly applied: number
  /** Last index that is on this member's disk. */
  readonly durable: number
  /** First index that `entry` still knows. */
  readonly firstIndex: number
  readonly lastIndex: number
  readonly snapshot: Snapshot
  readonly membership: Membership
  readonly transferTarget: MemberId | undefined
  /** The leader has sent somebody a snapshot that is neither acknowledged nor given up. */
  readonly isBringingUp: boolean
  /** The leader's last heartbeat round; 0 when not leading. */
  readonly round: number
  /** Ticks until something is due, so that a driver may sleep that long: a heartbeat, an election, a check. */
  readonly ticksToDeadline: number
  /** The leader's view of the others and itself; empty when not leading. */
  progress(): readonly ProgressView[]
  entry(index: number): Entry | undefined
  /** Of an entry or of the compaction boundary; undefined outside. */
  termAt(index: number): number | undefined
}

export interface Raft {
  /** Deterministic: the same state, random numbers and input give the same effects. Throws InvariantError on a bug of ours only. */
  step(input: Input): readonly Effect[]
  readonly view: RaftView
}
