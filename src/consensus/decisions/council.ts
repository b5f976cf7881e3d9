/**
 * What this peer knows of the room's deciding: its history, the members, who hosts them, who leads, and which members live here.
 * Nothing here sends anything.
 */
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { PeerInfo } from '../../mesh/types.ts'
import type { MemberId, Membership } from '../raft/messages.ts'
import { majorityOf } from '../raft/quorum.ts'
import type { RaftView } from '../raft/state.ts'
import { HostTable } from './host-table.ts'
import type { HostedMember } from './hosted.ts'
import { electionsKept, silentVotersMs } from './limits.ts'
import { isDecision, type RegisterCommand } from './register/operations.ts'
import type { ElectionRecord, LeaderInfo, QuorumView } from './types.ts'
import type { GenerationInfo, Roster } from './wire.ts'

export interface CouncilEvents {
  /** Another leader, or none. */
  leader: LeaderInfo | undefined
  /** Anything that a view shows. */
  change: undefined
}

interface Told extends Membership, Pick<Roster, 'asOf'> {}

const nobody: Told = { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false, asOf: 0 }

export class Council {
  readonly self: { readonly peer: PeerId; readonly session: SessionId; readonly browser: string }
  readonly table = new HostTable()
  readonly hosted = new Map<MemberId, HostedMember>()
  readonly events = new Emitter<CouncilEvents>()
  readonly elections: ElectionRecord[] = []
  readonly #clock: Clock
  readonly #peers = new Map<PeerId, PeerInfo>()
  #generation: GenerationInfo | undefined
  /** Of a room whose members live elsewhere. */
  #told: Told = nobody
  #toldLeader: { readonly member: MemberId; readonly term: number } | undefined
  #leader: LeaderInfo | undefined
  #leaderlessSinceMs: number | undefined

  constructor(clock: Clock, self: Council['self']) {
    this.#clock = clock
    this.self = self
  }

  // --- the room

  peerIsHere(peer: PeerInfo): void {
    this.#peers.set(peer.id, peer)
    this.changed()
  }

  peerIsGone(peer: PeerId, session: SessionId): void {
    if (this.#peers.get(peer)?.session === session) this.#peers.delete(peer)
    this.changed()
  }

  get peers(): ReadonlyMap<PeerId, PeerInfo> {
    return this.#peers
  }

  // --- the history

  /** Which history it is: asked for with each change that is applied, when all the log behind it must not be looked through. */
  get generationId(): string | undefined {
    return this.#generation?.id
  }

  get generation(): GenerationInfo | undefined {
    const known = this.#generation
    if (!known) return undefined
    const here = [...this.hosted.values()]
    const decided = Math.max(known.decided, ...here.map(decidedAtMost))
    const origin = here.find(({ register }) => register.origin.bornAtMs > 0)?.register.origin
    const { bornAtMs, parent } = origin ?? known
    return { id: known.id, bornAtMs, decided, ...(parent && { parent }) }
  }

  follow(generation: GenerationInfo | undefined): void {
    const isOther = this.#generation?.id !== generation?.id
    this.#generation = generation
    if (isOther) {
      this.table.reset(generation?.id)
      this.#told = nobody
      this.#toldLeader = undefined
      this.elections.length = 0
    }
    this.changed()
  }

  /** Somebody knows of more decisions in our history than we did. */
  heardDecided(decided: number): void {
    if (this.#generation && decided > this.#generation.decided) this.#generation = { ...this.#generation, decided }
  }

  // --- the members

  /** By the copy here that is the furthest, or by what others told. */
  get membership(): Membership {
    return this.#bestView?.membership ?? this.#told
  }

  /** The same, to be told. */
  get roster(): Roster {
    const { voters, outgoing, learners } = this.membership
    const asOf = this.#bestView?.commit ?? this.#told.asOf
    return { voters: [...voters], outgoing: [...outgoing], learners: [...learners], asOf }
  }

  get #bestView(): RaftView | undefined {
    const view = this.bestCopy?.driver.view
    return view && view.membership.voters.length > 0 ? view : undefined
  }

  /** A tab may find its siblings' history on disk before it has met any of them: then it knows the history, and nobody in it. */
  get knowsVoters(): boolean {
    return this.membership.voters.length > 0
  }

  /** Of two the later counts, but what the leader's host says always does: nobody else's number outlasts it. */
  toldRoster(roster: Roster, by: PeerId): void {
    const isNews = roster.asOf >= this.#told.asOf || by === this.#leader?.host
    if (roster.voters.length > 0 && isNews) this.#told = { ...nobody, ...roster }
  }

  /** The hosted member that has applied the most; a leader before others. */
  get bestCopy(): HostedMember | undefined {
    const worth = ({ driver: { view } }: HostedMember) => view.applied + (view.role === 'leader' ? 0.5 : 0)
    return [...this.hosted.values()].reduce<HostedMember | undefined>(
      (best, one) => (best && worth(best) >= worth(one) ? best : one),
      undefined,
    )
  }

  /** Some member here holds what was decided; one that waits to be added holds nothing. */
  get hasCopy(): boolean {
    return [...this.hosted.values()].some(({ driver }) => driver.view.snapshot.index > 0)
  }

  get leading(): HostedMember | undefined {
    return [...this.hosted.values()].find(({ driver }) => driver.view.role === 'leader')
  }

  isLive(member: MemberId): boolean {
    return this.liveHostOf(member) !== undefined
  }

  liveHostOf(member: MemberId): PeerId | undefined {
    if (this.hosted.has(member)) return this.self.peer
    const record = this.table.get(member)
    return record && this.#peers.get(record.peer)?.session === record.session ? record.peer : undefined
  }

  deviceOf(peer: PeerId): string | undefined {
    return peer === this.self.peer ? this.self.browser : this.#peers.get(peer)?.browser
  }

  get quorum(): QuorumView {
    const { voters } = this.membership
    const needs = voters.length === 0 ? 1 : majorityOf(voters.length)
    const tolerates = Math.max(0, voters.length - needs)
    const live = voters.filter(voter => this.isLive(voter)).length
    const noun = voters.length === 1 ? 'voter' : 'voters'
    const sentence = `${voters.length} ${noun}: needs ${needs}, tolerates ${tolerates}`
    return { voters: voters.length, needs, tolerates, live, sentence }
  }

  // --- the leader

  get leader(): LeaderInfo | undefined {
    return this.#leader
  }

  /** How long there have been voters, and none of them led, ms; 0 while one does. */
  get leaderlessMs(): number {
    return this.#leaderlessSinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#leaderlessSinceMs
  }

  /** Too few voters must be answering each other, whoever seems to be here. */
  get isLeaderlessForLong(): boolean {
    return this.leaderlessMs >= silentVotersMs
  }

  toldLeader(member: MemberId, term: number): void {
    if (term >= (this.#toldLeader?.term ?? 0)) this.#toldLeader = { member, term }
    this.changed()
  }

  /** Who was believed to lead does not, or does not answer. */
  doubtLeader(term: number): void {
    if (this.#toldLeader && this.#toldLeader.term <= term) this.#toldLeader = undefined
    this.changed()
  }

  noteElection(record: Omit<ElectionRecord, 'atMs'>): void {
    const last = this.elections.at(-1)
    if (last && (last.term > record.term || (last.term === record.term && last.member === record.member))) return
    this.elections.push({ ...record, atMs: this.#clock.nowMs() })
    if (this.elections.length > electionsKept) this.elections.shift()
  }

  /** Something may be different: finds out who leads now, and tells. */
  changed(): void {
    const leader = this.#findLeader()
    const isSame = leader?.member === this.#leader?.member && leader?.term === this.#leader?.term
    const isSameHost = leader?.host === this.#leader?.host
    this.#leader = leader
    if (leader?.host !== undefined || !this.knowsVoters) this.#leaderlessSinceMs = undefined
    else this.#leaderlessSinceMs ??= this.#clock.monotonicMs()
    if (!isSame || !isSameHost) this.events.emit('leader', leader)
    this.events.emit('change', undefined)
  }

  #findLeader(): LeaderInfo | undefined {
    const views = [...this.hosted.values()].map(({ driver }) => driver.view).filter(view => view.snapshot.index > 0)
    const newest = Math.max(0, ...views.map(({ term }) => term))
    const told = this.#toldLeader
    if (told && told.term > newest) return this.#leaderOf(told.member, told.term)
    const member = views.find(view => view.term === newest && view.leader !== undefined)?.leader
    return member === undefined ? undefined : this.#leaderOf(member, newest)
  }

  /** A leader whose host is gone leads nobody. */
  #leaderOf(member: MemberId, term: number): LeaderInfo | undefined {
    const record = this.table.get(member)
    const host = this.liveHostOf(member)
    if (record && host === undefined) return undefined
    return { member, term, host }
  }
}

/** What lies in a log and is not applied yet may have been decided: a history that holds it is not empty. */
function decidedAtMost({ register, driver: { view } }: HostedMember): number {
  let decided = register.decided
  for (let index = view.applied + 1; index <= view.lastIndex; index++) {
    const entry = view.entry(index)
    if (entry?.kind === 'command' && entry.payload !== null && isDecision(entry.payload as RegisterCommand)) decided++
  }
  return decided
}
