/** Mutants of counting: what a quorum is, and what is committed by one (Raft paper, §5.4.2, §6). */
import type { Row } from './row.ts'

export const quorums: readonly Row[] = [
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
    'old-leader-heard',
    'step.ts',
    'takes entries from a leader of an older term (N2)',
    'if (message.term < core.term) return answerLowerTerm',
    `if (message.term < core.term && message.kind !== 'append') return answerLowerTerm`,
  ],
]
