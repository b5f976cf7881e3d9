/** Mutants of effectively-once commands (dissertation 6.3). */
import type { Row } from './row.ts'

export const sessions: readonly Row[] = [
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
