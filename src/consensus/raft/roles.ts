/**
 * Changes of role. Each of them sets everything that belongs to the role anew, so that nothing of the former role is left.
 *
 * Invariants
 * O1  The term never falls, and the vote is forgotten only with the term (Raft paper, §5.2).
 * O2  Who stops leading answers every read it still owes.
 */
import { invariant } from '../../base/invariant.ts'
import type { Core, Leader } from './core.ts'
import type { MemberId } from './messages.ts'
import { Tracker } from './tracker/tracker.ts'
import { endTransfer } from './transfer.ts'

export function becomeFollower(core: Core, term: number, leader: MemberId | undefined): void {
  if (core.role.kind === 'leader') stopLeading(core, core.role, term > core.term ? 'done' : 'aborted')
  enterTerm(core, term)
  core.role = { kind: 'follower' }
  core.leader = leader
  restartElectionTimer(core)
}

export function becomePreCandidate(core: Core): void {
  core.role = { kind: 'pre-candidate', votes: new Map(), ownVoteToken: 0 }
  core.leader = undefined
  restartElectionTimer(core)
}

export function becomeCandidate(core: Core, ownVoteToken: number): void {
  core.role = { kind: 'candidate', votes: new Map(), ownVoteToken }
  core.leader = undefined
  restartElectionTimer(core)
}

export function becomeLeader(core: Core): Leader {
  invariant(core.role.kind === 'candidate', `a ${core.role.kind} was about to lead`)
  const { log, config } = core
  const tracker = new Tracker(config.member, core.membership, log.lastIndex + 1)
  const uncommitted = log.slice(log.commit + 1, log.lastIndex)
  const leader: Leader = {
    kind: 'leader',
    tracker,
    heartbeatElapsed: 0,
    round: 0,
    postponedReads: [],
    waitingReads: [],
    uncommittedBytes: uncommitted.reduce((bytes, entry) => bytes + entry.bytes, 0),
    // An inherited change may be anywhere in the uncommitted part, so all of it must be committed before the next one.
    membershipIndex: log.lastIndex,
    transfer: undefined,
  }
  core.role = leader
  core.leader = config.member
  core.timeMs = log.lastTimeMs
  restartElectionTimer(core)
  return leader
}

/** Silence is counted from here, up to a timeout redrawn from [T, 2T) (Raft paper, §5.2). */
export function restartElectionTimer(core: Core): void {
  const { electionTicks, random } = core.config
  core.electionElapsed = 0
  core.electionTimeout = electionTicks + Math.floor(random.next() * electionTicks)
}

export function enterTerm(core: Core, term: number): void {
  invariant(term >= core.term, () => `term ${core.term} was about to fall to ${term}`)
  if (term === core.term) return
  core.term = term
  core.votedFor = undefined
  core.hardIsDirty = true
}

export function voteFor(core: Core, member: MemberId): void {
  if (core.votedFor === member) return
  core.votedFor = member
  core.hardIsDirty = true
}

/** For good: what was promised and not said stays unsaid, and what is applied from now on is not ours to read. */
export function halt(core: Core): void {
  if (core.role.kind === 'leader') stopLeading(core, core.role, 'aborted')
  for (const { id } of core.confirmedReads.splice(0))
    core.effects.push({ kind: 'read-refused', id, reason: 'halted', leader: undefined })
  core.role = { kind: 'halted' }
  core.leader = undefined
  core.promises.length = 0
  core.held.length = 0
}

/** A handover is done when a later term begins: only its target was asked to begin one. */
function stopLeading(core: Core, leader: Leader, handover: 'done' | 'aborted'): void {
  const owed = [...leader.postponedReads, ...leader.waitingReads.map(read => read.id)]
  for (const id of owed) core.effects.push({ kind: 'read-refused', id, reason: 'leadership-lost', leader: undefined })
  endTransfer(core, leader, handover)
}
