/** Promises about state machines: the same entries in the same order, each command once, memberships and reads as committed. */
import type { Entry, Snapshot } from '../../consensus/raft/messages.ts'
import type { Outcome } from '../../consensus/raft/sessions.ts'
import type { Effect, Input } from '../../consensus/raft/state.ts'
import { promise } from '../world/violation.ts'
import { type Committed, printOf } from './committed.ts'
import type { Life } from './journal.ts'
import { hasDurably } from './storage.ts'
import type { Command } from './wire.ts'

interface Progress {
  /** Last index that the state machine of this life contains. */
  applied: number
  applying: Entry | undefined
  /** What was committed when a read was asked. */
  readonly reads: Map<number, number>
}

export class StateWatch {
  readonly #committed: Committed
  readonly #progress = new WeakMap<Life, Progress>()
  /** What came of each entry, and each saved state, as the first member had it. */
  readonly #outcomes = new Map<number, string>()
  readonly #states = new Map<number, string>()
  /** Where a command of a session was executed. */
  readonly #executions = new Map<string, number>()

  constructor(committed: Committed) {
    this.#committed = committed
  }

  started(life: Life, snapshot: Snapshot): void {
    this.#progress.set(life, { applied: snapshot.index, applying: undefined, reads: new Map() })
    this.#isOfHistory(life, snapshot)
    this.#membershipFits(life)
  }

  stepped(life: Life, input: Input, effects: readonly Effect[]): void {
    const { reads } = this.#of(life)
    if (input.kind === 'read') reads.set(input.id, this.#committed.index)
    for (const effect of effects) {
      if (effect.kind !== 'read-ready') continue
      const committed = reads.get(effect.id) ?? 0
      reads.delete(effect.id)
      promise(effect.index >= committed, 'read-index', () => {
        return `${life.member} answers at ${effect.index} a read asked when ${committed} was committed`
      })
      promise(life.view.applied >= effect.index, 'read-index', () => `${life.member} answers before it has applied`)
    }
  }

  applying(life: Life, entry: Entry): void {
    const progress = this.#of(life)
    const { member, disk } = life
    const { index, term } = entry
    promise(index === progress.applied + 1, 'apply-order', () => `${member}: ${index} after ${progress.applied}`)
    const committed = this.#committed.at(index)
    // A leader applies in the same event in which it commits, before the journal has looked.
    const isKnown = committed ? committed.print === printOf(entry) : index <= life.view.commit
    promise(isKnown, 'state-machine-safety', () => `${member} applies ${printOf(entry)}, not ${committed?.print}`)
    promise(hasDurably(disk.state, member, index, term), 'apply-durable', () => `${member}: ${index} is not on disk`)
    progress.applying = entry
  }

  executed(life: Life, command: Command, index: number): void {
    const { applying } = this.#of(life)
    promise(applying?.kind === 'command' && applying.index === index, 'apply-order', () => `executes out of turn`)
    const key = `${applying.session}/${applying.sequence}`
    const known = this.#executions.get(key)
    if (known === undefined) this.#executions.set(key, index)
    else promise(known === index, 'effectively-once', () => `${JSON.stringify(command)} of ${key}: ${known}, ${index}`)
  }

  applied(life: Life, entry: Entry, outcome: Outcome | undefined): void {
    this.#of(life).applied = entry.index
    this.#equal(this.#outcomes, entry.index, outcome ?? null, life, 'came of')
  }

  saved(life: Life, index: number, data: unknown): void {
    const { applied } = this.#of(life)
    promise(index === applied, 'snapshot', () => `${life.member} is asked for ${index} and has applied ${applied}`)
    this.#equal(this.#states, index, data, life, 'is the state at')
  }

  restored(life: Life, snapshot: Snapshot): void {
    const progress = this.#of(life)
    promise(snapshot.index >= progress.applied, 'apply-order', () => `${life.member} goes back to ${snapshot.index}`)
    progress.applied = snapshot.index
    this.#isOfHistory(life, snapshot)
  }

  check(life: Life): void {
    if (life.view.membership !== life.seen.membership) this.#membershipFits(life)
  }

  /** What is in force at a member is what was committed up to its commit index (M2). */
  #membershipFits({ member, view }: Life): void {
    const expected = JSON.stringify(this.#committed.membershipAt(view.commit))
    if (view.commit === 0) return // a joiner that knows nothing yet
    const actual = JSON.stringify(inOrder(view.membership))
    promise(actual === expected, 'membership', () => `${member} at ${view.commit}: ${actual}, not ${expected}`)
  }

  /** A snapshot is the committed past: its place, its membership (S1), and the state, wherever others saved theirs there. */
  #isOfHistory(life: Life, snapshot: Snapshot): void {
    const { index, term, membership, data } = snapshot
    if (index === 0) return
    const committed = this.#committed.at(index)
    const place = committed?.term === term || index === this.#committed.genesisIndex
    promise(place, 'snapshot', () => `${life.member}: ${index}/${term} was never committed`)
    const expected = JSON.stringify(this.#committed.membershipAt(index))
    const actual = JSON.stringify(inOrder(membership))
    promise(actual === expected, 'snapshot', () => `${life.member}: membership at ${index} ${actual}, not ${expected}`)
    if (committed) this.#equal(this.#states, index, data, life, 'is the state at')
  }

  #equal(known: Map<number, string>, index: number, value: unknown, life: Life, relation: string): void {
    const text = JSON.stringify(value)
    const first = known.get(index)
    if (first === undefined) known.set(index, text)
    else
      promise(
        first === text,
        'state-machine-safety',
        () => `${text} ${relation} ${index} at ${life.member}, not ${first}`,
      )
  }

  #of(life: Life): Progress {
    const progress = this.#progress.get(life)
    if (!progress) throw new Error(`${life.member} was never started`)
    return progress
  }
}

/** Keys in the order of the oracle, for comparison as text. */
function inOrder({ voters, outgoing, learners, learnersNext, autoLeave }: Snapshot['membership']): unknown {
  return { voters, outgoing, learners, learnersNext, autoLeave }
}
