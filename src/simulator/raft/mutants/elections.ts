/** Mutants of elections: votes, terms, and who may lead (Raft paper, §5.2, §5.4.1). */
import type { Row } from './row.ts'

export const elections: readonly Row[] = [
  [
    'vote-before-durable',
    'election.ts',
    'a granted vote is told before it is on disk (E1)',
    `promise(core, from, { kind: 'vote-reply', sender, term: core.term, pre: false, granted: true })`,
    `send(core, from, { kind: 'vote-reply', sender, term: core.term, pre: false, granted: true })`,
  ],
  [
    'candidacy-before-durable',
    'election.ts',
    'a candidate asks for votes before its own is on disk (E1)',
    'else promise(core, voter, request)',
    'else send(core, voter, request)',
  ],
  [
    'vote-twice',
    'election.ts',
    'votes for whoever asks in one term (E1)',
    'const mayVote = core.votedFor === from || isFree ||',
    'const mayVote = core.term > 0 || isFree ||',
  ],
  [
    'vote-for-anyone',
    'election.ts',
    'votes for a log that lacks what may be committed (E2)',
    ' || !log.isUpToDate(request.lastTerm, request.lastIndex)',
    '',
  ],
  [
    'longer-log-wins',
    'log.ts',
    'compares logs by length and not by term (R21)',
    'return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex)',
    'return lastIndex >= this.lastIndex || lastTerm > 1e9',
  ],
  [
    'pre-votes-count',
    'election.ts',
    'a late pre-vote counts as a vote (E3)',
    'if (isOurs && isNow) recordVote',
    'if ((isOurs && isNow) || (reply.pre && core.role.kind === "candidate")) recordVote',
  ],
  [
    'forget-vote-on-restart',
    'core.ts',
    'forgets on restart whom it voted for (R15)',
    'votedFor: hard.votedFor,',
    'votedFor: undefined,',
  ],
  [
    'forget-term-on-restart',
    'core.ts',
    'begins a new life one term back (O1)',
    '    term: hard.term,\n    votedFor',
    '    term: Math.max(1, hard.term - 1),\n    votedFor',
  ],
  [
    'skip-persist-vote',
    'roles.ts',
    'a vote alone does not reach the disk (D1)',
    '  core.votedFor = member\n  core.hardIsDirty = true',
    '  core.votedFor = member',
  ],
  [
    'lead-on',
    'step.ts',
    'a leader that hears of a higher term leads on (N1)',
    'becomeFollower(core, message.term, isFromLeader(message) ? from : undefined)',
    `if (core.role.kind !== 'leader') becomeFollower(core, message.term, isFromLeader(message) ? from : undefined)`,
  ],
  [
    'stale-leader-not-told',
    'step.ts',
    'a member whose term is ahead of its leader never tells it, and is lost to it (R5)',
    `if (isFromLeader(message)) send(core, from, { kind: 'stale-term', sender, term })`,
    '',
  ],
]
