/** Mutants of durability: what must be on disk before what may be said, and whose life may speak. */
import type { Row } from './row.ts'

export const disks: readonly Row[] = [
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
