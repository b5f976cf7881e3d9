/** One machine; the other members exist only as messages that a test writes. Its writes are done at once unless held back. */
import type { RaftOverrides } from '../../../../src/consensus/raft/config.ts'
import * as realCore from '../../../../src/consensus/raft/index.ts'
import type { Entry, RaftMessage } from '../../../../src/consensus/raft/messages.ts'
import type { Effect, RaftView } from '../../../../src/consensus/raft/state.ts'
import type { RaftModule } from '../../../../src/simulator/raft/load-mutant.ts'
import { Room } from './room.ts'
import { id, type Stored, stored } from './stored.ts'

export { entry } from './stored.ts'

export interface LoneOptions extends RaftOverrides, Stored {
  readonly core?: RaftModule
  /** Its own name; 'a' unless told otherwise. */
  readonly self?: string
  readonly voters?: readonly string[]
  readonly slowDisk?: boolean
}

type WithoutSender<Message> = Message extends RaftMessage ? Omit<Message, 'sender'> : never
export type Said = WithoutSender<RaftMessage>

/** As the paper has it: no pre-vote, no quorum check. */
export const plain: RaftOverrides = { preVote: false, checkQuorum: false }

export class Lone {
  readonly room: Room
  readonly self: string

  constructor(options: LoneOptions = {}) {
    const {
      core = realCore,
      self = 'a',
      voters = ['a', 'b', 'c'],
      slowDisk,
      log,
      term,
      votedFor,
      commit,
      ...overrides
    } = options
    this.self = self
    this.room = new Room(core, [], { ...overrides, slowDisks: slowDisk ? [self] : [] })
    const genesis = core.genesisState({ member: id(self), generation: 'g1', voters: voters.map(id), data: [] })
    this.room.add(stored(genesis, options))
  }

  get view(): RaftView {
    return this.room.of(this.self).view
  }

  get applied(): readonly unknown[] {
    return this.room.of(this.self).applied
  }

  get disk() {
    return this.room.of(this.self).disk
  }

  /** What it sends in answer, and sends at once if its disk is quick. */
  receive(from: string, said: Said, sender = { generation: 'g1', epoch: 1 }): Said[] {
    const message = { ...said, sender } as RaftMessage
    this.room.step(this.self, { kind: 'message', from: id(from), host: `${from}/${sender.epoch}`, message })
    return this.#afterwards()
  }

  tick(ticks = 1): Said[] {
    for (let tick = 0; tick < ticks; tick++) this.room.step(this.self, { kind: 'tick', ticks: 1 })
    return this.#afterwards()
  }

  campaign(): Said[] {
    this.room.step(this.self, { kind: 'campaign' })
    return this.#afterwards()
  }

  propose(...payloads: unknown[]): Said[] {
    this.room.of(this.self).propose(...payloads)
    return this.#afterwards()
  }

  finishWrite(): Said[] {
    this.room.of(this.self).finishWrite()
    return this.#taken()
  }

  /** Leads, with the votes of all others; their logs are not known yet. */
  lead(): this {
    this.campaign()
    for (const voter of this.view.membership.voters) {
      if (voter === this.self || this.view.role === 'leader') continue
      this.receive(voter, { kind: 'vote-reply', term: this.view.term, pre: false, granted: true })
    }
    if (this.view.role !== 'leader') throw new Error('was not elected')
    return this
  }

  get terms(): (number | undefined)[] {
    return entriesOf(this.view).map(entry => entry.term)
  }

  effects<Kind extends Effect['kind']>(kind: Kind): Extract<Effect, { kind: Kind }>[] {
    return this.room
      .of(this.self)
      .effects.filter((effect): effect is Extract<Effect, { kind: Kind }> => effect.kind === kind)
  }

  #afterwards(): Said[] {
    if (this.room.slowDisks.size === 0) while (this.room.of(this.self).finishWrite());
    return this.#taken()
  }

  #taken(): Said[] {
    const taken = this.room.wires.map(wire => wire.message)
    this.room.wires = []
    return taken
  }
}

export function entriesOf(view: RaftView): Entry[] {
  const entries: Entry[] = []
  for (let index = view.firstIndex; index <= view.lastIndex; index++) entries.push(view.entry(index) as Entry)
  return entries
}
