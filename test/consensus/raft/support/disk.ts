/** A disk in memory: at most one write under way, which a crash loses whole. */
import type { Entry, HardState, MemberId, Snapshot } from '../../../../src/consensus/raft/messages.ts'
import type { Effect, RestoredState } from '../../../../src/consensus/raft/state.ts'

type Write = Extract<Effect, { kind: 'persist' }>

export class Disk {
  readonly member: MemberId
  readonly generation: string
  hard: HardState
  snapshot: Snapshot
  entries: readonly Entry[]
  pending: Write | undefined

  constructor(state: RestoredState) {
    this.member = state.member
    this.generation = state.generation
    this.hard = state.hard
    this.snapshot = state.snapshot
    this.entries = state.entries
  }

  /** The life that owns the disk: an earlier one's writes are refused in their own transaction (DESIGN, section 6). */
  epoch = 0

  begin(write: Write, epoch: number): void {
    if (epoch < this.epoch) return
    this.epoch = epoch
    if (this.pending !== undefined) throw new Error('two writes under way (D2)')
    this.pending = write
  }

  /** The token of the write that is durable now. */
  finish(epoch: number): number | undefined {
    const write = this.pending
    if (write === undefined || epoch < this.epoch) return undefined
    this.hard = write.hard
    this.snapshot = write.snapshot ?? this.snapshot
    const kept = this.entries.filter(entry => entry.index >= write.keepFrom && entry.index <= write.keepTo)
    this.entries = [...kept, ...write.entries]
    this.pending = undefined
    return write.token
  }

  crash(): void {
    this.pending = undefined
  }

  /** What a restarted member finds; its state machine begins from the snapshot. */
  restored(): RestoredState {
    const { member, generation, hard, snapshot, entries } = this
    return { member, generation, hard, snapshot, entries, applied: snapshot.index }
  }
}
