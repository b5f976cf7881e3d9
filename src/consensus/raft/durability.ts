/**
 * What must be on disk before what may be said or done. No handler writes or waits: it changes the state and promises;
 * here, at the end of each step, the changes become one write and the promises wait for it.
 *
 * Invariants
 * D1  A promise (granted vote, acknowledgement, candidacy) is sent only when the state it was made from is durable.
 * D2  At most one write is under way; changes made meanwhile gather for the next (group commit).
 * D3  A write carries term, vote and commit index together with the entries: whoever has an entry of a second membership
 *     change on disk also knows there that the first was committed (docs/raft.md, departures).
 * D4  The state machine gets only what is committed and durable here.
 */
import type { Core } from './core.ts'
import { HELD_MESSAGES_MAX } from './limits.ts'
import type { MemberId, RaftMessage } from './messages.ts'

const isDirty = (core: Core): boolean => core.hardIsDirty || core.snapshotIsDirty || core.log.lastIndex > core.log.saved

/** Starts the write that this step made necessary, and keeps the step's promises until their write is done. */
export function write(core: Core): void {
  if (core.write === undefined && isDirty(core)) startWrite(core)
  if (core.promises.length === 0) return
  for (const { to, message } of core.promises) hold(core, to, message)
  core.promises = []
}

function startWrite(core: Core): void {
  const { log } = core
  const keepTo = log.saved
  core.token++
  core.effects.push({
    kind: 'persist',
    token: core.token,
    hard: { term: core.term, votedFor: core.votedFor, commit: log.commit },
    snapshot: core.snapshotIsDirty ? core.snapshot : undefined,
    keepFrom: log.firstIndex,
    keepTo,
    entries: log.slice(keepTo + 1, log.lastIndex),
  })
  core.write = { token: core.token, lastIndex: log.lastIndex }
  log.saved = log.lastIndex
  core.hardIsDirty = false
  core.snapshotIsDirty = false
}

function hold(core: Core, to: MemberId, message: RaftMessage): void {
  // The write after which nothing of the present state is missing on disk.
  const token = isDirty(core) ? core.token + 1 : core.write?.token
  if (token === undefined) {
    core.effects.push({ kind: 'send', to, message })
    return
  }
  const last = core.held[core.held.length - 1]
  if (last !== undefined && last.token === token && last.to === to && isCoveredBy(last.message, message))
    core.held.pop()
  if (core.held.length >= HELD_MESSAGES_MAX) core.held.shift()
  core.held.push({ token, to, message })
}

/** A later acknowledgement of the same term says all that an earlier one said. */
function isCoveredBy(earlier: RaftMessage, later: RaftMessage): boolean {
  return (
    earlier.kind === 'append-ok' &&
    later.kind === 'append-ok' &&
    earlier.term === later.term &&
    earlier.match <= later.match
  )
}

/** A write is done: what it covered is durable, and the promises that waited for it leave. Whether it was one of ours. */
export function completeWrite(core: Core, token: number): boolean {
  if (core.write === undefined || core.write.token !== token) return false
  core.log.durable = Math.max(core.log.durable, core.write.lastIndex)
  core.write = undefined
  let released = 0
  for (const { to, message } of core.held) {
    if ((core.held[released] as { token: number }).token > token) break
    // What was promised in a term that is over interests nobody, and its entries may be others by now.
    if (message.term === core.term) core.effects.push({ kind: 'send', to, message })
    released++
  }
  core.held.splice(0, released)
  return true
}

/** The log was cut: what a write under way holds above `index` is not what the log has there now. */
export function writeIsStaleAbove(core: Core, index: number): void {
  if (core.write !== undefined) core.write.lastIndex = Math.min(core.write.lastIndex, index)
}

/** Hands the state machine what it may have by now. */
export function handOut(core: Core): void {
  const { log, config, restoring } = core
  if (restoring !== undefined) {
    if (log.durable < restoring.index) return
    core.effects.push({ kind: 'restore', snapshot: restoring })
    core.handed = restoring.index
    core.restoring = undefined
  }
  const limit = Math.min(log.commit, log.durable, core.applied + config.limits.applyAheadEntries)
  if (limit <= core.handed) return
  core.effects.push({ kind: 'apply', entries: log.slice(core.handed + 1, limit) })
  core.handed = limit
}
