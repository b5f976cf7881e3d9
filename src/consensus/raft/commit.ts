/**
 * The commit index, and what comes into force with it.
 *
 * Invariants
 * M1  The commit index never falls.
 * M2  A membership is in force from the moment its entry is known to be committed, on each member by itself.
 * M3  A leader that is no voter any more steps down, after it has told the others (dissertation 4.2.2).
 */
import { invariant } from '../../base/invariant.ts'
import { changeMembership, isVoter } from './confchange.ts'
import { type Core, type Leader, send } from './core.ts'
import type { Entry, MemberId, Membership } from './messages.ts'
import { sendBatch, tellCommit } from './replication.ts'
import { becomeFollower } from './roles.ts'
import type { Progress } from './tracker/progress.ts'
import { endTransfer } from './transfer.ts'

export function commitTo(core: Core, index: number): void {
  const { log, role } = core
  invariant(index <= log.lastIndex, () => `commit ${index} beyond the log's end ${log.lastIndex}`)
  const first = log.commit + 1
  if (index < first) return
  log.commit = index
  for (let at = first; at <= index; at++) {
    const entry = log.entry(at) as Entry
    if (role.kind === 'leader') role.uncommittedBytes -= entry.bytes
    if (entry.kind === 'membership') enforce(core, entry)
  }
}

function enforce(core: Core, entry: Extract<Entry, { kind: 'membership' }>): void {
  const next = changeMembership(core.membership, entry.change)
  invariant(typeof next !== 'string', `committed membership change at ${entry.index}: ${String(next)}`)
  setMembership(core, next, entry.index)
  core.effects.push({ kind: 'membership', membership: next, index: entry.index })
  if (core.role.kind === 'leader') followMembership(core, core.role)
}

export function setMembership(core: Core, membership: Membership, index: number): void {
  core.membership = membership
  core.memberships.push({ index, membership })
}

function followMembership(core: Core, leader: Leader): void {
  const { log, membership, config } = core
  const dropped = leader.tracker.update(membership, log.lastIndex + 1)
  for (const progress of dropped) sayGoodbye(core, progress)
  if (leader.transfer !== undefined && !isVoter(membership, leader.transfer.target))
    endTransfer(core, leader, 'aborted')
  if (!isVoter(membership, config.member)) return leaveOffice(core, leader)
  for (const progress of leader.tracker.others)
    if (progress.match === 0 && !progress.isWaiting) sendBatch(core, progress)
}

/** A removed member is told so once, if it has the entry; should that be lost, pre-vote keeps it harmless (R11). */
function sayGoodbye(core: Core, { member, match }: Progress): void {
  if (member === core.config.member) return
  const { sender, term, log } = core
  send(core, member, { kind: 'commit', sender, term, commit: Math.min(log.commit, match) })
}

function leaveOffice(core: Core, leader: Leader): void {
  for (const progress of leader.tracker.others) tellCommit(core, progress)
  const heir = mostCaughtUp(leader, core.membership.voters)
  if (heir !== undefined) send(core, heir, { kind: 'timeout-now', sender: core.sender, term: core.term })
  becomeFollower(core, core.term, undefined)
}

function mostCaughtUp(leader: Leader, voters: readonly MemberId[]): MemberId | undefined {
  const known = voters.flatMap(voter => leader.tracker.get(voter) ?? [])
  return known.reduce<Progress | undefined>((best, one) => (best && best.match >= one.match ? best : one), undefined)
    ?.member
}
