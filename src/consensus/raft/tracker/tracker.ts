/** The leader's view of everybody it replicates to, arranged so that a quorum costs no allocation. */
import { membersOf } from '../confchange.ts'
import type { MemberId, Membership } from '../messages.ts'
import { reachedByBoth } from '../quorum.ts'
import { Progress } from './progress.ts'

export class Tracker {
  readonly #self: MemberId
  readonly #members = new Map<MemberId, Progress>()
  #incoming: Progress[] = []
  #outgoing: Progress[] = []
  /** Everybody but the leader. */
  others: Progress[] = []
  // Scratch, so that counting a quorum allocates nothing.
  readonly #reachedIncoming: number[] = []
  readonly #reachedOutgoing: number[] = []

  constructor(self: MemberId, membership: Membership, next: number) {
    this.#self = self
    this.update(membership, next)
  }

  /** Follows a change of membership; who stays keeps its progress. Returns those who are dropped. */
  update(membership: Membership, next: number): Progress[] {
    const members = membersOf(membership)
    const dropped = [...this.#members.values()].filter(progress => !members.has(progress.member))
    for (const { member } of dropped) this.#members.delete(member)
    for (const member of members) if (!this.#members.has(member)) this.#members.set(member, new Progress(member, next))
    this.#incoming = this.#progressOf(membership.voters)
    this.#outgoing = this.#progressOf(membership.outgoing)
    this.others = [...this.#members.values()].filter(progress => progress.member !== this.#self)
    return dropped
  }

  get(member: MemberId): Progress | undefined {
    return this.#members.get(member)
  }

  all(): Progress[] {
    return [...this.#members.values()]
  }

  /** Highest index that a quorum has made durable. */
  quorumMatch(): number {
    return this.#reachedByQuorum(voter => voter.match)
  }

  /** Latest heartbeat round that a quorum has answered. */
  quorumRound(): number {
    return this.#reachedByQuorum(voter => voter.round)
  }

  /** Whether a quorum was heard from since the last time this was asked. */
  takeQuorumActive(): boolean {
    const isActive = this.#reachedByQuorum(voter => (voter.isActive || voter.member === this.#self ? 1 : 0)) === 1
    for (const progress of this.others) progress.isActive = false
    return isActive
  }

  #reachedByQuorum(reached: (voter: Progress) => number): number {
    collect(this.#incoming, reached, this.#reachedIncoming)
    collect(this.#outgoing, reached, this.#reachedOutgoing)
    return reachedByBoth(this.#reachedIncoming, this.#reachedOutgoing)
  }

  #progressOf(members: readonly MemberId[]): Progress[] {
    return members.flatMap(member => this.#members.get(member) ?? [])
  }
}

function collect(voters: readonly Progress[], reached: (voter: Progress) => number, into: number[]): void {
  if (into.length !== voters.length) into.length = voters.length // even the same length costs a call
  for (let place = 0; place < voters.length; place++) into[place] = reached(voters[place] as Progress)
}
