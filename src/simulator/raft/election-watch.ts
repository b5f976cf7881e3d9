/** Promises about terms, votes, leaders, and who may speak for a member. */
import type { MemberId, Membership, RaftMessage } from '../../consensus/raft/messages.ts'
import type { Effect, Input } from '../../consensus/raft/state.ts'
import { promise } from '../world/violation.ts'
import type { Life } from './journal.ts'
import { everybodyIn, isQuorum } from './quorum-oracle.ts'

export class ElectionWatch {
  readonly #leaders = new Map<number, string>()
  /** Whom a member voted for in a term, over all its lives. */
  readonly #votes = new Map<string, MemberId>()
  /** Which life of a member used an epoch. */
  readonly #hosts = new Map<MemberId, Map<number, number>>()

  /** In which somebody led. */
  get terms(): number {
    return this.#leaders.size
  }

  check({ member, life, view, seen }: Life): void {
    promise(view.term >= seen.term, 'term-monotonic', () => `${member} fell from term ${seen.term} to ${view.term}`)
    if (view.role !== 'leader') return
    const name = `${member}/${life}`
    const known = this.#leaders.get(view.term)
    if (known === undefined) {
      this.#leaders.set(view.term, name)
      this.#isElected(member, view.term, seen.membership)
    } else promise(known === name, 'election-safety', () => `${known} and ${name} both lead term ${view.term}`)
  }

  /** By a quorum of what was in force here when the last vote came; that step may itself have committed another membership. */
  #isElected(leader: MemberId, term: number, membership: Membership): void {
    const isFor = (voter: MemberId): boolean => voter === leader || this.#votes.get(`${voter}@${term}`) === leader
    promise(isQuorum(membership, isFor), 'elected-by-quorum', () => {
      const voters = [...everybodyIn(membership)].filter(isFor)
      return `${leader} leads term ${term} with the votes of ${voters.join()} only: ${JSON.stringify(membership)}`
    })
  }

  stepped(life: Life, input: Input, effects: readonly Effect[]): void {
    if (input.kind !== 'message') return
    const { from, host, message } = input
    this.#isFenced(life, from, host, message.sender.epoch, effects)
    if (message.kind === 'vote-request' && !message.pre) this.#isUpToDate(life, from, message)
  }

  /** E2: a new vote is for a log that has all that ours has. */
  #isUpToDate(life: Life, from: MemberId, request: Extract<RaftMessage, { kind: 'vote-request' }>): void {
    const { view, seen, member } = life
    const isNew = seen.term !== view.term || seen.votedFor !== view.votedFor
    if (!isNew || view.votedFor !== from || view.term !== request.term) return
    const lastTerm = view.termAt(view.lastIndex) ?? 0
    const { lastIndex } = view
    const isBehind = request.lastTerm < lastTerm || (request.lastTerm === lastTerm && request.lastIndex < lastIndex)
    promise(!isBehind, 'vote-up-to-date', () => {
      return `${member} at ${lastIndex}/${lastTerm} votes for ${from} at ${request.lastIndex}/${request.lastTerm}`
    })
  }

  /** F2, F3: an earlier life of a member, or a second host of the same one, is not listened to. */
  #isFenced(life: Life, from: MemberId, host: string, epoch: number, effects: readonly Effect[]): void {
    const { heard } = life
    const known = heard.get(from)
    const isFenced = known && (epoch < known.epoch || (epoch === known.epoch && host !== known.host))
    if (!isFenced) {
      if (!known || epoch > known.epoch) heard.set(from, { epoch, host })
      return
    }
    promise(
      effects.every(effect => effect.kind === 'dropped'),
      'epoch-fence',
      () => `${life.member} listens to epoch ${epoch} of ${from} after ${known.epoch}`,
    )
  }

  sent({ member, life, disk }: Life, to: MemberId, message: RaftMessage): void {
    this.#isOnlyHost(member, message.sender.epoch, life)
    if (message.kind === 'vote-request' && !message.pre) this.#vote(member, member, message.term, disk)
    if (message.kind === 'vote-reply' && !message.pre && message.granted) this.#vote(member, to, message.term, disk)
  }

  #isOnlyHost(member: MemberId, epoch: number, life: number): void {
    const hosts = this.#hosts.get(member) ?? new Map<number, number>()
    if (hosts.size === 0) this.#hosts.set(member, hosts)
    const host = hosts.get(epoch)
    if (host === undefined) hosts.set(epoch, life)
    else promise(host === life, 'one-host-per-epoch', () => `lives ${host} and ${life} both act as ${member}/${epoch}`)
  }

  #vote(member: MemberId, candidate: MemberId, term: number, disk: Life['disk']): void {
    const key = `${member}@${term}`
    const known = this.#votes.get(key)
    if (known === undefined) this.#votes.set(key, candidate)
    else
      promise(known === candidate, 'one-vote-per-term', () => `${member} votes for ${known} and ${candidate}: ${term}`)
    const hard = disk.state.raft?.hard
    const isDurable = hard && (hard.term > term || (hard.term === term && hard.votedFor === candidate))
    promise(isDurable, 'durable-before-promise', () => `${member} votes in term ${term} before it is on its disk`)
  }
}
