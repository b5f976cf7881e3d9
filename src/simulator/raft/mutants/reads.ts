/** Mutants of reads beside the log (dissertation 6.4). */
import type { Row } from './row.ts'

export const reads: readonly Row[] = [
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
