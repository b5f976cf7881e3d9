/** Mutants of membership changes (Raft paper, §6; dissertation, chapter 4). */
import type { Row } from './row.ts'

export const changes: readonly Row[] = [
  [
    'change-before-own-commit',
    'membership.ts',
    'changes the membership before it has committed in its term (R2)',
    `if (!hasCommittedInTerm(core)) return refuse(core, 'not-ready')`,
    '',
  ],
  [
    'two-changes-at-once',
    'membership.ts',
    'begins a change while another is uncommitted (B2)',
    `if (leader.membershipIndex > core.log.commit) return refuse(core, 'change-pending')`,
    '',
  ],
  [
    'leave-joint-early',
    'membership.ts',
    'leaves a joint configuration again and again (B2)',
    'if (leader.membershipIndex > core.log.commit || !hasCommittedInTerm(core)) return',
    '',
  ],
  [
    'joint-forgets-outgoing',
    'confchange.ts',
    'a joint configuration forgets its outgoing half (C2)',
    'outgoing: current.voters, autoLeave: change.autoLeave',
    'outgoing: [], autoLeave: change.autoLeave',
  ],
  [
    'forget-next-learners',
    'confchange.ts',
    'a demoted voter is nobody after the joint configuration is left (C4)',
    'new Set([...current.learners, ...current.learnersNext])',
    'new Set([...current.learners])',
  ],
  [
    'forget-changes-on-restart',
    'step.ts',
    'a new life forgets the changes since the snapshot (M2)',
    '  commitTo(core, commit)\n  core.effects = []',
    '  core.log.commit = commit\n  core.effects = []',
  ],
]
