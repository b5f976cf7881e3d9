/**
 * Named faults for the Raft core, each an exact replacement in one of its files, made while the core is loaded
 * (load-mutant.ts). Each breaks one rule; the simulation must notice, or it is worth nothing. A replacement whose original is
 * gone throws, so none of them rots. docs/simulation.md says which seed found which.
 */
import type { Mutation } from './load-mutant.ts'

export interface Mutant extends Mutation {
  /** Which rule it breaks. */
  readonly what: string
}

type Row = readonly [name: string, file: string, what: string, find: string, replace: string]

const elections: readonly Row[] = [
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

const quorums: readonly Row[] = [
  [
    'half-is-enough',
    'quorum.ts',
    'half of an even number is a majority (Q1)',
    'Math.floor(members / 2) + 1',
    'Math.ceil(members / 2)',
  ],
  [
    'joint-commit-by-one-half',
    'quorum.ts',
    'a joint configuration commits with its incoming half (Q2)',
    'return Math.min(reachedByMajority(incoming), reachedByMajority(outgoing))',
    'return reachedByMajority(outgoing) < 0 ? 0 : reachedByMajority(incoming)',
  ],
  [
    'joint-vote-by-one-half',
    'quorum.ts',
    'a joint configuration elects with its incoming half (Q2)',
    'const results = [voteResult(incoming), voteResult(outgoing)]',
    'const results = [voteResult(incoming), voteResult(outgoing)].slice(0, 1)',
  ],
  [
    'count-learners',
    'tracker/tracker.ts',
    'learners count towards a quorum (R22)',
    'this.#incoming = this.#progressOf(membership.voters)',
    'this.#incoming = this.#progressOf([...membership.voters, ...membership.learners])',
  ],
  [
    'commit-old-terms',
    'replication.ts',
    'commits an entry of an older term by counting copies (Figure 8, R1)',
    'return index > core.log.commit && core.log.termAt(index) === core.term',
    'return index > core.log.commit && core.log.termAt(index) !== undefined',
  ],
  [
    'count-own-unwritten',
    'replication.ts',
    'a leader counts its own copy before it is on disk (A3)',
    'self.acknowledged(core.log.durable)',
    'self.acknowledged(core.log.lastIndex)',
  ],
  [
    'old-acks-count',
    'step.ts',
    'an acknowledgement of an older term counts in this one (N2)',
    'if (message.term < core.term) return answerLowerTerm',
    `if (message.term < core.term && message.kind !== 'append-ok') return answerLowerTerm`,
  ],
]

const logs: readonly Row[] = [
  [
    'ignore-prev-term',
    'follower.ts',
    'takes entries after one that differs from the leader’s (W1)',
    'if (log.termAt(prevIndex) !== prevTerm)',
    'if (log.termAt(prevIndex) === undefined)',
  ],
  [
    'ack-own-tail',
    'follower.ts',
    'acknowledges its whole log, not what the message showed to match (W3)',
    'const matched = prevIndex + entries.length',
    'const matched = log.lastIndex',
  ],
  [
    'cut-on-short-append',
    'follower.ts',
    'cuts whatever an old, shorter message does not contain (W2)',
    '  takeEntries(core, entries)\n',
    '  takeEntries(core, entries)\n  if (log.lastIndex > prevIndex + entries.length) log.truncateFrom(prevIndex + entries.length + 1)\n',
  ],
  [
    'truncate-committed',
    'follower.ts',
    'replaces entries that it has already, committed ones too (L2)',
    'if (log.termAt(entry.index) === entry.term) continue',
    '',
  ],
  [
    'commit-beyond-match',
    'follower.ts',
    'follows the leader’s commit index beyond what is known to match (W3)',
    'commitTo(core, Math.min(append.commit, matched))',
    'commitTo(core, Math.min(append.commit, log.lastIndex))',
  ],
  [
    'heartbeat-commit-uncapped',
    'replication.ts',
    'a heartbeat tells a commit index that the member’s log is not known to match (R23)',
    'const commit = Math.min(core.log.commit, progress.match)\n    const { sender, term } = core',
    'const commit = core.log.commit\n    const { sender, term } = core',
  ],
  [
    'no-noop',
    'replication.ts',
    'a new leader appends nothing of its own term, so what it inherited stays uncommitted (§8)',
    `core.log.append({ kind: 'noop', ...nextPosition(core, 0) })`,
    '',
  ],
  [
    'time-runs-back',
    'roles.ts',
    'a new leader’s logical time begins at zero (X2)',
    'core.timeMs = log.lastTimeMs',
    'core.timeMs = 0',
  ],
  [
    'unbounded-log',
    'replication.ts',
    'accepts any number of entries that nobody commits (R27)',
    'if (log.lastIndex - log.commit >= limits.uncommittedEntriesMax)',
    'if (log.lastIndex - log.commit >= 1e9)',
  ],
]

const disks: readonly Row[] = [
  [
    'ack-before-durable',
    'follower.ts',
    'acknowledges entries before they are on disk (W4)',
    `promise(core, from, { kind: 'append-ok'`,
    `send(core, from, { kind: 'append-ok'`,
  ],
  [
    'skip-persist-entries',
    'durability.ts',
    'a write leaves its last entry out (D1)',
    'entries: log.slice(keepTo + 1, log.lastIndex),',
    'entries: log.slice(keepTo + 1, log.lastIndex - 1),',
  ],
  [
    'keep-cut-entries',
    'log.ts',
    'entries that were cut stay on disk (L3)',
    'this.saved = Math.min(this.saved, index - 1)',
    'this.saved = Math.max(this.saved, index - 1)',
  ],
  [
    'durable-after-cut',
    'log.ts',
    'takes what replaces cut entries for durable, because those were (L3)',
    'this.durable = Math.min(this.durable, index - 1)',
    'this.durable = Math.max(this.durable, index - 1)',
  ],
  [
    'stale-write-counts',
    'durability.ts',
    'a finished write counts for entries that have replaced the written ones (L3)',
    'core.write.lastIndex = Math.min(core.write.lastIndex, index)',
    'core.write.lastIndex = Math.max(core.write.lastIndex, index)',
  ],
  [
    'write-covers-all',
    'durability.ts',
    'a finished write counts for entries that came after it began (D2)',
    'core.log.durable = Math.max(core.log.durable, core.write.lastIndex)',
    'core.log.durable = Math.max(core.log.durable, core.log.lastIndex)',
  ],
  [
    'apply-before-commit',
    'durability.ts',
    'applies what is on disk and not committed (D4)',
    'const limit = Math.min(log.commit, log.durable,',
    'const limit = Math.min(log.durable, log.lastIndex,',
  ],
  [
    'apply-before-durable',
    'durability.ts',
    'applies what is committed elsewhere and not yet on its own disk (D4)',
    'const limit = Math.min(log.commit, log.durable,',
    'const limit = Math.min(log.commit, log.lastIndex,',
  ],
  [
    'accept-old-epoch',
    'fence.ts',
    'listens to an earlier life of a member (F2, R30)',
    `else if (sender.epoch < known.epoch) return 'stale-epoch'`,
    'else if (sender.epoch < known.epoch) return undefined',
  ],
]

const reads: readonly Row[] = [
  [
    'read-without-quorum',
    'reads.ts',
    'answers a read without asking anybody (I2, R9)',
    'const confirmed = waiting.filter(pending => pending.round <= answered)',
    'const confirmed = waiting.filter(pending => pending.round <= answered + 1e9)',
  ],
  [
    'reuse-read-round',
    'reads.ts',
    'a heartbeat round from before the read confirms it (I2)',
    'round: leader.round + 1 })',
    'round: leader.round })',
  ],
  [
    'answers-name-no-round',
    'replication.ts',
    'any answer counts for the latest heartbeat round (I2)',
    '  progress.round = round\n',
    '  progress.round = leader.round\n',
  ],
  [
    'read-before-own-commit',
    'reads.ts',
    'answers reads before it has committed in its term (I1, R7)',
    'if (hasCommittedInTerm(core)) beginRead(core, leader, id)',
    'if (core.term > 0) beginRead(core, leader, id)',
  ],
  [
    'read-before-applied',
    'reads.ts',
    'answers reads before its state machine is as far (I3)',
    'const isDue = (pending: PendingRead) => pending.index <= core.applied',
    'const isDue = (pending: PendingRead) => pending.index >= 0',
  ],
]

const changes: readonly Row[] = [
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

const snapshots: readonly Row[] = [
  [
    'snapshot-of-later-membership',
    'snapshot.ts',
    'a snapshot carries the membership of now (S1, R24)',
    'membership: membershipAt(core, index), data }',
    'membership: core.membership, data }',
  ],
  [
    'snapshot-without-membership',
    'follower.ts',
    'an installed snapshot changes no membership (S1)',
    '  setMembership(core, snapshot.membership, snapshot.index)\n',
    '',
  ],
  [
    'snapshot-goes-back',
    'follower.ts',
    'installs a snapshot that is older than its log (M1)',
    'if (snapshot.index > log.commit) {',
    'if (snapshot.index > 0) {',
  ],
  [
    'snapshot-keeps-log',
    'follower.ts',
    'keeps a conflicting log below a snapshot (§7)',
    'if (log.termAt(snapshot.index) === snapshot.term) commitTo',
    'if (log.termAt(snapshot.index) !== undefined) commitTo',
  ],
  [
    'snapshot-not-restored',
    'durability.ts',
    'the state machine never gets an installed snapshot (D4)',
    `core.effects.push({ kind: 'restore', snapshot: restoring })`,
    '',
  ],
  [
    'snapshot-sent-once',
    'replication.ts',
    'a snapshot that was lost is never sent again',
    'if (progress.snapshotTicks >= core.config.snapshotRetryTicks) progress.probe()',
    '',
  ],
]

const sessions: readonly Row[] = [
  [
    'no-session-dedup',
    'sessions.ts',
    'executes a retry again (X1, R28)',
    'const isRepeated = sequence === known.sequence',
    'const isRepeated = sequence < known.sequence',
  ],
  [
    'old-duplicates-execute',
    'sessions.ts',
    'executes a late duplicate of an earlier command (X1)',
    `if (sequence < known.sequence) return { kind: 'superseded' }`,
    '',
  ],
  [
    'snapshot-without-sessions',
    'sessions.ts',
    'snapshots leave the sessions out (X2)',
    'sessions: [...sessions], inner',
    'sessions: [], inner',
  ],
]

export const mutants: readonly Mutant[] = [
  ...elections,
  ...quorums,
  ...logs,
  ...disks,
  ...reads,
  ...changes,
  ...snapshots,
  ...sessions,
].map(([name, file, what, find, replace]) => ({ name, file, what, find, replace }))

export function mutantNamed(name: string): Mutant | undefined {
  return mutants.find(mutant => mutant.name === name)
}
