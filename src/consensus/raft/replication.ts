/**
 * The leader's side of replication (Raft paper, §5.3, §5.4.2), pipelined and batched (dissertation 10.2).
 *
 * Invariants
 * A1  A leader only appends to its log.
 * A2  Only an entry of its own term is committed by counting copies; what is before it is committed with it (Figure 8, R1).
 * A3  The leader counts its own copy only when durable; it sends entries while it writes them itself (10.2.1).
 * A4  A member is told of a commit only as far as its log is known to match (R23).
 * A5  What is on its way to a member, and what is not committed, is bounded by count and by bytes (R27).
 */

import { commitTo } from './commit.ts'
import { type Core, type Leader, refuse, send } from './core.ts'
import type { Entry, MemberId, MembershipChange, MessageOf } from './messages.ts'
import { beginPostponedReads, onRoundAnswered } from './reads.ts'
import { becomeFollower, becomeLeader } from './roles.ts'
import type { Proposal, RefusalReason } from './state.ts'
import type { Progress } from './tracker/progress.ts'
import { continueTransfer, tickTransfer } from './transfer.ts'

export function startLeading(core: Core): void {
  const leader = becomeLeader(core)
  core.log.append({ kind: 'noop', ...nextPosition(core, 0) })
  sendToAll(core, leader)
}

export function propose(core: Core, proposals: readonly Proposal[]): void {
  const leader = core.role
  if (leader.kind !== 'leader') return refuse(core, 'not-leader', 0, proposals.length)
  if (leader.transfer !== undefined) return refuse(core, 'transferring', 0, proposals.length)
  let acceptedFrom = 0
  for (let place = 0; place < proposals.length; place++) {
    const proposal = proposals[place] as Proposal
    const reason = obstacle(core, leader, proposal.bytes)
    if (reason === undefined) appendCommand(core, leader, proposal)
    else {
      tellAccepted(core, acceptedFrom, place)
      refuse(core, reason, place, 1)
      acceptedFrom = place + 1
    }
  }
  tellAccepted(core, acceptedFrom, proposals.length)
  sendToAll(core, leader)
}

function appendCommand(core: Core, leader: Leader, { session, sequence, payload, bytes }: Proposal): void {
  const { log } = core
  const [index, term, timeMs] = [log.lastIndex + 1, core.term, core.timeMs]
  log.append({ kind: 'command', index, term, timeMs, bytes, session, sequence, payload })
  leader.uncommittedBytes += bytes
}

/** The entries `first` to `end` of the proposals are the last ones of the log. */
function tellAccepted(core: Core, first: number, end: number): void {
  const count = end - first
  if (count === 0) return
  const firstIndex = core.log.lastIndex - count + 1
  core.effects.push({ kind: 'accepted', first, count, firstIndex, term: core.term })
}

/** Why the log has no room for one more entry of this size (R27). */
export function obstacle(core: Core, leader: Leader, bytes: number): RefusalReason | undefined {
  const { log, config } = core
  const { limits } = config
  if (bytes > limits.entryBytesMax) return 'too-large'
  if (log.lastIndex - log.commit >= limits.uncommittedEntriesMax) return 'too-many-uncommitted'
  if (leader.uncommittedBytes + bytes > limits.uncommittedBytesMax) return 'too-many-uncommitted'
  return log.length >= limits.logEntriesMax ? 'log-full' : undefined
}

/** The caller has checked the change, and that there is room; leaving a joint configuration needs none: there is only one. */
export function appendMembership(core: Core, leader: Leader, change: MembershipChange): number {
  const entry: Entry = { kind: 'membership', ...nextPosition(core, 0), change }
  core.log.append(entry)
  leader.membershipIndex = entry.index
  sendToAll(core, leader)
  return entry.index
}

function nextPosition(core: Core, bytes: number): { index: number; term: number; timeMs: number; bytes: number } {
  return { index: core.log.lastIndex + 1, term: core.term, timeMs: core.timeMs, bytes }
}

function sendToAll(core: Core, leader: Leader): void {
  for (const progress of leader.tracker.others) sendMore(core, progress)
}

/** Sends what there is to send, as far as the member may be sent more. */
function sendMore(core: Core, progress: Progress): void {
  while (progress.next <= core.log.lastIndex && !progress.isPaused(core.config.limits)) sendBatch(core, progress)
}

/** One batch from `next` on; an empty one still asks whether the logs match so far. What is compacted away needs a snapshot. */
export function sendBatch(core: Core, progress: Progress): void {
  if (progress.next < core.log.firstIndex) return sendSnapshot(core, progress)
  const { messageEntriesMax, messageBytesMax } = core.config.limits
  sendAppend(core, progress, core.log.batchEnd(progress.next, messageEntriesMax, messageBytesMax))
}

function sendAppend(core: Core, progress: Progress, end: number): void {
  const { log, sender, term } = core
  const prevIndex = progress.next - 1
  const prevTerm = log.termAt(prevIndex)
  if (prevTerm === undefined) return sendSnapshot(core, progress)
  const entries = log.slice(progress.next, end)
  let bytes = 0
  for (let place = 0; place < entries.length; place++) bytes += (entries[place] as Entry).bytes
  send(core, progress.member, { kind: 'append', sender, term, prevIndex, prevTerm, commit: log.commit, entries })
  progress.toldCommit = Math.max(progress.toldCommit, Math.min(log.commit, end))
  progress.sentAppend(end, bytes)
}

function sendSnapshot(core: Core, progress: Progress): void {
  if (!progress.isActive) return progress.awaitSign()
  const { snapshot, sender, term } = core
  send(core, progress.member, { kind: 'snapshot', sender, term, snapshot })
  progress.sentSnapshot(snapshot.index)
}

export function onAppendOk(core: Core, leader: Leader, from: MemberId, { match }: MessageOf<'append-ok'>): void {
  const progress = leader.tracker.get(from)
  if (progress === undefined) return
  progress.isActive = true
  const isNews = progress.acknowledged(Math.min(match, core.log.lastIndex), core.log.firstIndex)
  if (isNews) commitByQuorum(core, leader)
  if (core.role !== leader) return
  tellCommit(core, progress)
  continueTransfer(core, leader, progress)
}

export function onAppendRefused(
  core: Core,
  leader: Leader,
  from: MemberId,
  refusal: MessageOf<'append-refused'>,
): void {
  const progress = leader.tracker.get(from)
  if (progress === undefined) return
  progress.isActive = true
  const agreeable = core.log.lastAgreeable(refusal.hintIndex, refusal.hintTerm)
  if (progress.refused(refusal.prevIndex, agreeable)) sendBatch(core, progress)
}

export function broadcastHeartbeat(core: Core, leader: Leader): void {
  leader.heartbeatElapsed = 0
  leader.round++
  const self = leader.tracker.get(core.config.member)
  if (self !== undefined) self.round = leader.round
  for (const progress of leader.tracker.others) {
    const commit = Math.min(core.log.commit, progress.match)
    const { sender, term } = core
    send(core, progress.member, { kind: 'heartbeat', sender, term, commit, round: leader.round })
    progress.toldCommit = Math.max(progress.toldCommit, commit)
  }
}

export function onHeartbeatOk(core: Core, leader: Leader, from: MemberId, { round }: MessageOf<'heartbeat-ok'>): void {
  const progress = leader.tracker.get(from)
  if (progress === undefined) return
  progress.isActive = true
  progress.isWaiting = false
  if (progress.match < core.log.lastIndex) askAgain(core, progress)
  // An answer to a round that was never asked would answer the next one before it is asked.
  if (round <= progress.round || round > leader.round) return
  progress.round = round
  onRoundAnswered(core, leader)
}

/** Finds out whether something on its way was lost: an empty append is refused if so, even when no more may be sent. */
function askAgain(core: Core, progress: Progress): void {
  if (progress.state === 'probe') sendBatch(core, progress)
  if (progress.state === 'replicate') sendAppend(core, progress, progress.next - 1)
}

/** Our own copy is durable as far as the log says (A3). */
export function onOwnEntriesDurable(core: Core, leader: Leader): void {
  const self = leader.tracker.get(core.config.member)
  if (self === undefined || !self.acknowledged(core.log.durable)) return
  commitByQuorum(core, leader)
}

export function commitByQuorum(core: Core, leader: Leader): void {
  const before = core.log.commit
  // Again, because a committed membership may need fewer copies.
  while (core.role === leader && mayCommit(core, leader.tracker.quorumMatch()))
    commitTo(core, leader.tracker.quorumMatch())
  if (core.role !== leader || core.log.commit === before) return
  for (const progress of leader.tracker.others) tellCommit(core, progress)
  beginPostponedReads(core, leader)
}

function mayCommit(core: Core, index: number): boolean {
  return index > core.log.commit && core.log.termAt(index) === core.term
}

/** Appends carry the commit index; who has nothing more to receive is told by itself. */
export function tellCommit(core: Core, progress: Progress): void {
  sendMore(core, progress)
  const commit = Math.min(core.log.commit, progress.match)
  if (progress.state !== 'replicate' || progress.toldCommit >= commit) return
  send(core, progress.member, { kind: 'commit', sender: core.sender, term: core.term, commit })
  progress.toldCommit = commit
}

export function onUnreachable(leader: Leader, member: MemberId): void {
  const progress = leader.tracker.get(member)
  if (progress !== undefined && progress.state !== 'probe') progress.probe()
}

/** Clocks of the leader: is there still a quorum, is a handover or a snapshot overdue, is a heartbeat due. */
export function tickLeader(core: Core, leader: Leader, ticks: number): void {
  const { config } = core
  core.timeMs += ticks * config.tickMs
  core.electionElapsed += ticks
  if (core.electionElapsed >= config.electionTicks) {
    core.electionElapsed = 0
    // Nobody can reach a quorum through us: clients had better look elsewhere (dissertation 6.2).
    if (config.checkQuorum && !leader.tracker.takeQuorumActive()) return becomeFollower(core, core.term, undefined)
  }
  tickTransfer(core, leader, ticks)
  for (const progress of leader.tracker.others) tickSnapshot(core, progress, ticks)
  leader.heartbeatElapsed += ticks
  if (leader.heartbeatElapsed >= config.heartbeatTicks) broadcastHeartbeat(core, leader)
}

/** A snapshot that was not acknowledged in time is given up, and the member probed again. */
function tickSnapshot(core: Core, progress: Progress, ticks: number): void {
  if (progress.state !== 'snapshot') return
  progress.snapshotTicks += ticks
  if (progress.snapshotTicks >= core.config.snapshotRetryTicks) progress.probe()
}
