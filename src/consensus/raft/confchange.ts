/**
 * Membership changes as a pure function of the membership (Raft paper, §6; dissertation, chapter 4).
 *
 * Invariants
 * C1  A simple change changes at most one voter, so that majorities before and after it overlap.
 * C2  Any other change goes through a joint configuration: entered once, left once.
 * C3  There is always a voter.
 * C4  No member is voter and learner at once; who still votes in the outgoing half becomes a learner only when it is left.
 */
import { MEMBERS_MAX } from './limits.ts'
import type { MemberChange, MemberId, Membership, MembershipChange } from './messages.ts'

export type MembershipError =
  | 'already joint'
  | 'not joint'
  | 'simple change while joint'
  | 'no voters to be joint with'
  | 'no voter would be left'
  | 'more than one voter changed'
  | 'too many members'

export const isJoint = (membership: Membership): boolean => membership.outgoing.length > 0

export const isVoter = (membership: Membership, member: MemberId): boolean =>
  membership.voters.includes(member) || membership.outgoing.includes(member)

/** Everybody the leader replicates to. */
export function membersOf(membership: Membership): Set<MemberId> {
  return new Set([...membership.voters, ...membership.outgoing, ...membership.learners, ...membership.learnersNext])
}

export function changeMembership(current: Membership, change: MembershipChange): Membership | MembershipError {
  if (change.kind === 'leave-joint') return isJoint(current) ? leaveJoint(current) : 'not joint'
  if (change.kind === 'enter-joint') {
    if (isJoint(current)) return 'already joint'
    if (current.voters.length === 0) return 'no voters to be joint with'
    return changed({ ...current, outgoing: current.voters, autoLeave: change.autoLeave }, change.changes)
  }
  if (isJoint(current)) return 'simple change while joint'
  const next = changed(current, change.changes)
  if (typeof next === 'string') return next
  return differences(current.voters, next.voters) > 1 ? 'more than one voter changed' : next
}

function leaveJoint(current: Membership): Membership {
  const learners = [...new Set([...current.learners, ...current.learnersNext])].sort()
  return { voters: current.voters, outgoing: [], learners, learnersNext: [], autoLeave: false }
}

function changed(current: Membership, changes: readonly MemberChange[]): Membership | MembershipError {
  const voters = new Set(current.voters)
  const learners = new Set(current.learners)
  const learnersNext = new Set(current.learnersNext)
  for (const { set, member } of changes) {
    voters.delete(member)
    learners.delete(member)
    learnersNext.delete(member)
    if (set === 'voter') voters.add(member)
    if (set === 'learner') (current.outgoing.includes(member) ? learnersNext : learners).add(member)
  }
  if (voters.size === 0) return 'no voter would be left'
  const next: Membership = {
    voters: [...voters].sort(),
    outgoing: current.outgoing,
    learners: [...learners].sort(),
    learnersNext: [...learnersNext].sort(),
    autoLeave: current.autoLeave,
  }
  return membersOf(next).size > MEMBERS_MAX ? 'too many members' : next
}

function differences(before: readonly MemberId[], after: readonly MemberId[]): number {
  return before.filter(id => !after.includes(id)).length + after.filter(id => !before.includes(id)).length
}
