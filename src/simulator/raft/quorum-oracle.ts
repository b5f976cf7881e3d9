/**
 * What a quorum and a membership change are, written a second time and from the definitions, so that the checker does not
 * believe the code it checks (Raft paper, §6; dissertation 4.1).
 */
import type { MemberId, Membership, MembershipChange } from '../../consensus/raft/messages.ts'

/** More than half of the voters, and while the membership is joint also more than half of the outgoing ones. */
export function isQuorum({ voters, outgoing }: Membership, agrees: (member: MemberId) => boolean): boolean {
  return isMajority(voters, agrees) && (outgoing.length === 0 || isMajority(outgoing, agrees))
}

function isMajority(members: readonly MemberId[], agrees: (member: MemberId) => boolean): boolean {
  let agreeing = 0
  for (const member of members) if (agrees(member)) agreeing++
  return 2 * agreeing > members.length
}

export function everybodyIn({ voters, outgoing, learners, learnersNext }: Membership): Set<MemberId> {
  return new Set([...voters, ...outgoing, ...learners, ...learnersNext])
}

/** The membership after a change that was legal. */
export function membershipAfter(before: Membership, change: MembershipChange): Membership {
  if (change.kind === 'leave-joint') {
    return {
      ...before,
      outgoing: [],
      learnersNext: [],
      autoLeave: false,
      learners: sorted([...before.learners, ...before.learnersNext]),
    }
  }
  const joint = change.kind === 'enter-joint'
  const outgoing = joint ? before.voters : before.outgoing
  let { voters, learners, learnersNext } = before
  for (const { set, member } of change.changes) {
    const others = (members: readonly MemberId[]): MemberId[] => members.filter(other => other !== member)
    voters = others(voters)
    learners = others(learners)
    learnersNext = others(learnersNext)
    if (set === 'voter') voters = sorted([...voters, member])
    if (set !== 'learner') continue
    if (outgoing.includes(member)) learnersNext = sorted([...learnersNext, member])
    else learners = sorted([...learners, member])
  }
  return { voters, outgoing, learners, learnersNext, autoLeave: joint ? change.autoLeave : before.autoLeave }
}

/** Whether any quorum before and any quorum after it have a member in common, as far as the rules of changes promise it. */
export function isSafeStep(before: Membership, after: Membership): boolean {
  const entersJoint = before.outgoing.length === 0 && after.outgoing.join() === before.voters.join()
  const leavesJoint = before.outgoing.length > 0 && after.outgoing.length === 0 && same(before.voters, after.voters)
  const moved = [
    ...before.voters.filter(voter => !after.voters.includes(voter)),
    ...after.voters.filter(voter => !before.voters.includes(voter)),
  ]
  const isSimple = before.outgoing.length === 0 && after.outgoing.length === 0 && moved.length <= 1
  return after.voters.length > 0 && (entersJoint || leavesJoint || isSimple)
}

function same(one: readonly MemberId[], other: readonly MemberId[]): boolean {
  return one.join() === other.join()
}

function sorted(members: readonly MemberId[]): MemberId[] {
  return [...new Set(members)].sort()
}
