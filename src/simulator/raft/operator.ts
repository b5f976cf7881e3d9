/**
 * Who changes the membership: it replaces what is lost for good, keeps enough voters, leaves joint configurations that do not
 * leave themselves, and now and then changes something for no reason at all. It asks the leader over the network like anybody.
 */
import { integerBelow } from '../../base/random.ts'
import type { MemberChange, MemberId, MembershipChange } from '../../consensus/raft/messages.ts'
import type { Actor, Host } from '../world/node.ts'
import { chance, oneOf } from '../world/random.ts'
import type { Cluster } from './cluster.ts'
import type { Wire } from './wire.ts'

/** How often it looks whether something is missing, ms. */
const roundMs = 400

export class Operator implements Actor<Wire> {
  readonly #host: Host<Wire>
  readonly #cluster: Cluster
  /** Voters that the room should have. */
  readonly #voters: number
  #asked: MembershipChange | undefined

  constructor(host: Host<Wire>, cluster: Cluster, voters: number) {
    this.#host = host
    this.#cluster = cluster
    this.#voters = voters
    host.clock.every(roundMs, () => this.#request(this.#neededChange()))
  }

  receive(): void {
    // It looks at what is in force instead of waiting for answers.
  }

  /** A change for its own sake. */
  meddle(): void {
    this.#request(this.#drawChange())
  }

  /** Whether this member can be lost without losing the quorum, also if what was asked for last is still to come. */
  canLose(member: MemberId): boolean {
    return this.#cluster.survives(this.#asked, member)
  }

  /** Asks that leadership be handed over; returns to whom. */
  transfer(): MemberId | undefined {
    const target = oneOf(this.#host.random, this.#cluster.journal.committed.membership.voters)
    if (target) this.#ask({ kind: 'transfer', target })
    return target
  }

  /** A quorum of the dead would be the end of the room: whoever changes memberships must not make one. */
  #request(change: MembershipChange | undefined): void {
    if (!change || !this.#cluster.survives(change)) return
    this.#asked = change
    this.#ask({ kind: 'reconfigure', change })
  }

  #neededChange(): MembershipChange | undefined {
    const { voters, outgoing, learners, autoLeave } = this.#cluster.journal.committed.membership
    // A joint configuration is left in its own time: while it lasts, everything must be agreed on by both halves.
    if (outgoing.length > 0) return autoLeave || chance(this.#host.random, 0.7) ? undefined : { kind: 'leave-joint' }
    const lost = [...voters, ...learners].find(member => this.#cluster.isGone(member))
    if (lost) return simple({ set: 'removed', member: lost })
    if (voters.length >= this.#voters) return undefined
    const [learner] = learners
    if (learner) return simple({ set: 'voter', member: learner })
    const spare = this.#spares()[0] ?? this.#cluster.join()
    return spare && simple({ set: 'learner', member: spare })
  }

  #drawChange(): MembershipChange | undefined {
    const random = this.#host.random
    const { voters, outgoing, learners } = this.#cluster.journal.committed.membership
    if (outgoing.length > 0) return { kind: 'leave-joint' }
    const voter = oneOf(random, voters)
    const learner = oneOf(random, learners)
    const change = (set: MemberChange['set'], member: MemberId | undefined) => member && simple({ set, member })
    switch (integerBelow(random, 8)) {
      case 0:
        return change('learner', oneOf(random, this.#spares()) ?? this.#cluster.join())
      case 1:
      case 2:
        return change('voter', learner)
      case 3:
        return voters.length > 2 ? change('removed', voter) : undefined
      case 4:
        return voters.length > 2 ? change('learner', voter) : undefined
      case 5:
        return change('removed', learner)
      default:
        return this.#drawJoint()
    }
  }

  /** Learners become voters and voters learners, or go, all at once. */
  #drawJoint(): MembershipChange | undefined {
    const random = this.#host.random
    const { voters, learners } = this.#cluster.journal.committed.membership
    const changes: MemberChange[] = learners.filter(() => chance(random, 0.7)).map(member => ({ set: 'voter', member }))
    const staying = Math.max(1, voters.length - changes.length)
    for (const member of voters.slice(0, voters.length - staying))
      changes.push({ set: chance(random, 0.5) ? 'learner' : 'removed', member })
    return changes.length > 0 ? { kind: 'enter-joint', changes, autoLeave: chance(random, 0.3) } : undefined
  }

  /** Members that exist, take part in nothing, and could. */
  #spares(): MemberId[] {
    const { involved, present } = this.#cluster
    return present.map(node => node.name as MemberId).filter(member => !involved.has(member))
  }

  #ask(wire: Wire): void {
    const leader = this.#cluster.leader
    if (leader) this.#host.send(leader, wire)
  }
}

function simple(change: MemberChange): MembershipChange {
  return { kind: 'simple', changes: [change] }
}
