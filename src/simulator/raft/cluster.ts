/** The members of one run: their nodes and disks, who is gone for good, and who leads. */
import type { MemberId, Membership, MembershipChange } from '../../consensus/raft/messages.ts'
import type { Node } from '../world/node.ts'
import type { World } from '../world/world.ts'
import { Journal } from './journal.ts'
import { MEMBERS_EVER_MAX } from './limits.ts'
import type { RaftModule } from './load-mutant.ts'
import { Member } from './member.ts'
import type { Temper } from './options.ts'
import { everybodyIn, isQuorum, membershipAfter } from './quorum-oracle.ts'
import { memberDisk } from './storage.ts'
import type { Wire } from './wire.ts'

const generation = 'genesis'

export class Cluster {
  readonly world: World<Wire>
  readonly journal: Journal
  readonly nodes = new Map<MemberId, Node<Wire>>()
  readonly #raft: RaftModule
  readonly #temper: Temper

  constructor(world: World<Wire>, raft: RaftModule, temper: Temper, voters: number) {
    this.world = world
    this.#raft = raft
    this.#temper = temper
    const ids = Array.from({ length: voters }, (_, place) => `m${place + 1}` as MemberId)
    const genesis = (member: MemberId) => raft.genesisState({ member, generation, voters: ids })
    const first = ids[0]
    if (first === undefined) throw new Error('a cluster needs a member')
    this.journal = new Journal(genesis(first).snapshot, temper.limits.uncommittedEntriesMax)
    for (const id of ids) this.#add(id, genesis(id))
  }

  /** A new member with an empty log, which waits to be made a learner; undefined when there were too many already. */
  join(): MemberId | undefined {
    if (this.nodes.size >= MEMBERS_EVER_MAX) return undefined
    const member = `m${this.nodes.size + 1}` as MemberId
    this.#add(member, this.#raft.joinerState({ member, generation }))
    return member
  }

  /** The machine's disk is lost, and with it the member: its id is never used again (R16). */
  wipe(member: MemberId): void {
    this.nodes.get(member)?.remove()
    const record = this.journal.disks.get(member)
    if (!record) return
    record.lost = record.disk.state
    record.disk.wipe()
  }

  isGone(member: MemberId): boolean {
    return this.nodes.get(member)?.isGone ?? true
  }

  /** Those that could run, the leader first. */
  get present(): Node<Wire>[] {
    const leader = this.leader
    const present = [...this.nodes.values()].filter(node => !node.isGone)
    return present.sort((one, other) => Number(other.name === leader) - Number(one.name === leader))
  }

  /** Who leads the highest term. */
  get leader(): MemberId | undefined {
    let best: { readonly member: MemberId; readonly term: number } | undefined
    for (const { member, view } of this.journal.lives.values())
      if (view.role === 'leader' && (!best || view.term > best.term)) best = { member, term: view.term }
    return best?.member
  }

  /**
   * Memberships by which somebody may have to win an election now: the last two that were committed (a member that has not
   * heard of the last one still counts by the one before), and changes that are in some log and not yet committed.
   */
  get membershipsInUse(): Membership[] {
    const { committed, disks, lives } = this.journal
    const inUse = committed.memberships.slice(-2).map(({ membership }) => membership)
    const logs = [...disks.values()].map(({ disk }) => disk.state.raft?.entries ?? [])
    for (const { view } of lives.values()) {
      const entries = []
      for (let index = committed.index + 1; index <= view.lastIndex; index++) entries.push(view.entry(index))
      logs.push(entries.filter(entry => entry !== undefined))
    }
    for (const log of logs) {
      for (const entry of log) {
        if (entry.kind !== 'membership' || entry.index <= committed.index) continue
        inUse.push(membershipAfter(committed.membership, entry.change))
      }
    }
    return inUse
  }

  /** Whether these members could elect a leader, whichever membership that one counts by. */
  suffices(members: (member: MemberId) => boolean): boolean {
    return this.membershipsInUse.every(membership => isQuorum(membership, members))
  }

  /** Whether enough members would be left for any quorum, should this change be made and these members be lost as well. */
  survives(change: MembershipChange | undefined, lost?: MemberId): boolean {
    const isLeft = (member: MemberId): boolean => member !== lost && !this.isGone(member)
    const { membership } = this.journal.committed
    return this.suffices(isLeft) && (!change || isQuorum(membershipAfter(membership, change), isLeft))
  }

  /** Everybody in some membership that is in use. */
  get involved(): Set<MemberId> {
    return new Set(this.membershipsInUse.flatMap(membership => [...everybodyIn(membership)]))
  }

  #add(member: MemberId, first: ReturnType<RaftModule['joinerState']>): void {
    const disk = memberDisk(this.world as unknown as World<never>, member, first)
    this.journal.disks.set(member, { disk, lost: undefined })
    const node = this.world.addNode(member)
    this.nodes.set(member, node)
    node.start(host => {
      host.atEnd(() => this.journal.ended(member))
      return new Member(host, { raft: this.#raft, temper: this.#temper, disk, journal: this.journal, generation })
    })
  }
}
