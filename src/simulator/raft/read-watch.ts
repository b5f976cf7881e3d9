/** Promises about reads beside the log: what a read sees was committed when it was asked (dissertation 6.4). */
import type { MemberId, MessageOf } from '../../consensus/raft/messages.ts'
import type { Effect, Input } from '../../consensus/raft/state.ts'
import { promise } from '../world/violation.ts'
import type { Committed } from './committed.ts'
import type { Life } from './journal.ts'
import { isQuorum } from './quorum-oracle.ts'

/** What is remembered of the reads and rounds of one life. Moments are numbers of steps, over all members. */
export interface ReadsSeen {
  /** By the id of a read: when it was asked, and what was committed then. */
  readonly asked: Map<number, { readonly step: number; readonly committed: number }>
  /** The term of the rounds below. */
  term: number
  /** When each heartbeat round of this leader began. */
  readonly begun: Map<number, number>
  /** By member: when the latest round began that it has answered. */
  readonly answered: Map<MemberId, number>
}

export class ReadWatch {
  readonly #committed: Committed
  readonly #lives: ReadonlyMap<MemberId, Life>
  #step = 0

  constructor(committed: Committed, lives: ReadonlyMap<MemberId, Life>) {
    this.#committed = committed
    this.#lives = lives
  }

  stepped(life: Life, input: Input, effects: readonly Effect[]): void {
    this.#step++
    const { asked } = life.reads
    if (input.kind === 'read') asked.set(input.id, { step: this.#step, committed: this.#committed.index })
    for (const effect of effects) {
      if (effect.kind === 'read-refused') asked.delete(effect.id)
      if (effect.kind === 'read-ready') this.#answers(life, effect)
    }
  }

  heartbeat({ reads }: Life, { term, round }: MessageOf<'heartbeat'>): void {
    if (reads.term !== term) {
      reads.term = term
      reads.begun.clear()
      reads.answered.clear()
    }
    if (!reads.begun.has(round)) reads.begun.set(round, this.#step)
  }

  heard(member: MemberId, leader: MemberId, { term, round }: MessageOf<'heartbeat-ok'>): void {
    const reads = this.#lives.get(leader)?.reads
    if (reads?.term !== term) return
    reads.answered.set(member, Math.max(reads.answered.get(member) ?? 0, reads.begun.get(round) ?? 0))
  }

  #answers({ member, view, seen, reads }: Life, { id, index }: Extract<Effect, { kind: 'read-ready' }>): void {
    const { step, committed } = reads.asked.get(id) ?? { step: Number.POSITIVE_INFINITY, committed: 0 }
    reads.asked.delete(id)
    promise(index >= committed, 'read-index', () => {
      return `${member} answers at ${index} a read asked when ${committed} was committed`
    })
    promise(
      view.applied >= index,
      'read-applied',
      () => `${member} answers at ${index} and has applied ${view.applied}`,
    )
    const hasAnswered = (voter: MemberId): boolean => voter === member || (reads.answered.get(voter) ?? 0) >= step
    // By the membership of when it was confirmed; it may have changed while the state machine caught up.
    const memberships = [view.membership, seen.membership, this.#committed.membershipAt(index)]
    promise(
      memberships.some(membership => isQuorum(membership, hasAnswered)),
      'read-confirmed',
      () => {
        return `${member} answers a read that only ${[...reads.answered.keys()].filter(hasAnswered).join() || 'it'} confirmed`
      },
    )
  }
}
