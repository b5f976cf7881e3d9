/** Every bound of the Raft core, with its unit. What a preset may tune is in `RaftLimits`; the rest is fixed. */

/** Bounds that a preset or a test may change. */
export interface RaftLimits {
  /** Entries in one append. */
  readonly messageEntriesMax: number
  /** Payload bytes in one append, unless a single entry is larger. A data-channel frame is 64 KiB; this leaves room for the header. */
  readonly messageBytesMax: number
  /** Payload bytes of one entry. */
  readonly entryBytesMax: number
  /** Appends on their way to one member (dissertation 10.2.1, pipelining). */
  readonly inflightMessagesMax: number
  /** Payload bytes on their way to one member. */
  readonly inflightBytesMax: number
  /** Entries of a leader that are not committed yet; beyond it proposals are refused (R27). */
  readonly uncommittedEntriesMax: number
  /** Payload bytes of those entries. */
  readonly uncommittedBytesMax: number
  /** Entries kept in memory, snapshotted or not; beyond it proposals wait for a snapshot. */
  readonly logEntriesMax: number
  /** Entries applied since the last snapshot after which a new one is asked for. */
  readonly snapshotAfterEntries: number
  /** Entries kept below a snapshot, so that a member slightly behind needs no snapshot. */
  readonly trailingEntries: number
  /** Committed entries handed to the state machine and not reported as applied yet. */
  readonly applyAheadEntries: number
  /** Reads that wait for their round or for their index to be applied. */
  readonly readsPendingMax: number
  /** How far behind the log's end a learner may be when it is made a voter, in entries (dissertation 4.2.1). */
  readonly promotionLagEntries: number
}

export const DEFAULT_LIMITS: RaftLimits = {
  messageEntriesMax: 1_024,
  messageBytesMax: 48 * 1024,
  entryBytesMax: 1024 * 1024,
  inflightMessagesMax: 64,
  inflightBytesMax: 1024 * 1024,
  uncommittedEntriesMax: 10_000,
  uncommittedBytesMax: 8 * 1024 * 1024,
  logEntriesMax: 20_000,
  snapshotAfterEntries: 1_000,
  trailingEntries: 1_000,
  applyAheadEntries: 4_096,
  readsPendingMax: 10_000,
  promotionLagEntries: 1_000,
}

/** Members in one configuration, voters and learners together. */
export const MEMBERS_MAX = 64
/** Hosts of members outside the configuration whose epoch is remembered. */
export const STRANGERS_MAX = 64
/** Replies that wait for the disk; the oldest is lost beyond it, as a network may lose it. */
export const HELD_MESSAGES_MAX = 1_024
/** UTF-16 units in a member's or a session's id, and in a generation's. */
export const ID_LENGTH_MAX = 128
/** Entries that a parser accepts in one append, whatever the sender's own limit. */
export const WIRE_ENTRIES_MAX = 16_384
/** Client sessions remembered; registering one more ends the one that was unused longest. */
export const SESSIONS_MAX = 1_024
/** Logical time without a command after which a session ends, ms. */
export const SESSION_IDLE_MS = 60 * 60 * 1000
/** Proposals and reads that wait at a driver for the disk or for their answer. */
export const DRIVER_WAITING_MAX = 20_000
/** The slowest that clocks run when the network or the machine is slow (preset `auto`), times the preset. */
export const STRETCH_MAX = 10
/** The slowest at all, resting included; what a leader tells beyond it is cut. */
export const PACE_MAX = 64
/** A leader rests after so long without work, ms, and then beats about this often, ms. */
export const REST_AFTER_MS = 1_000
export const REST_HEARTBEAT_MS = 1_000
/** Delays of ticks that are remembered, and for how long, ms. */
export const LATENESS_KEPT = 64
export const LATENESS_KEPT_MS = 10_000
/** While work waits and nobody leads, a pre-vote is asked for again no sooner than after so long, ms. */
export const SEEK_VOTES_MS = 100
/** A leader that was heard so lately is not doubted because it answers nothing, ms. */
export const DOUBT_SILENCE_MS = 300
/** A quiet leader holds back what a quorum can do without for so long at most, ms. */
export const THRIFT_HOLD_MS = 8
/** A leader is quiet where nothing was proposed for so long, ms. */
export const THRIFT_QUIET_MS = 20
