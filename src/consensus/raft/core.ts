/** What a member remembers while it runs, and the two ways to speak: at once, or when what is said is durable. */
import { membersOf } from './confchange.ts'
import { Fence } from './fence.ts'
import { Log } from './log.ts'
import type { MemberId, Membership, RaftMessage, Sender, Snapshot } from './messages.ts'
import type { DropReason, Effect, RaftConfig, RefusalReason, RestoredState, Role } from './state.ts'
import type { Tracker } from './tracker/tracker.ts'

export interface PendingRead {
  readonly id: number
  /** Commit index when it was asked. */
  readonly index: number
  /** Heartbeat round that must be answered by a quorum; it began after the read was asked. */
  readonly round: number
}

export interface Leader {
  readonly kind: 'leader'
  readonly tracker: Tracker
  heartbeatElapsed: number
  round: number
  /** Asked before this leader had committed in its term (R7). */
  postponedReads: number[]
  /** In order of their rounds. */
  waitingReads: PendingRead[]
  uncommittedBytes: number
  /** Index of the last membership entry appended here; one that is above `commit` blocks the next. */
  membershipIndex: number
  transfer: { readonly target: MemberId; elapsed: number } | undefined
}

export interface Candidate {
  readonly kind: 'pre-candidate' | 'candidate'
  readonly votes: Map<MemberId, boolean>
  /** The write that makes our own vote durable, and with it countable. */
  ownVoteToken: number
}

export type RoleState = { readonly kind: 'follower' } | { readonly kind: 'halted' } | Candidate | Leader

export interface Core {
  config: RaftConfig
  readonly sender: Sender
  readonly fence: Fence
  readonly log: Log
  role: RoleState
  term: number
  votedFor: MemberId | undefined
  leader: MemberId | undefined
  /** In force: the last committed one (docs/raft.md, departures). */
  membership: Membership
  /** Where each membership since the snapshot came into force, oldest first, so that a snapshot can tell its own. */
  memberships: { readonly index: number; readonly membership: Membership }[]
  snapshot: Snapshot
  /** Ticks since a leader was heard, since a vote was granted, or since the leader last checked its quorum. */
  electionElapsed: number
  electionTimeout: number
  /** Leader's logical time, ms. */
  timeMs: number
  /** Last index handed to the state machine, and the last it reported. */
  handed: number
  applied: number
  /** A snapshot that came from a leader and must become durable before the state machine gets it. */
  restoring: Snapshot | undefined
  snapshotAskedAt: number
  /** Reads that a quorum confirmed and that wait for `applied`. In order of their indices. */
  confirmedReads: PendingRead[]
  // What the disk owes us; see durability.ts.
  hardIsDirty: boolean
  snapshotIsDirty: boolean
  token: number
  write: { readonly token: number; lastIndex: number } | undefined
  held: { readonly token: number; readonly to: MemberId; readonly message: RaftMessage }[]
  /** Promises made in this step. */
  promises: { readonly to: MemberId; readonly message: RaftMessage }[]
  effects: Effect[]
  /** What observers were told last. */
  told: { role: Role; term: number; leader: MemberId | undefined }
}

export function createCore(config: RaftConfig, restored: RestoredState): Core {
  const { hard, snapshot } = restored
  const core: Core = {
    config,
    sender: { generation: config.generation, epoch: config.epoch },
    fence: new Fence(config.generation, member => membersOf(core.membership).has(member)),
    log: new Log(restored),
    role: { kind: 'follower' },
    term: hard.term,
    votedFor: hard.votedFor,
    leader: undefined,
    membership: snapshot.membership,
    memberships: [{ index: snapshot.index, membership: snapshot.membership }],
    snapshot,
    electionElapsed: 0,
    electionTimeout: 0,
    timeMs: 0,
    handed: restored.applied,
    applied: restored.applied,
    restoring: undefined,
    snapshotAskedAt: snapshot.index,
    confirmedReads: [],
    hardIsDirty: false,
    snapshotIsDirty: false,
    token: 0,
    write: undefined,
    held: [],
    promises: [],
    effects: [],
    told: { role: 'follower', term: hard.term, leader: undefined },
  }
  return core
}

/** Sends something that stays true whatever happens to our disk. */
export function send(core: Core, to: MemberId, message: RaftMessage): void {
  core.effects.push({ kind: 'send', to, message })
}

/** Sends a promise (a vote, an acknowledgement, a candidacy): it leaves when everything up to now is durable. */
export function promise(core: Core, to: MemberId, message: RaftMessage): void {
  core.promises.push({ to, message })
}

export function refuse(core: Core, reason: RefusalReason, first = 0, count = 1, detail = ''): void {
  const leader = core.role.kind === 'leader' ? undefined : core.leader
  if (count > 0) core.effects.push({ kind: 'refused', first, count, reason, leader, detail })
}

export function drop(core: Core, from: MemberId, reason: DropReason, generation: string): void {
  core.effects.push({ kind: 'dropped', from, reason, generation })
}
