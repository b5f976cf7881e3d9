/**
 * How far one member's log is known to match the leader's, and how fast it may be sent more (etcd-io/raft, tracker).
 *
 *   probe      one append, then wait for its answer or the next heartbeat's; the place where the logs agree is unknown
 *   replicate  appends follow each other without waiting, bounded by the inflights
 *   snapshot   its entries are compacted away here; nothing is sent until the snapshot is acknowledged or given up
 *
 * Invariants
 * P1  match < next, and match never falls.
 * P2  An answer that is older than what is known changes nothing.
 */
import type { RaftLimits } from '../limits.ts'
import type { MemberId } from '../messages.ts'
import type { ProgressView } from '../state.ts'
import { Inflights } from './inflights.ts'

export class Progress {
  readonly member: MemberId
  readonly inflights = new Inflights()
  state: ProgressView['state'] = 'probe'
  /** Highest index known to be durable there and equal to the leader's. */
  match = 0
  /** Next index to send. */
  next: number
  /** Highest commit index that a message told it, if nothing was lost. */
  toldCommit = 0
  /** Last heartbeat round it answered. */
  round = 0
  /** Heard from since the last quorum check. A new member counts as heard, so that adding one deposes nobody. */
  isActive = true
  /** Probing, and the one append is on its way. */
  isWaiting = false
  snapshotIndex = 0
  /** Ticks since the snapshot was sent. */
  snapshotTicks = 0

  constructor(member: MemberId, next: number) {
    this.member = member
    this.next = next
  }

  isPaused(limits: RaftLimits): boolean {
    if (this.state === 'snapshot') return true
    if (this.state === 'probe') return this.isWaiting
    return this.inflights.isFull(limits.inflightMessagesMax, limits.inflightBytesMax)
  }

  sentAppend(lastIndex: number, bytes: number): void {
    if (this.state === 'probe') this.isWaiting = true
    else if (lastIndex >= this.next) {
      this.next = lastIndex + 1
      this.inflights.add(lastIndex, bytes)
    }
  }

  /** A snapshot is due and nobody is there: wait for a sign of life. */
  awaitSign(): void {
    this.state = 'probe'
    this.isWaiting = true
    this.inflights.clear()
  }

  sentSnapshot(index: number): void {
    this.state = 'snapshot'
    this.snapshotIndex = index
    this.snapshotTicks = 0
    this.inflights.clear()
  }

  /** Everything up to `index` is durable there; our log begins at `firstIndex` (of no interest for our own copy). Whether that was news. */
  acknowledged(index: number, firstIndex = 1): boolean {
    const isNews = index > this.match
    if (isNews) this.match = index
    this.next = Math.max(this.next, index + 1)
    if (this.state === 'replicate') this.inflights.freeTo(index)
    // Waiting for a snapshot is over when our log reaches back to what it has, by whatever snapshot it got there.
    else if (this.state === 'probe' ? index >= this.match : this.match + 1 >= firstIndex) this.#replicate()
    return isNews
  }

  /** It has no (prevIndex, term) entry; the logs may agree at `agreeable`. Whether probing must go on. */
  refused(prevIndex: number, agreeable: number): boolean {
    if (this.state === 'replicate') {
      if (prevIndex <= this.match) return false
      this.probe()
      return true
    }
    if (this.state === 'snapshot' || this.next - 1 !== prevIndex) return false
    this.next = Math.max(Math.min(prevIndex, agreeable + 1), this.match + 1)
    this.isWaiting = false
    return true
  }

  probe(): void {
    // After a snapshot that may yet arrive, probe just above it: should it be there, it is not sent again.
    this.next = this.state === 'snapshot' ? Math.max(this.match, this.snapshotIndex) + 1 : this.match + 1
    this.state = 'probe'
    this.isWaiting = false
    this.inflights.clear()
  }

  #replicate(): void {
    this.state = 'replicate'
    this.next = this.match + 1
    this.isWaiting = false
    this.inflights.clear()
  }
}
