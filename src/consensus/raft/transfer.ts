/**
 * Handing leadership over (dissertation 3.10): stop accepting, bring the target up to date, tell it to campaign.
 *
 * Invariants
 * T1  It ends within one election timeout, one way or the other; then proposals resume (R10).
 * T2  There is one at a time: the latest wish counts. Who is no voter any more inherits nothing.
 */
import { isVoter } from './confchange.ts'
import { type Core, type Leader, refuse, send } from './core.ts'
import type { MemberId } from './messages.ts'
import type { Progress } from './tracker/progress.ts'

export function transfer(core: Core, target: MemberId): void {
  const leader = core.role
  if (leader.kind !== 'leader') return refuse(core, 'not-leader')
  // Asking again for the same does not prolong it.
  if (leader.transfer?.target === target) return refuse(core, 'transferring')
  const progress = leader.tracker.get(target)
  if (progress === undefined || !isVoter(core.membership, target)) return refuse(core, 'no-such-voter')
  endTransfer(core, leader, 'aborted')
  // Whoever hands over to itself has changed its mind.
  if (target === core.config.member) return refuse(core, 'no-such-voter')
  leader.transfer = { target, elapsed: 0 }
  continueTransfer(core, leader, progress)
}

/** Tells the target to campaign as soon as it has the whole log. */
export function continueTransfer(core: Core, leader: Leader, progress: Progress): void {
  if (leader.transfer?.target !== progress.member || progress.match !== core.log.lastIndex) return
  send(core, progress.member, { kind: 'timeout-now', sender: core.sender, term: core.term })
}

export function tickTransfer(core: Core, leader: Leader, ticks: number): void {
  if (leader.transfer === undefined) return
  leader.transfer.elapsed += ticks
  if (leader.transfer.elapsed < core.config.electionTicks) return
  endTransfer(core, leader, 'aborted')
}

export function endTransfer(core: Core, leader: Leader, outcome: 'done' | 'aborted'): void {
  if (leader.transfer === undefined) return
  core.effects.push({ kind: 'transfer-ended', target: leader.transfer.target, outcome })
  leader.transfer = undefined
}
