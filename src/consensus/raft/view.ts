/** The machine as observers see it: live getters, no copies, no way to change anything. */
import type { Core } from './core.ts'
import type { ProgressView, RaftView } from './state.ts'
import type { Progress } from './tracker/progress.ts'

export function viewOf(core: Core): RaftView {
  const { member, generation, epoch } = core.config
  return {
    member,
    generation,
    epoch,
    get role() {
      return core.role.kind
    },
    get term() {
      return core.term
    },
    get votedFor() {
      return core.votedFor
    },
    get leader() {
      return core.leader
    },
    get commit() {
      return core.log.commit
    },
    get applied() {
      return core.applied
    },
    get durable() {
      return core.log.durable
    },
    get firstIndex() {
      return core.log.firstIndex
    },
    get lastIndex() {
      return core.log.lastIndex
    },
    get snapshot() {
      return core.snapshot
    },
    get membership() {
      return core.membership
    },
    get transferTarget() {
      return core.role.kind === 'leader' ? core.role.transfer?.target : undefined
    },
    get ticksToDeadline() {
      return ticksToDeadline(core)
    },
    progress: () => (core.role.kind === 'leader' ? core.role.tracker.all().map(progressView) : []),
    entry: index => core.log.entry(index),
    termAt: index => core.log.termAt(index),
  }
}

function ticksToDeadline({ role, config, electionElapsed, electionTimeout }: Core): number {
  if (role.kind !== 'leader') return Math.max(1, electionTimeout - electionElapsed)
  // A snapshot's retry may wait for the next heartbeat; a handover must not (T1).
  const elapsed = Math.max(electionElapsed, role.transfer?.elapsed ?? 0)
  return Math.max(1, Math.min(config.heartbeatTicks - role.heartbeatElapsed, config.electionTicks - elapsed))
}

function progressView({ member, state, match, next, inflights, isActive }: Progress): ProgressView {
  return { member, state, match, next, inflightMessages: inflights.count, isActive }
}
