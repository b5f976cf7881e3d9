/** What the layers above see of the decisions register: its calls, its events, and one plain view for consoles and commands. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { MemberId } from '../raft/messages.ts'
import type { Role } from '../raft/state.ts'
import type { Decided, DecidedChange } from './register/entries.ts'

export type { Decided, DecidedChange, DecidedCommand } from './register/entries.ts'
export type { MemberId, Role }

export interface DecisionOptions {
  /** Milliseconds until `timeout`, whose `outcome` says whether it may have happened; default 10,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface SwapResult {
  readonly swapped: boolean
  /** What the key holds now: the new value where it was swapped, otherwise what stood in the way. */
  readonly value: Json | undefined
}

/**
 * Keys that begin with `tabmesh/` are the mesh's own: refused with `invalid-option` where they would be written, listed and watched only under a
 * prefix that begins so. Rejections are MeshErrors: `timeout`, `no-quorum` (each with `outcome: 'unknown' | 'not-applied'`), `invalid-option`,
 * `too-large`, `overloaded`, `aborted`, `storage-lost`, `left`.
 */
export interface Decisions {
  /** Linearizable: what the last finished `set` before this call wrote, or something later. */
  get(key: string, options?: DecisionOptions): Promise<Json | undefined>
  set(key: string, value: Json, options?: DecisionOptions): Promise<{ readonly version: number }>
  delete(key: string, options?: DecisionOptions): Promise<{ readonly version: number }>
  /** `undefined` as `expected` means "not there"; as `value` it deletes. Values are compared as JSON. */
  compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options?: DecisionOptions,
  ): Promise<SwapResult>
  /** Linearizable, by key. */
  list(prefix?: string, options?: DecisionOptions): Promise<readonly Decided[]>
  /** Each change of a key under `prefix`, in order, from now on. */
  watch(listener: (change: DecidedChange) => void, options?: { readonly prefix?: string }): () => void
  /** Decides any JSON for the whole mesh; resolves when a quorum has it. */
  propose(command: Json, options?: DecisionOptions): Promise<{ readonly index: number; readonly term: number }>
}

export interface LeaderInfo {
  readonly member: MemberId
  /** The peer that hosts it; undefined until its announcement is known. */
  readonly host: PeerId | undefined
  readonly term: number
}

/** One member as this peer knows it. */
export interface MemberView {
  readonly member: MemberId
  readonly seat: 'voter' | 'learner' | 'outgoing' | 'stranger'
  readonly host: PeerId | undefined
  readonly session: SessionId | undefined
  /** Which life of the member this is: each host that takes it over counts one up. */
  readonly epoch: number | undefined
  /** Its host is in the room, as far as this peer sees. */
  readonly isLive: boolean
  readonly isHostedHere: boolean
  /** Known for members hosted here, and for the leader. */
  readonly role: Role | undefined
  readonly term: number | undefined
  /** Last index that the leader knows to be durable there; at the leader's host only, otherwise undefined. */
  readonly match: number | undefined
  readonly replication: 'probe' | 'replicate' | 'snapshot' | undefined
}

export interface LogLine {
  readonly index: number
  readonly term: number
  readonly kind: 'noop' | 'command' | 'membership'
  /** For people: `set colour = "red"`, `voters a, b, c`. At most 120 characters. */
  readonly text: string
  /** `appended` is in memory, `durable` on this disk, `committed` at a quorum, `applied` in the register. */
  readonly state: 'appended' | 'durable' | 'committed' | 'applied'
}

/** A term in which somebody led. */
export interface ElectionRecord {
  readonly term: number
  readonly member: MemberId
  readonly host: PeerId | undefined
  /** When this peer learned of it, ms since 1970. */
  readonly atMs: number
  readonly reason: 'first' | 'timeout' | 'leader-gone' | 'handover'
}

export interface QuorumView {
  readonly voters: number
  readonly needs: number
  /** Voters that may be lost while decisions go on. */
  readonly tolerates: number
  /** Voters whose hosts are in the room, as this peer sees it. */
  readonly live: number
  /** '5 voters: needs 3, tolerates 2' */
  readonly sentence: string
}

export interface GenerationView {
  readonly id: string
  readonly bornAtMs: number
  readonly parent: string | undefined
  /** Commands decided in it, as far as this peer knows; what the mesh wrote into keys of its own is not counted. */
  readonly decided: number
}

export type TimingPreset = 'lab' | 'internet' | 'auto'

/** How fast the clocks of Raft run in this room; times that are not given are the preset's. */
export interface TimingChoice {
  readonly preset: TimingPreset
  readonly heartbeatMs?: number | undefined
  /** T, ms: election timeouts are drawn from [T, 2T). */
  readonly electionMs?: number | undefined
}

export interface TimingView {
  readonly preset: TimingPreset
  readonly heartbeatMs: number
  readonly electionMs: number
}

export type DecisionsState =
  | 'starting' // reading disks, asking who knows the room's history
  | 'joining' // the history is known, this peer has no copy yet (it can decide all the same)
  | 'ready'
  | 'electing' // no leader at the moment
  | 'no-quorum' // too few voters are here, or answer: reads and writes are refused, `continueFromHere` is possible
  | 'conflict' // two histories met and both hold decisions: a person chooses
  | 'storage-lost' // this browser keeps no data: this peer can decide, but hosts no copy

/** Another history of this room that cannot be joined without setting ours aside. */
export interface ConflictView {
  readonly other: GenerationView
  readonly peer: PeerId
  /** The other one is a later generation of ours (somebody chose "Continue from here"). */
  readonly isSuccessor: boolean
  /** Decisions here that the other one lacks, at most. */
  readonly ownDecided: number
}

export interface DecisionsView {
  readonly state: DecisionsState
  /** One sentence for people on what is happening now and why. */
  readonly sentence: string
  readonly generation: GenerationView | undefined
  readonly term: number
  readonly leader: LeaderInfo | undefined
  readonly members: readonly MemberView[]
  readonly quorum: QuorumView
  readonly log: {
    readonly firstIndex: number
    readonly lastIndex: number
    readonly commit: number
    readonly applied: number
    /** The last ones, oldest first; at most 60. Empty where this peer hosts no copy. */
    readonly lines: readonly LogLine[]
  }
  /** Oldest first; at most 100. */
  readonly elections: readonly ElectionRecord[]
  /** Keys of applications, and bytes of all, in the register; at this peer's copy. */
  readonly keys: number
  readonly bytes: number
  readonly conflict: ConflictView | undefined
  /** As the leader told, or as this peer would have it. */
  readonly timing: TimingView
  /** Times slower than the preset at which clocks of Raft run now: 1 busy, more when quiet or when the network is slow. */
  readonly pace: number
  readonly counters: Readonly<Record<string, number>>
}

/** A quorum that has just answered its leader. */
export interface VerifiedQuorum extends QuorumView {
  readonly leader: LeaderInfo
  /** Everything up to here was decided, and is in the leader's register. */
  readonly index: number
  /** Voters that answered this very question, the leader among them, and those that did not within a moment. */
  readonly answered: readonly MemberId[]
  readonly silent: readonly MemberId[]
}

/** For panels, commands and tests: what the register's keeper can be asked to do besides deciding. */
export interface DecisionsControl {
  /** Hands leadership over; to `target`, or to the best voter elsewhere. Any peer may ask: whoever leads obeys. */
  stepDown(target?: MemberId): Promise<void>
  /** Asks a quorum, now, whether it follows the leader; rejects with `no-quorum`, and a leader without one steps down. */
  verifyQuorum(): Promise<VerifiedQuorum>
  /** Other clocks for the whole room, at once. Times belong to their preset: a new preset forgets them. */
  configure(change: Partial<TimingChoice>): Promise<TimingView>
  /** A new generation from this peer's copy, when the quorum is lost for good. Recorded with its parent. */
  continueFromHere(): Promise<GenerationView>
  /** Sets our history aside (it stays on disk) and joins the one that `view.conflict` names. */
  joinOther(): Promise<void>
}
