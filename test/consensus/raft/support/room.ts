/**
 * Some members, their disks and the wires between them, moved one step at a time by a test. Nothing happens by itself: messages
 * lie on the wire until they are delivered, writes are under way until they are finished.
 */

export { id } from './stored.ts'

import type { RaftOverrides } from '../../../../src/consensus/raft/config.ts'
import type { MemberId, RaftMessage } from '../../../../src/consensus/raft/messages.ts'
import type { Effect, Input, RaftConfig, RestoredState } from '../../../../src/consensus/raft/state.ts'
import type { RaftModule } from '../../../../src/simulator/raft/load-mutant.ts'
import { Member } from './member.ts'
import { id, type Stored, stored } from './stored.ts'

export interface Wire {
  readonly from: MemberId
  readonly to: MemberId
  readonly host: string
  readonly message: RaftMessage
}

export interface RoomOptions extends RaftOverrides {
  readonly generation?: string
  /** Members that start from nothing and wait to be added. */
  readonly joiners?: readonly string[]
  /** Options of single members, against the common ones. */
  readonly of?: Readonly<Record<string, RaftOverrides>>
  /** Writes wait for `finishWrite` instead of being done when the wires are. */
  readonly slowDisks?: readonly string[]
}

export class Room {
  readonly core: RaftModule
  readonly options: RoomOptions
  readonly members = new Map<MemberId, Member>()
  /** On its way, oldest first. */
  wires: Wire[] = []
  /** Everything that was ever sent. */
  readonly sent: Wire[] = []
  readonly #cuts = new Set<string>()
  readonly slowDisks: Set<string>

  constructor(core: RaftModule, voters: readonly string[], options: RoomOptions = {}) {
    this.core = core
    this.options = options
    this.slowDisks = new Set(options.slowDisks)
    const generation = options.generation ?? 'g1'
    for (const voter of voters)
      this.add(core.genesisState({ member: id(voter), generation, voters: voters.map(id), data: [] }))
    for (const joiner of options.joiners ?? []) this.add(core.joinerState({ member: id(joiner), generation }))
  }

  /** Brings a member to life from a given state, whatever it was before. */
  add(state: RestoredState, overrides: RaftOverrides = {}): Member {
    const member = new Member(this, state, { ...this.options, ...this.options.of?.[state.member], ...overrides })
    this.members.set(state.member, member)
    return member
  }

  /** Members with these logs on their disks, in their order in `logs`; who is missing there begins at genesis. */
  static withLogs(core: RaftModule, logs: Readonly<Record<string, Stored>>, options: RoomOptions = {}): Room {
    const room = new Room(core, [], options)
    const voters = Object.keys(logs).map(id)
    for (const member of voters) {
      const genesis = core.genesisState({ member, generation: options.generation ?? 'g1', voters, data: [] })
      room.add(stored(genesis, logs[member] ?? {}))
    }
    return room
  }

  of(name: string): Member {
    const member = this.members.get(id(name))
    if (member === undefined) throw new Error(`no member ${name}`)
    return member
  }

  step(name: string, input: Input): readonly Effect[] {
    return this.of(name).step(input)
  }

  post(wire: Wire): void {
    this.sent.push(wire)
    this.wires.push(wire)
  }

  /** No message goes from one to the other any more, nor does what is on its way. */
  cutOneWay(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
  }

  cut(one: string, other: string): void {
    this.cutOneWay(one, other)
    this.cutOneWay(other, one)
  }

  isolate(name: string): void {
    for (const other of this.members.keys()) if (other !== name) this.cut(name, other)
  }

  heal(): void {
    this.#cuts.clear()
  }

  /** Delivers the wires that match, once, in order; the others stay. Returns how many there were. */
  deliver(matches: (wire: Wire) => boolean = () => true): number {
    const due = this.wires.filter(matches)
    this.wires = this.wires.filter(wire => !matches(wire))
    for (const wire of due) this.hand(wire)
    return due.length
  }

  hand(wire: Wire): void {
    const receiver = this.members.get(wire.to)
    if (receiver === undefined || receiver.isDown || this.#cuts.has(`${wire.from}>${wire.to}`)) return
    receiver.step({ kind: 'message', from: wire.from, host: wire.host, message: structuredClone(wire.message) })
  }

  /** Loses the wires that match. */
  lose(matches: (wire: Wire) => boolean = () => true): void {
    this.wires = this.wires.filter(wire => !matches(wire))
  }

  /** Until nothing (that matches) is on its way and no (fast) disk is busy. */
  settle(matches: (wire: Wire) => boolean = () => true): void {
    for (let round = 0; round < SETTLE_ROUNDS_MAX; round++) {
      const written = [...this.members.values()].filter(
        member => !this.slowDisks.has(member.id) && member.finishWrite(),
      )
      if (this.deliver(matches) + written.length === 0) return
    }
    throw new Unsettled(`still busy after ${SETTLE_ROUNDS_MAX} rounds`)
  }

  /** Time passes for everybody who is awake, one tick at a time, with all that follows from it. */
  pass(ticks: number, awake: readonly string[] = [...this.members.keys()]): void {
    for (let tick = 0; tick < ticks; tick++) {
      for (const name of awake) if (!this.of(name).isDown) this.step(name, { kind: 'tick', ticks: 1 })
      this.settle()
    }
  }

  /** Makes this member the leader of everybody it can reach; the others have been silent long enough to agree. */
  elect(name: string): void {
    for (const member of this.members.values())
      if (member.id !== name && !member.isDown && member.view.leader !== member.id) member.forgetLeader()
    this.step(name, { kind: 'campaign' })
    this.settle()
    if (this.of(name).view.role !== 'leader') throw new Unsettled(`${name} was not elected`)
    this.pass(this.config.heartbeatTicks)
  }

  /** Members whose logs, state machines and memberships are the same as this one's. */
  agreesWith(name: string): string[] {
    const known = (member: Member) => JSON.stringify([member.applied, member.view.membership, member.view.commit])
    return [...this.members.values()]
      .filter(one => !one.isDown && known(one) === known(this.of(name)))
      .map(one => one.id)
  }

  get config(): RaftConfig {
    const [first] = this.members.values()
    if (first === undefined) throw new Error('an empty room')
    return first.config
  }

  get leaders(): string[] {
    return [...this.members.values()]
      .filter(member => member.view.role === 'leader' && !member.isDown)
      .map(one => one.id)
  }
}

/** The machines never became quiet, or a leader never emerged: as much a failure as a wrong answer. */
export class Unsettled extends Error {
  override readonly name = 'Unsettled'
}

const SETTLE_ROUNDS_MAX = 1_000
