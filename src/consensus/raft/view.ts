/** The machine as observers see it: live getters, no copies, no way to change anything. */
import type { Core } from './core.ts'
import type { Entry } from './messages.ts'
import type { ProgressView, RaftView } from './state.ts'
import type { Progress } from './tracker/progress.ts'

/** A class, because getters of a prototype are found in a nanosecond and those of each object's own are not. */
export class View implements RaftView {
  readonly member: RaftView['member']
  readonly generation: string
  readonly epoch: number
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
    this.member = core.config.member
    this.generation = core.config.generation
    this.epoch = core.config.epoch
  }

  get role(): RaftView['role'] {
    return this.#core.role.kind
  }

  get term(): number {
    return this.#core.term
  }

  get votedFor(): RaftView['votedFor'] {
    return this.#core.votedFor
  }

  get leader(): RaftView['leader'] {
    return this.#core.leader
  }

  get commit(): number {
    return this.#core.log.commit
  }

  get applied(): number {
    return this.#core.applied
  }

  get durable(): number {
    return this.#core.log.durable
  }

  get firstIndex(): number {
    return this.#core.log.firstIndex
  }

  get lastIndex(): number {
    return this.#core.log.lastIndex
  }

  get snapshot(): RaftView['snapshot'] {
    return this.#core.snapshot
  }

  get membership(): RaftView['membership'] {
    return this.#core.membership
  }

  get transferTarget(): RaftView['transferTarget'] {
    return this.#core.role.kind === 'leader' ? this.#core.role.transfer?.target : undefined
  }

  get isBringingUp(): boolean {
    const { role } = this.#core
    return role.kind === 'leader' && role.tracker.others.some(({ state }) => state === 'snapshot')
  }

  get round(): number {
    return this.#core.role.kind === 'leader' ? this.#core.role.round : 0
  }

  get ticksToDeadline(): number {
    return ticksToDeadline(this.#core)
  }

  progress(): readonly ProgressView[] {
    return this.#core.role.kind === 'leader' ? this.#core.role.tracker.all().map(progressView) : []
  }

  entry(index: number): Entry | undefined {
    return this.#core.log.entry(index)
  }

  termAt(index: number): number | undefined {
    return this.#core.log.termAt(index)
  }
}

function ticksToDeadline({ role, config, electionElapsed, electionTimeout }: Core): number {
  if (role.kind !== 'leader') return Math.max(1, electionTimeout - electionElapsed)
  // A snapshot's retry may wait for the next heartbeat; a handover must not (T1).
  const elapsed = Math.max(electionElapsed, role.transfer?.elapsed ?? 0)
  return Math.max(1, Math.min(config.heartbeatTicks - role.heartbeatElapsed, config.electionTicks - elapsed))
}

function progressView({ member, state, match, next, inflights, isActive, round }: Progress): ProgressView {
  return { member, state, match, next, inflightMessages: inflights.count, isActive, round }
}
