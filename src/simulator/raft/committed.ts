/** What the whole cluster has committed, as somebody sees it who sees everything. The yardstick of most invariants. */
import type { Entry, MemberId, Membership } from '../../consensus/raft/messages.ts'
import { promise } from '../world/violation.ts'
import { isSafeStep, membershipAfter } from './quorum-oracle.ts'

interface CommittedEntry {
  readonly term: number
  readonly entry: Entry
  /** Term of the leader that first knew it to be committed. */
  readonly byTerm: number
}

export class Committed {
  readonly #first: number
  readonly #entries: CommittedEntry[] = []
  /** In the order in which they came into force. */
  readonly memberships: { readonly index: number; readonly membership: Membership }[]

  constructor(genesis: { readonly index: number; readonly membership: Membership }) {
    this.#first = genesis.index + 1
    this.memberships = [genesis]
  }

  get genesisIndex(): number {
    return this.#first - 1
  }

  /** Highest committed index. */
  get index(): number {
    return this.#first + this.#entries.length - 1
  }

  at(index: number): CommittedEntry | undefined {
    return this.#entries[index - this.#first]
  }

  get membership(): Membership {
    return this.membershipAt(this.index)
  }

  membershipAt(index: number): Membership {
    const known = this.memberships.findLast(one => one.index <= index) ?? this.memberships[0]
    return (known as { membership: Membership }).membership
  }

  add(entry: Entry, byTerm: number, by: MemberId): void {
    promise(entry.index === this.index + 1, 'commit-order', () => `${by} commits ${entry.index} after ${this.index}`)
    this.#entries.push({ term: entry.term, entry, byTerm })
    if (entry.kind !== 'membership') return
    const before = this.membershipAt(entry.index - 1)
    const after = membershipAfter(before, entry.change)
    promise(isSafeStep(before, after), 'membership-safety', () => `${JSON.stringify(entry.change)} at ${entry.index}`)
    this.memberships.push({ index: entry.index, membership: after })
  }

  /** The highest index that was committed by a leader of a term before `term`. */
  indexBefore(term: number): number {
    let index = this.index
    for (let entry = this.at(index); entry && entry.byTerm >= term; entry = this.at(index)) index--
    return index
  }
}

/** Whether two members hold the same entry. Mostly it is one frozen object that they share (copy.ts). */
export function isSameEntry(one: Entry, other: Entry): boolean {
  return one === other || printOf(one) === printOf(other)
}

/** Everything that must be equal in two copies of one entry, as text. */
export function printOf(entry: Entry): string {
  const { kind, index, term, timeMs } = entry
  const content =
    entry.kind === 'command'
      ? [entry.session, entry.sequence, entry.payload]
      : entry.kind === 'membership' && entry.change
  return `${index}/${term} ${kind} at ${timeMs} ms ${JSON.stringify(content)}`
}

export function printed(committed: CommittedEntry | undefined): string {
  return committed ? printOf(committed.entry) : 'anything that is committed'
}
