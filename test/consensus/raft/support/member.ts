/** One member in a room: the machine under test, its disk, and a state machine that remembers the payloads it was given. */
import type { RaftOverrides } from '../../../../src/consensus/raft/config.ts'
import type { Entry, MemberChange, MemberId, Snapshot } from '../../../../src/consensus/raft/messages.ts'
import type { Effect, Input, Raft, RaftConfig, RaftView, RestoredState } from '../../../../src/consensus/raft/state.ts'
import { Disk } from './disk.ts'
import type { Room } from './room.ts'

interface Life {
  readonly epoch?: number
  readonly chance?: number
}

export class Member {
  readonly id: MemberId
  readonly room: Room
  readonly config: RaftConfig
  readonly host: string
  readonly raft: Raft
  readonly disk: Disk
  /** Payloads the state machine holds, in order. */
  applied: unknown[] = []
  /** Entries it was given since it started. */
  readonly entries: Entry[] = []
  readonly effects: Effect[] = []
  readonly #inputs: Input[] = []
  isDown = false
  /** Whether it answers `snapshot-needed`. */
  takesSnapshots = true
  /** The next election timeout's place in [T, 2T), from [0, 1). */
  chance: number

  constructor(room: Room, state: RestoredState, overrides: RaftOverrides & Life, disk?: Disk) {
    this.id = state.member
    this.room = room
    this.disk = disk ?? new Disk(state)
    const { epoch = 1, chance = 0.5, timing, limits, preVote, checkQuorum } = overrides
    this.chance = chance
    const random = { next: () => this.chance }
    const chosen = { ...(timing && { timing }), ...(limits && { limits }), preVote: preVote ?? true }
    const identity = { member: state.member, generation: state.generation, epoch, random }
    this.config = room.core.raftConfig('lab', identity, { ...chosen, checkQuorum: checkQuorum ?? true })
    this.host = `${state.member}/${epoch}`
    this.applied = [...((state.snapshot.data as unknown[] | null) ?? [])]
    this.raft = room.core.createRaft(this.config, state)
  }

  get view(): RaftView {
    return this.raft.view
  }

  /** One input after the other, never one inside another's effects. Returns the effects of this one. */
  step(input: Input): readonly Effect[] {
    if (this.isDown) throw new Error(`${this.id} is down`)
    this.#inputs.push(input)
    if (this.#inputs.length > 1) return []
    let own: readonly Effect[] | undefined
    for (let next = this.#inputs[0]; next !== undefined; next = this.#inputs[0]) {
      const effects = this.raft.step(next)
      own ??= effects
      for (const effect of effects) this.#perform(effect)
      this.#inputs.shift()
    }
    return own ?? []
  }

  #perform(effect: Effect): void {
    this.effects.push(effect)
    if (effect.kind === 'persist') this.disk.begin(effect, this.config.epoch)
    if (effect.kind === 'send')
      this.room.post({ from: this.id, to: effect.to, host: this.host, message: structuredClone(effect.message) })
    if (effect.kind === 'apply') this.#apply(effect.entries)
    if (effect.kind === 'restore') this.#restore(effect.snapshot)
    if (effect.kind === 'snapshot-needed' && this.takesSnapshots)
      this.step({ kind: 'snapshot-taken', index: effect.applied, data: [...this.applied] })
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.entries.push(entry)
      if (entry.kind === 'command') this.applied.push(entry.payload)
    }
    const last = entries[entries.length - 1]
    if (last !== undefined) this.step({ kind: 'applied', index: last.index })
  }

  #restore(snapshot: Snapshot): void {
    this.applied = [...(snapshot.data as unknown[])]
    this.step({ kind: 'applied', index: snapshot.index })
  }

  finishWrite(): boolean {
    const token = this.isDown ? undefined : this.disk.finish(this.config.epoch)
    if (token !== undefined) this.step({ kind: 'persisted', token })
    return token !== undefined
  }

  propose(...payloads: unknown[]): readonly Effect[] {
    const proposals = payloads.map(payload => ({ session: '', sequence: 0, payload, bytes: sizeOf(payload) }))
    return this.step({ kind: 'propose', proposals })
  }

  change(...changes: MemberChange[]): readonly Effect[] {
    return this.step({ kind: 'reconfigure', change: { kind: 'simple', changes } })
  }

  /** Enough silence for it to grant votes, not enough to campaign. */
  forgetLeader(): void {
    this.chance = 0.99
    const { electionTicks } = this.config
    const heard = this.view.ticksToDeadline
    if (this.view.role === 'follower' && heard > electionTicks / 2) this.step({ kind: 'tick', ticks: electionTicks })
  }

  crash(): void {
    this.isDown = true
    this.disk.crash()
  }

  /** The same disk under a new host: a restart, or an adoption by a sibling. The old machine stays as it is. */
  revive(chance?: number): Member {
    const state = this.disk.restored()
    const { room, config } = this
    const own = {
      ...room.options,
      ...room.options.of?.[this.id],
      epoch: config.epoch + 1,
      ...(chance !== undefined && { chance }),
    }
    const member = new Member(room, state, own, this.disk)
    room.members.set(this.id, member)
    return member
  }
}

export const sizeOf = (payload: unknown): number => JSON.stringify(payload).length
