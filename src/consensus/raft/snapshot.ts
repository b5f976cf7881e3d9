/**
 * Snapshots of our own state machine, and cutting the log below them (Raft paper, §7).
 *
 * Invariants
 * S1  A snapshot carries the membership that was in force at its index, not a later one (R24).
 * S2  Entries are cut only up to a snapshot, so whoever needs them can be sent it.
 */
import { invariant } from '../../base/invariant.ts'
import type { Core } from './core.ts'
import type { Membership } from './messages.ts'
import { answerReads } from './reads.ts'

export function onApplied(core: Core, index: number): void {
  invariant(index <= core.handed, () => `applied ${index}, handed out up to ${core.handed}`)
  if (index <= core.applied) return
  core.applied = index
  answerReads(core)
  const { snapshotAfterEntries } = core.config.limits
  if (index - Math.max(core.snapshot.index, core.snapshotAskedAt) < snapshotAfterEntries) return
  core.snapshotAskedAt = index
  core.effects.push({ kind: 'snapshot-needed', applied: index })
}

export function onSnapshotTaken(core: Core, index: number, data: unknown): void {
  const { log, config } = core
  const last = log.entry(index)
  // Too late (a leader's snapshot overtook it) or too early (not durable here yet): the next one will do.
  if (index <= core.snapshot.index || index > Math.min(core.applied, log.durable) || last === undefined) return
  core.snapshot = { index, term: last.term, timeMs: last.timeMs, membership: membershipAt(core, index), data }
  core.snapshotIsDirty = true
  core.memberships = core.memberships.filter(known => known.index > index)
  core.memberships.unshift({ index, membership: core.snapshot.membership })
  log.compactTo(index - config.limits.trailingEntries)
}

function membershipAt(core: Core, index: number): Membership {
  const known = core.memberships.findLast(one => one.index <= index)
  return known?.membership ?? core.snapshot.membership
}
