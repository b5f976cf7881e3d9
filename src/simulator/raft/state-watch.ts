/** Promises about state machines: the same entries in the same order, each command once, memberships as committed. */
import type { Entry, Snapshot } from '../../consensus/raft/messages.ts'
import type { Outcome } from '../../consensus/raft/sessions.ts'
import { promise } from '../world/violation.ts'
import { type Committed, isSameEntry, printed, printOf } from './committed.ts'
import type { Life } from './journal.ts'
import { hasDurably } from './storage.ts'
import type { Command } from './wire.ts'

export class StateWatch {
  readonly #committed: Committed
  /** What came of each entry, and each saved state, as the first member had it. */
  readonly #outcomes = new Map<number, Outcome | undefined>()
  readonly #states = new Map<number, string>()
  /** Where a command of a session was executed. */
  readonly #executions = new Map<string, number>()

  constructor(committed: Committed) {
    this.#committed = committed
  }

  started(life: Life, snapshot: Snapshot): void {
    this.#isOfHistory(life, snapshot)
    this.#membershipFits(life)
  }

  applying(life: Life, entry: Entry): void {
    const { member, disk, machine } = life
    const { index, term } = entry
    promise(index === machine.applied + 1, 'apply-order', () => `${member}: ${index} after ${machine.applied}`)
    const committed = this.#committed.at(index)
    const isKnown = committed !== undefined && isSameEntry(committed.entry, entry)
    promise(isKnown, 'state-machine-safety', () => `${member} applies ${printOf(entry)}, not ${printed(committed)}`)
    promise(hasDurably(disk.state, member, index, term), 'apply-durable', () => `${member}: ${index} is not on disk`)
    machine.applying = entry
  }

  executed(life: Life, command: Command, index: number): void {
    const { applying } = life.machine
    promise(applying?.kind === 'command' && applying.index === index, 'apply-order', () => `executes out of turn`)
    const key = `${applying.session}/${applying.sequence}`
    const known = this.#executions.get(key)
    if (known === undefined) this.#executions.set(key, index)
    else promise(known === index, 'effectively-once', () => `${JSON.stringify(command)} of ${key}: ${known}, ${index}`)
  }

  applied(life: Life, entry: Entry, outcome: Outcome | undefined): void {
    const { index } = entry
    life.machine.applied = index
    if (!this.#outcomes.has(index)) this.#outcomes.set(index, outcome)
    const first = this.#outcomes.get(index)
    promise(isSameOutcome(first, outcome), 'state-machine-safety', () => {
      return `${JSON.stringify(outcome)} came of ${index} at ${life.member}, not ${JSON.stringify(first)}`
    })
  }

  saved(life: Life, index: number, data: unknown): void {
    const { applied } = life.machine
    promise(index === applied, 'snapshot', () => `${life.member} is asked for ${index} and has applied ${applied}`)
    this.#isSameState(life, index, data)
  }

  restored(life: Life, snapshot: Snapshot): void {
    const { machine } = life
    promise(snapshot.index >= machine.applied, 'apply-order', () => `${life.member} goes back to ${snapshot.index}`)
    machine.applied = snapshot.index
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
    if (committed) this.#isSameState(life, index, data)
  }

  #isSameState({ member }: Life, index: number, data: unknown): void {
    const text = JSON.stringify(data)
    const first = this.#states.get(index)
    if (first === undefined) this.#states.set(index, text)
    else
      promise(
        first === text,
        'state-machine-safety',
        () => `${text} is the state at ${index} at ${member}, not ${first}`,
      )
  }
}

function isSameOutcome(one: Outcome | undefined, other: Outcome | undefined): boolean {
  return one?.kind === other?.kind && resultOf(one) === resultOf(other)
}

/** Sessions are texts, and so are the results of our store (store.ts). */
function resultOf(outcome: Outcome | undefined): unknown {
  if (outcome?.kind === 'registered') return outcome.session
  return outcome && 'result' in outcome ? outcome.result : undefined
}

/** Keys in the order of the oracle, for comparison as text. */
function inOrder({ voters, outgoing, learners, learnersNext, autoLeave }: Snapshot['membership']): unknown {
  return { voters, outgoing, learners, learnersNext, autoLeave }
}
