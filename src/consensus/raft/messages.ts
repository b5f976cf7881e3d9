/**
 * What Raft members say to each other, and what they store: one schema for both, so that wire and disk cannot drift.
 * Messages carry no `from`: the driver knows from the authenticated link which host speaks, and for which member it may.
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { isCoherent } from './coherent.ts'
import { ID_LENGTH_MAX, MEMBERS_MAX, WIRE_ENTRIES_MAX } from './limits.ts'

declare const brand: unique symbol
/** A Raft member: an identity with a log of its own, hosted by one peer at a time; never a PeerId. */
export type MemberId = string & { readonly [brand]: 'MemberId' }

const isId = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= ID_LENGTH_MAX
const memberId = v.custom<MemberId>(isId, 'not a member id')
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(ID_LENGTH_MAX))
const counter = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const members = v.pipe(v.array(memberId), v.maxLength(MEMBERS_MAX))

/** Who votes and who only listens. Joint while `outgoing` is not empty: then both halves must agree (Raft paper, §6). */
const membership = v.strictObject({
  voters: members,
  outgoing: members,
  learners: members,
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  learnersNext: members,
  /** The leader leaves the joint configuration by itself as soon as it is committed. */
  autoLeave: v.boolean(),
})
export type Membership = v.InferOutput<typeof membership>

const memberChange = v.strictObject({ set: v.picklist(['voter', 'learner', 'removed']), member: memberId })
export type MemberChange = v.InferOutput<typeof memberChange>

const changes = v.pipe(v.array(memberChange), v.maxLength(MEMBERS_MAX))
const membershipChange = v.variant('kind', [
  /** At most one voter changes (dissertation 4.1). */
  v.strictObject({ kind: v.literal('simple'), changes }),
  v.strictObject({ kind: v.literal('enter-joint'), changes, autoLeave: v.boolean() }),
  v.strictObject({ kind: v.literal('leave-joint') }),
])
export type MembershipChange = v.InferOutput<typeof membershipChange>

const position = {
  index: counter,
  term: counter,
  /** The leader's logical time, ms since genesis, never less than that of the entry before. Sessions expire by it. */
  timeMs: counter,
  /** Size of the payload as the proposer measured it. */
  bytes: counter,
}
const entry = v.variant('kind', [
  /** What a new leader appends first (Raft paper, §8). */
  v.strictObject({ kind: v.literal('noop'), ...position }),
  v.strictObject({
    kind: v.literal('command'),
    ...position,
    session: v.pipe(v.string(), v.maxLength(ID_LENGTH_MAX)),
    sequence: counter,
    payload: v.unknown(),
  }),
  v.strictObject({ kind: v.literal('membership'), ...position, change: membershipChange }),
])
export type Entry = v.InferOutput<typeof entry>

const snapshot = v.strictObject({
  index: counter,
  term: counter,
  timeMs: counter,
  membership,
  /** The state machine's own (sessions included); opaque here. */
  data: v.unknown(),
})
export type Snapshot = v.InferOutput<typeof snapshot>

/** Which history of the room, and which life of the sending member (DESIGN, section 6). */
const sender = v.strictObject({ generation: id, epoch: v.pipe(counter, v.minValue(1)) })
export type Sender = v.InferOutput<typeof sender>

const header = { sender, term: counter }
const raftMessage = v.variant('kind', [
  v.strictObject({
    kind: v.literal('vote-request'),
    ...header,
    lastIndex: counter,
    lastTerm: counter,
    /** Asks whether an election could be won; nobody's term changes (dissertation 9.6). */
    pre: v.boolean(),
    /** The leader itself asked for this election (TimeoutNow), so its lease does not stand against it. */
    transfer: v.boolean(),
  }),
  v.strictObject({ kind: v.literal('vote-reply'), ...header, pre: v.boolean(), granted: v.boolean() }),
  v.strictObject({
    kind: v.literal('append'),
    ...header,
    prevIndex: counter,
    prevTerm: counter,
    commit: counter,
    entries: v.pipe(v.array(entry), v.maxLength(WIRE_ENTRIES_MAX)),
  }),
  /** Everything up to `match` equals the leader's log and is durable here. Also the answer to a snapshot. */
  v.strictObject({ kind: v.literal('append-ok'), ...header, match: counter }),
  /** No entry (prevIndex, prevTerm) here; `hint` is the last place where the logs may still agree. */
  v.strictObject({
    kind: v.literal('append-refused'),
    ...header,
    prevIndex: counter,
    hintIndex: counter,
    hintTerm: counter,
  }),
  /** `round` grows with each broadcast of a term; an answer names the round it answers, so none serves two reads. */
  v.strictObject({ kind: v.literal('heartbeat'), ...header, commit: counter, round: counter }),
  v.strictObject({ kind: v.literal('heartbeat-ok'), ...header, round: counter }),
  /** The commit index moved and there is no append to carry it. Unanswered: the next heartbeat makes up for a loss. */
  v.strictObject({ kind: v.literal('commit'), ...header, commit: counter }),
  v.strictObject({ kind: v.literal('snapshot'), ...header, snapshot }),
  /** Campaign at once: the sender hands its leadership over (dissertation 3.10). */
  v.strictObject({ kind: v.literal('timeout-now'), ...header }),
  /** A leader of an older term spoke; this frees it, or the sender, from waiting for each other (R5). */
  v.strictObject({ kind: v.literal('stale-term'), ...header }),
])
export type RaftMessage = v.InferOutput<typeof raftMessage>
export type MessageOf<Kind extends RaftMessage['kind']> = Extract<RaftMessage, { readonly kind: Kind }>

/** A message with its address, as it crosses a link: one host may serve several members. */
const envelope = v.pipe(
  v.strictObject({ from: memberId, to: memberId, message: raftMessage }),
  v.check(({ message }) => isCoherent(message), 'the parts of the message contradict each other'),
)
export type Envelope = v.InferOutput<typeof envelope>

const hardState = v.strictObject({ term: counter, votedFor: v.optional(memberId), commit: counter })
/** What must survive a crash besides the log (Raft paper, Figure 2), and the commit index (see docs/raft.md, departures). */
export interface HardState {
  readonly term: number
  readonly votedFor: MemberId | undefined
  readonly commit: number
}

/** Checks a decoded value from a peer, who may be broken or hostile. Never throws. */
export function parseEnvelope(value: unknown): Envelope | MeshError<'malformed'> {
  return checked(v.safeParse(envelope, value))
}

/** Checks what a disk gave back. */
export function parseStoredEntry(value: unknown): Entry | MeshError<'malformed'> {
  return checked(v.safeParse(entry, value))
}

export function parseStoredSnapshot(value: unknown): Snapshot | MeshError<'malformed'> {
  return checked(v.safeParse(snapshot, value))
}

export function parseStoredHardState(value: unknown): HardState | MeshError<'malformed'> {
  const parsed = checked(v.safeParse(hardState, value))
  return parsed instanceof MeshError ? parsed : { ...parsed, votedFor: parsed.votedFor }
}

type Parsed<T> = { success: true; output: T } | { success: false; issues: Parameters<typeof v.summarize>[0] }

function checked<T>(parsed: Parsed<T>): T | MeshError<'malformed'> {
  return parsed.success ? parsed.output : new MeshError('malformed', v.summarize(parsed.issues))
}
