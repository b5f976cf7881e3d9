/**
 * Proposing membership changes, at the leader.
 *
 * Invariants
 * B1  None before the leader has committed an entry of its own term (the single-server bug of 2015; scenario R2).
 * B2  None while another is uncommitted.
 * B3  Who becomes a voter is a learner that has nearly the whole log (dissertation 4.2.1); so no voter's disk was ever
 *     empty, and one that is empty was wiped.
 */
import { changeMembership, isVoter } from './confchange.ts'
import { type Core, type Leader, refuse } from './core.ts'
import type { MembershipChange } from './messages.ts'
import { hasCommittedInTerm } from './reads.ts'
import { appendMembership, obstacle } from './replication.ts'

export function reconfigure(core: Core, change: MembershipChange): void {
  const leader = core.role
  if (leader.kind !== 'leader') return refuse(core, 'not-leader')
  if (leader.transfer !== undefined) return refuse(core, 'transferring')
  if (!hasCommittedInTerm(core)) return refuse(core, 'not-ready')
  if (leader.membershipIndex > core.log.commit) return refuse(core, 'change-pending')
  const reason = obstacle(core, leader, 0)
  if (reason !== undefined) return refuse(core, reason)
  const next = changeMembership(core.membership, change)
  if (typeof next === 'string') return refuse(core, 'change-invalid', 0, 1, next)
  const laggard = next.voters.find(voter => !isVoter(core.membership, voter) && !isCaughtUp(core, leader, voter))
  if (laggard !== undefined) return refuse(core, 'not-caught-up', 0, 1, laggard)
  const firstIndex = appendMembership(core, leader, change)
  core.effects.push({ kind: 'accepted', first: 0, count: 1, firstIndex, term: core.term })
}

function isCaughtUp(core: Core, leader: Leader, member: (typeof core.membership.voters)[number]): boolean {
  const progress = leader.tracker.get(member)
  if (progress === undefined || progress.match === 0) return false
  return progress.match + core.config.limits.promotionLagEntries >= core.log.lastIndex
}

/** A joint configuration that is meant to be left is left as soon as it is committed, by whoever leads then. */
export function leaveJointIfDue(core: Core): void {
  const leader = core.role
  if (!core.membership.autoLeave || leader.kind !== 'leader') return
  if (leader.membershipIndex > core.log.commit || !hasCommittedInTerm(core)) return
  appendMembership(core, leader, { kind: 'leave-joint' })
}
