/** Mutants of snapshots (Raft paper, §7). */
import type { Row } from './row.ts'

export const snapshots: readonly Row[] = [
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
