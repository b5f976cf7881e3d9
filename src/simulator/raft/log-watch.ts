/** Promises about logs: what leaders append, what members share, and what counts as committed. */
import type { Entry, MemberId, MessageOf } from '../../consensus/raft/messages.ts'
import type { Effect, Input } from '../../consensus/raft/state.ts'
import { promise } from '../world/violation.ts'
import { type Committed, isSameEntry, printOf } from './committed.ts'
import type { Life } from './journal.ts'
import { isQuorum } from './quorum-oracle.ts'
import { type DiskRecord, durableTermAt, hadDurably } from './storage.ts'

interface Canonical {
  readonly entry: Entry
  /** Undefined when the first log that was seen with the entry knew nothing before it. */
  previousTerm: number | undefined
}

export class LogWatch {
  readonly #committed: Committed
  readonly #lives: ReadonlyMap<MemberId, Life>
  readonly #disks: ReadonlyMap<MemberId, DiskRecord>
  readonly #uncommittedEntriesMax: number
  /** By index and term. Log matching says that there is one such entry, and one log before it. */
  readonly #canonical = new Map<number, Canonical>()

  constructor(
    committed: Committed,
    lives: ReadonlyMap<MemberId, Life>,
    disks: ReadonlyMap<MemberId, DiskRecord>,
    uncommittedEntriesMax: number,
  ) {
    this.#committed = committed
    this.#lives = lives
    this.#disks = disks
    this.#uncommittedEntriesMax = uncommittedEntriesMax
  }

  started(life: Life): void {
    this.#seeWholeLog(life)
    const { view, member } = life
    const index = Math.min(view.commit, this.#committed.index)
    promise(view.commit <= this.#committed.index, 'committed-never-lost', () => `${member} restored ${view.commit}`)
    this.#agreesOnCommitted(life, index, 'committed-never-lost')
  }

  /** W3, W4: what a member acknowledges is on its disk, and is what the leader of that term has there. */
  acknowledged({ member, disk }: Life, to: MemberId, { term, match }: MessageOf<'append-ok'>): void {
    const durable = durableTermAt(disk.state, match)
    promise(durable !== undefined, 'durable-before-promise', () => {
      return `${member} acknowledges ${match}, which is not on its disk`
    })
    const leader = this.#lives.get(to)?.view
    if (leader?.role !== 'leader' || leader.term !== term || durable === 'compacted' || match < leader.firstIndex)
      return
    promise(durable === leader.termAt(match), 'acknowledged-matches', () => {
      return `${member} acknowledges ${match} of term ${durable} to ${to}, who has term ${leader.termAt(match)} there`
    })
  }

  /** P1: a leader believes of no member that it has what it has not; unless that member is ahead in a newer term. */
  #believesTruly({ view, member }: Life, from: MemberId): void {
    const record = this.#disks.get(from)
    const progress = view.progress().find(one => one.member === from)
    if (!record || !progress || view.role !== 'leader' || progress.match < view.firstIndex) return
    if (((record.lost ?? record.disk.state).raft?.hard.term ?? 0) > view.term) return
    const { match } = progress
    promise(hadDurably(record, from, match, view.termAt(match) ?? -1), 'acknowledged-matches', () => {
      return `${member} believes that ${from} has ${match} of term ${view.termAt(match)}`
    })
  }

  stepped(life: Life, input: Input, effects: readonly Effect[]): void {
    const { view, member } = life
    if (input.kind === 'message' && input.message.kind === 'append-ok') this.#believesTruly(life, input.from)
    const uncommitted = view.lastIndex - view.commit
    // One more, because a membership change needs no room.
    if (uncommitted <= this.#uncommittedEntriesMax + 1) return
    const hasAccepted = effects.some(effect => effect.kind === 'accepted')
    promise(!hasAccepted, 'bounded-log', () => `${member} accepted with ${uncommitted} uncommitted entries`)
  }

  check(life: Life): void {
    const { view, seen, member } = life
    const wasLeader = seen.role === 'leader' && seen.term === view.term
    if (view.role === 'leader' && wasLeader) {
      promise(
        view.lastIndex >= seen.lastIndex,
        'leader-append-only',
        () => `${member} cut its log to ${view.lastIndex}`,
      )
    }
    const changedFrom = this.#seeNewEntries(life)
    if (view.role === 'leader' && wasLeader) {
      promise(changedFrom > seen.lastIndex, 'leader-append-only', () => `${member} replaced ${changedFrom}`)
    }
    promise(view.commit >= seen.commit, 'commit-monotonic', () => `${member}: ${seen.commit} to ${view.commit}`)
    promise(view.commit <= view.lastIndex, 'commit-monotonic', () => `${member} commits beyond its log's end`)
    if (view.role === 'leader' && !wasLeader) this.#isComplete(life)
    if (view.commit > seen.commit) this.#commits(life)
  }

  /** Walks back from the end until the log is as it was; returns the first index that is new. */
  #seeNewEntries(life: Life): number {
    const { view, terms } = life
    const { firstIndex, lastIndex } = view
    let index = lastIndex
    while (index >= firstIndex && terms[index] !== view.termAt(index)) this.#seeEntry(life, index--)
    if (terms.length > lastIndex + 1) terms.length = lastIndex + 1
    return index + 1
  }

  #seeWholeLog(life: Life): void {
    const { firstIndex, lastIndex } = life.view
    for (let index = firstIndex; index <= lastIndex; index++) this.#seeEntry(life, index)
  }

  #seeEntry(life: Life, index: number): void {
    const { view, member, terms } = life
    const entry = view.entry(index)
    promise(entry?.index === index, 'log-matching', () => `${member} has no entry ${index} at its place`)
    terms[index] = entry.term
    const previousTerm = view.termAt(index - 1)
    const previousMs = view.entry(index - 1)?.timeMs ?? 0
    promise(entry.timeMs >= previousMs, 'time-monotonic', () => `${member}: ${printOf(entry)} after ${previousMs} ms`)
    const key = index * 2 ** 24 + entry.term
    const known = this.#canonical.get(key)
    if (!known) {
      this.#canonical.set(key, { entry, previousTerm })
      if (entry.kind === 'membership') this.#mayChange(life, entry)
      return
    }
    promise(isSameEntry(known.entry, entry), 'log-matching', () => {
      return `${member}: ${printOf(entry)}, not ${printOf(known.entry)}`
    })
    known.previousTerm ??= previousTerm
    promise(previousTerm === undefined || known.previousTerm === previousTerm, 'log-matching', () => {
      return `${member}: before ${printOf(entry)} comes term ${previousTerm}, not ${known.previousTerm}`
    })
  }

  /** A new change in a leader's log: the term has a commit (R2), and no other change is on its way. */
  #mayChange({ view, member }: Life, entry: Entry): void {
    if (view.role !== 'leader' || entry.term !== view.term) return
    promise(view.termAt(view.commit) === view.term, 'change-guard', () => {
      return `${member} changes the membership before term ${view.term} has committed anything`
    })
    // What this very step has committed is not in the record yet.
    const index = Math.max(this.#committed.index, view.commit)
    const changes: number[] = []
    for (let place = Math.max(index + 1, view.firstIndex); place <= view.lastIndex; place++)
      if (view.entry(place)?.kind === 'membership') changes.push(place)
    promise(changes.length <= 1, 'one-change-at-a-time', () => `${member} has changes at ${changes.join()} uncommitted`)
  }

  /** Leader completeness (§5.4): who leads has all that earlier terms committed. */
  #isComplete(life: Life): void {
    this.#seeWholeLog(life)
    const index = this.#committed.indexBefore(life.view.term)
    promise(life.view.lastIndex >= index, 'leader-completeness', () => {
      return `${life.member} leads term ${life.view.term} and ends at ${life.view.lastIndex}; ${index} is committed`
    })
    this.#agreesOnCommitted(life, index, 'leader-completeness')
  }

  #agreesOnCommitted({ view, member }: Life, index: number, invariant: string): void {
    const term = view.termAt(index)
    const committed = this.#committed.at(index)
    if (term === undefined || !committed) return // compacted away here, or genesis
    promise(term === committed.term, invariant, () => `${member} has term ${term} at ${index}, not ${committed.term}`)
  }

  #commits(life: Life): void {
    const { view, seen, member } = life
    const isFirst = view.commit > this.#committed.index
    if (isFirst) {
      promise(view.role === 'leader' || seen.role === 'leader', 'commit-by-quorum', () => {
        return `${member}, a ${view.role}, commits ${view.commit} before any leader`
      })
      this.#isOnQuorum(life)
    }
    for (let index = Math.max(seen.commit + 1, view.firstIndex); index <= view.commit; index++) {
      if (index <= this.#committed.index) this.#agreesOnCommitted(life, index, 'committed-never-lost')
      else this.#committed.add(view.entry(index) as Entry, view.term, member)
    }
    promise(view.commit <= this.#committed.index, 'commit-by-quorum', () => `${member} commits ${view.commit} unseen`)
    if (isFirst) for (const other of this.#lives.values()) this.#newerLeaderHasIt(other, view.term)
  }

  /** What is committed now is on the disks of a quorum, and its last entry is of the leader's own term (Figure 8). */
  #isOnQuorum({ view, seen, member }: Life): void {
    const index = view.commit
    const term = view.termAt(index) ?? -1
    promise(term === view.term, 'commit-own-term', () => `${member} commits ${index} of term ${term} in ${view.term}`)
    // The commit may itself have put another membership in force; it was counted in one of the two.
    const isDurable = [view.membership, seen.membership].some(membership =>
      isQuorum(membership, voter => this.#isOnDisk(voter, index, term)),
    )
    promise(isDurable, 'commit-by-quorum', () => {
      const holders = [...this.#disks.keys()].filter(voter => this.#isOnDisk(voter, index, term))
      return `${member} commits ${index}, which is on the disks of ${holders.join()} only: ${JSON.stringify(view.membership)}`
    })
  }

  #isOnDisk(member: MemberId, index: number, term: number): boolean {
    const disk = this.#disks.get(member)
    return disk !== undefined && hadDurably(disk, member, index, term)
  }

  #newerLeaderHasIt(other: Life, term: number): void {
    if (other.view.role !== 'leader' || other.view.term <= term) return
    const index = this.#committed.indexBefore(other.view.term)
    promise(
      other.view.lastIndex >= index,
      'leader-completeness',
      () => `${other.member} lacks ${index}, just committed`,
    )
    this.#agreesOnCommitted(other, index, 'leader-completeness')
  }
}
