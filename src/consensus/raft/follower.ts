/**
 * The follower's side: what a leader of our term tells us (Raft paper, Figure 2, AppendEntries; §7 for snapshots).
 *
 * Invariants
 * W1  Entries are taken only after one that equals the leader's (log matching, Figure 3).
 * W2  Entries are cut only where the leader's differ, never because a message ends early (it may be an old one).
 * W3  The commit index follows the leader's only as far as our log is known to equal its log.
 * W4  An acknowledgement is a promise: it leaves when the entries are durable (durability.ts).
 */
import { commitTo, setMembership } from './commit.ts'
import { type Core, promise, send } from './core.ts'
import { writeIsStaleAbove } from './durability.ts'
import type { Entry, MemberId, MessageOf, Snapshot } from './messages.ts'

export function onAppend(core: Core, from: MemberId, append: MessageOf<'append'>): void {
  const { log } = core
  const { prevIndex, prevTerm, entries } = append
  // An old message: what it says up to our commit index we have, and more.
  if (prevIndex < log.commit) return acknowledge(core, from, log.commit)
  if (log.termAt(prevIndex) !== prevTerm) return refuseAppend(core, from, append)
  takeEntries(core, entries)
  const matched = prevIndex + entries.length
  commitTo(core, Math.min(append.commit, matched))
  acknowledge(core, from, matched)
}

function takeEntries(core: Core, entries: readonly Entry[]): void {
  const { log } = core
  for (const entry of entries) {
    if (entry.index <= log.lastIndex) {
      if (log.termAt(entry.index) === entry.term) continue
      writeIsStaleAbove(core, entry.index - 1)
      log.truncateFrom(entry.index)
    }
    log.append(entry)
  }
}

function acknowledge(core: Core, from: MemberId, match: number): void {
  promise(core, from, { kind: 'append-ok', sender: core.sender, term: core.term, match })
}

/** The hint skips what cannot agree, so that a long conflict costs a few messages, not one per entry (R26). */
function refuseAppend(core: Core, from: MemberId, { prevIndex, prevTerm }: MessageOf<'append'>): void {
  const { log, sender, term } = core
  const hintIndex = log.lastAgreeable(prevIndex, prevTerm)
  const hintTerm = log.termAt(hintIndex) ?? 0
  send(core, from, { kind: 'append-refused', sender, term, prevIndex, hintIndex, hintTerm })
}

export function onHeartbeat(core: Core, from: MemberId, { commit, round }: MessageOf<'heartbeat'>): void {
  followCommit(core, commit)
  send(core, from, { kind: 'heartbeat-ok', sender: core.sender, term: core.term, round })
}

export function onCommit(core: Core, { commit }: MessageOf<'commit'>): void {
  followCommit(core, commit)
}

/** The leader caps it at what it knows to match here; beyond our log's end that knowledge is of a disk we lost (R16). */
function followCommit(core: Core, commit: number): void {
  if (commit <= core.log.lastIndex) commitTo(core, commit)
}

export function onSnapshot(core: Core, from: MemberId, { snapshot }: MessageOf<'snapshot'>): void {
  const { log } = core
  if (snapshot.index > log.commit) {
    if (log.termAt(snapshot.index) === snapshot.term) commitTo(core, snapshot.index)
    else install(core, snapshot)
  }
  acknowledge(core, from, log.commit)
}

function install(core: Core, snapshot: Snapshot): void {
  writeIsStaleAbove(core, 0)
  core.log.reset(snapshot)
  core.snapshot = snapshot
  core.snapshotIsDirty = true
  core.restoring = snapshot
  core.snapshotAskedAt = snapshot.index
  core.memberships = []
  setMembership(core, snapshot.membership, snapshot.index)
  core.effects.push({ kind: 'membership', membership: snapshot.membership, index: snapshot.index })
}
