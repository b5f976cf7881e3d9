/**
 * Linearizable reads without log entries (dissertation 6.4; read-index). No clock is trusted: a frozen tab's stops too.
 *
 * Invariants
 * I1  A read takes the commit index of the moment it is asked, and only from a leader that has committed in its own term (R7).
 * I2  It is confirmed by a quorum's answers to a heartbeat round that began after it was asked (R9); each round has its own id.
 * I3  It is answered when this member's state machine has applied that index.
 */
import type { Core, Leader, PendingRead } from './core.ts'
import { broadcastHeartbeat } from './replication.ts'
import type { RefusalReason } from './state.ts'

export function read(core: Core, id: number): void {
  const leader = core.role
  if (leader.kind !== 'leader') return refuseRead(core, id, leader.kind === 'halted' ? 'halted' : 'not-leader')
  const pending = leader.postponedReads.length + leader.waitingReads.length + core.confirmedReads.length
  if (pending >= core.config.limits.readsPendingMax) return refuseRead(core, id, 'too-many-reads')
  if (hasCommittedInTerm(core)) beginRead(core, leader, id)
  else leader.postponedReads.push(id)
}

export function hasCommittedInTerm(core: Core): boolean {
  return core.log.termAt(core.log.commit) === core.term
}

export function beginPostponedReads(core: Core, leader: Leader): void {
  if (leader.postponedReads.length === 0 || !hasCommittedInTerm(core)) return
  const ids = leader.postponedReads
  leader.postponedReads = []
  for (const id of ids) beginRead(core, leader, id)
}

function beginRead(core: Core, leader: Leader, id: number): void {
  const isRoundUnderWay = leader.waitingReads.length > 0
  leader.waitingReads.push({ id, index: core.log.commit, round: leader.round + 1 })
  // Reads that come while a round is under way share the next one.
  if (!isRoundUnderWay) startRound(core, leader)
}

function startRound(core: Core, leader: Leader): void {
  broadcastHeartbeat(core, leader)
  onRoundAnswered(core, leader)
}

/** A quorum may now have answered a round (or a lone voter its own). */
export function onRoundAnswered(core: Core, leader: Leader): void {
  if (leader.waitingReads.length === 0) return
  const answered = leader.tracker.quorumRound()
  const waiting = leader.waitingReads
  const confirmed = waiting.filter(pending => pending.round <= answered)
  if (confirmed.length === 0) return
  core.confirmedReads.push(...confirmed)
  leader.waitingReads = waiting.slice(confirmed.length)
  answerReads(core)
  const next = leader.waitingReads[0]
  if (next !== undefined && next.round > leader.round) startRound(core, leader)
}

/** Confirmed reads whose index is applied (I3). */
export function answerReads(core: Core): void {
  if (core.confirmedReads.length === 0) return
  const isDue = (pending: PendingRead) => pending.index <= core.applied
  const due = core.confirmedReads.filter(isDue)
  if (due.length === 0) return
  core.confirmedReads = core.confirmedReads.filter(pending => !isDue(pending))
  for (const { id, index } of due) core.effects.push({ kind: 'read-ready', id, index })
}

function refuseRead(core: Core, id: number, reason: RefusalReason): void {
  core.effects.push({ kind: 'read-refused', id, reason, leader: core.leader })
}
