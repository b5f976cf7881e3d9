/** Mutants of logs: what is taken, cut, kept and told (Raft paper, §5.3). */
import type { Row } from './row.ts'

export const logs: readonly Row[] = [
  [
    'ignore-prev-term',
    'follower.ts',
    'takes entries after one that differs from the leader’s (W1)',
    'if (log.termAt(prevIndex) !== prevTerm)',
    'if (log.termAt(prevIndex) === undefined)',
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
    'heartbeat-commit-uncapped',
    'replication.ts',
    'a heartbeat tells a commit index that the member’s log is not known to match (R23)',
    'const commit = Math.min(core.log.commit, progress.match)\n    const { sender, term } = core',
    'const commit = core.log.commit\n    const { sender, term } = core',
  ],
  [
    'hint-below-zero',
    'follower.ts',
    'a refusal hints at a place below the beginning; only the wire schema minds',
    'const hintIndex = log.lastAgreeable(prevIndex, prevTerm)',
    'const hintIndex = log.lastAgreeable(prevIndex, prevTerm) - 1e6',
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
