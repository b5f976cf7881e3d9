/**
 * The log: entries after a boundary, in memory, and how much of it is handed to the disk, durable, and committed.
 *
 * Invariants
 * L1  Indices have no gap: entries[i] has index boundary + 1 + i.
 * L2  What is committed is never truncated.
 * L3  durable <= saved <= lastIndex, and all that is at or below `durable` is on disk as it is here.
 */
import { invariant } from '../../base/invariant.ts'
import type { Entry, Snapshot } from './messages.ts'
import type { RestoredState } from './state.ts'

export class Log {
  #entries: Entry[]
  #boundary: number
  #boundaryTerm: number
  #boundaryTimeMs: number
  commit: number
  /** Last index that was given to a write, finished or not. */
  saved: number
  durable: number

  constructor({ entries, snapshot, hard, applied }: RestoredState) {
    const first = entries[0]
    const isLater = first === undefined || first.index > snapshot.index
    // Trailing entries begin below the snapshot; the term before the first of them is unknown, so it becomes the boundary.
    this.#boundary = isLater ? snapshot.index : first.index
    this.#boundaryTerm = isLater ? snapshot.term : first.term
    this.#boundaryTimeMs = isLater ? snapshot.timeMs : first.timeMs
    this.#entries = isLater ? [...entries] : entries.slice(1)
    for (const [place, entry] of this.#entries.entries())
      invariant(entry.index === this.#boundary + 1 + place, `stored log has a gap before ${entry.index}`)
    invariant(applied >= snapshot.index, `applied ${applied}, but the entries up to ${snapshot.index} may be gone`)
    // A state machine with a disk of its own may be ahead of the stored commit index, which is written only now and then.
    this.commit = Math.max(hard.commit, snapshot.index, applied)
    this.saved = this.lastIndex
    this.durable = this.lastIndex
    invariant(this.commit <= this.lastIndex, `stored commit ${this.commit} beyond the log's end ${this.lastIndex}`)
    invariant(this.termAt(snapshot.index) === snapshot.term, 'stored log does not fit the stored snapshot')
  }

  get firstIndex(): number {
    return this.#boundary + 1
  }

  get lastIndex(): number {
    return this.#boundary + this.#entries.length
  }

  get lastTerm(): number {
    return this.#entries.length === 0 ? this.#boundaryTerm : (this.#entries[this.#entries.length - 1] as Entry).term
  }

  /** Logical time of the last entry, ms. */
  get lastTimeMs(): number {
    return this.#entries.length === 0 ? this.#boundaryTimeMs : (this.#entries[this.#entries.length - 1] as Entry).timeMs
  }

  /** Entries in memory. */
  get length(): number {
    return this.#entries.length
  }

  entry(index: number): Entry | undefined {
    return this.#entries[index - this.#boundary - 1]
  }

  /** Of an entry or of the boundary; undefined where this log knows nothing. */
  termAt(index: number): number | undefined {
    return index === this.#boundary ? this.#boundaryTerm : this.#entries[index - this.#boundary - 1]?.term
  }

  /** Whether a log that ends there has all that this one might have committed (Raft paper, §5.4.1; R21). */
  isUpToDate(lastTerm: number, lastIndex: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex)
  }

  append(entry: Entry): void {
    invariant(entry.index === this.lastIndex + 1, () => `gap: ${entry.index} after ${this.lastIndex}`)
    this.#entries.push(entry)
  }

  truncateFrom(index: number): void {
    invariant(index > this.commit, `truncating ${index}, committed up to ${this.commit}`)
    this.#entries.length = index - this.#boundary - 1
    this.saved = Math.min(this.saved, index - 1)
    this.durable = Math.min(this.durable, index - 1)
  }

  /** Entries from `from` to `to`, both included. */
  slice(from: number, to: number): Entry[] {
    return this.#entries.slice(from - this.#boundary - 1, to - this.#boundary)
  }

  /** The last index of a batch that begins at `from`: at least one entry, within both bounds. */
  batchEnd(from: number, entriesMax: number, bytesMax: number): number {
    const end = Math.min(this.lastIndex, from + entriesMax - 1)
    let bytes = 0
    for (let index = from; index <= end; index++) {
      bytes += (this.#entries[index - this.#boundary - 1] as Entry).bytes
      if (bytes > bytesMax && index > from) return index - 1
    }
    return end
  }

  /** The last index, not above `index`, whose term is at most `term`: where two conflicting logs may still agree (R26). */
  lastAgreeable(index: number, term: number): number {
    let at = Math.min(index, this.lastIndex)
    while (at > this.#boundary && (this.termAt(at) as number) > term) at--
    return at
  }

  /** Forgets entries up to `index`, which becomes the boundary. */
  compactTo(index: number): void {
    if (index <= this.#boundary) return
    invariant(index <= this.commit, `compacting ${index}, committed up to ${this.commit}`)
    const last = this.entry(index)
    invariant(last !== undefined, `compacting ${index}, log ends at ${this.lastIndex}`)
    this.#entries.splice(0, index - this.#boundary)
    this.#boundary = index
    this.#boundaryTerm = last.term
    this.#boundaryTimeMs = last.timeMs
  }

  /** Begins anew after a snapshot that has nothing in common with this log. Nothing of it is durable yet. */
  reset(snapshot: Snapshot): void {
    this.#entries = []
    this.#boundary = snapshot.index
    this.#boundaryTerm = snapshot.term
    this.#boundaryTimeMs = snapshot.timeMs
    this.commit = snapshot.index
    this.saved = snapshot.index
    this.durable = 0
  }
}
