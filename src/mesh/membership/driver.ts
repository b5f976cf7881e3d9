/**
 * Performs membership: signs and floods this peer's announcement, verifies and passes on those of others, probes suspects.
 * What is told goes neighbour to neighbour at once, without gossip's batching, and stops where it is no news.
 */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import {
  announcementSchema,
  goodbyeSchema,
  speaksOurVersion,
  verdictSchema,
  type WireAnnouncement,
} from '../announcement.ts'
import {
  announceIntervalMs,
  announcementsPerWordMax,
  announceRefreshMs,
  announceStaleMs,
  membersMax,
  probeTimeoutsMs,
  protocolVersion,
} from '../limits.ts'
import type { Announcement, LeaveReason } from '../peer.ts'
import { openRecord, type Signed, type Signer, signedSchema, signRecord } from '../signed.ts'
import { type Effect, type Input, type Member, type MembershipState, membershipOf } from './state.ts'
import { step } from './step.ts'

/** What one neighbour tells another of members. */
export type MembershipWord =
  | { readonly kind: 'members'; readonly announcements: readonly Signed[] }
  | { readonly kind: 'goodbye'; readonly record: Signed }
  | { readonly kind: 'verdict'; readonly record: Signed }

const wordSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('members'), announcements: v.pipe(v.array(signedSchema), v.maxLength(membersMax)) }),
  v.strictObject({ kind: v.literal('goodbye'), record: signedSchema }),
  v.strictObject({ kind: v.literal('verdict'), record: signedSchema }),
])

export interface MembershipDriverOptions {
  readonly clock: Clock
  readonly signer: Signer
  readonly session: SessionId
  /** What to announce now, but for session and sequence. */
  readonly describe: () => Omit<Announcement, 'session' | 'sequence'>
  readonly tellNeighbours: (word: Json, except?: PeerId) => void
  /** True if the peer answered a ping in time. */
  readonly ping: (peer: PeerId, timeoutMs: number) => Promise<boolean>
  /** A peer we heard on a direct link a moment ago cannot be dead. */
  readonly isHeard: (peer: PeerId) => boolean
  readonly onJoined: (member: Member) => void
  readonly onChanged: (member: Member) => void
  readonly onDeparted: (member: Member, reason: LeaveReason) => void
  readonly count: (counter: string) => void
}

export class MembershipDriver {
  readonly #options: MembershipDriverOptions
  readonly #state: MembershipState
  /** The newest signed announcement of each member, to pass on. */
  readonly #signed = new Map<PeerId, Signed>()
  /** When each member last announced something new here, monotonic ms. */
  readonly #announcedMs = new Map<PeerId, number>()
  readonly #stops: (() => void)[] = []
  #isClosed = false
  /** The probe under way of each suspected session. */
  readonly #probes = new Map<SessionId, object>()
  #sequence = 0
  #ownRecord: Signed | undefined
  #isScheduled = false

  constructor(options: MembershipDriverOptions) {
    this.#options = options
    this.#state = membershipOf(options.signer.id, options.session)
    this.#stops.push(options.clock.every(announceRefreshMs, () => void this.#refresh()))
  }

  get members(): ReadonlyMap<PeerId, Member> {
    return this.#state.members
  }

  /** Signs this peer's present state as its next announcement. */
  async signOwn(): Promise<Signed> {
    const { signer, session, describe } = this.#options
    const wire: WireAnnouncement = {
      version: protocolVersion,
      ...(describe() as Omit<WireAnnouncement, 'version' | 'session' | 'sequence'>),
      session,
      sequence: ++this.#sequence,
    }
    this.#ownRecord = await signRecord(signer, 'announcement', wire)
    return this.#ownRecord
  }

  signGoodbye(reason: 'closed' | 'left'): Promise<Signed> {
    return signRecord(this.#options.signer, 'goodbye', { session: this.#options.session, reason })
  }

  /** Something we announce changed; announced at most once per `announceIntervalMs`. */
  changed(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#options.clock.after(announceIntervalMs, () => {
      this.#isScheduled = false
      void this.announce()
    })
  }

  async announce(): Promise<void> {
    const record = await this.signOwn()
    this.#options.tellNeighbours({ kind: 'members', announcements: [record] })
  }

  /** All that a new neighbour should know, in words that each fit one message. */
  async introduction(): Promise<MembershipWord[]> {
    const own = this.#ownRecord ?? (await this.signOwn())
    const records = [own, ...this.#signed.values()]
    const words: MembershipWord[] = []
    while (records.length > 0)
      words.push({ kind: 'members', announcements: records.splice(0, announcementsPerWordMax) })
    return words
  }

  async receive(word: unknown, from: PeerId): Promise<void> {
    const parsed = v.safeParse(wordSchema, word)
    if (!parsed.success) return this.#options.count('dropped.malformed')
    if (parsed.output.kind === 'members') await this.#receiveAnnouncements(parsed.output.announcements, from)
    else if (parsed.output.kind === 'goodbye') await this.receiveGoodbye(parsed.output.record, from)
    else await this.#receiveVerdict(parsed.output.record, from)
  }

  /** A goodbye, told by the peer's page or passed on by others. */
  async receiveGoodbye(record: unknown, from?: PeerId): Promise<void> {
    const goodbye = await openRecord(record, 'goodbye', goodbyeSchema)
    if (!goodbye) return this.#options.count('dropped.signature')
    const effects = step(this.#state, { kind: 'goodbye', peer: goodbye.by, ...goodbye.content })
    this.#perform(effects)
    if (effects.length > 0) this.#options.tellNeighbours({ kind: 'goodbye', record: record as Json }, from)
  }

  hint(peer: PeerId, session: SessionId): void {
    this.#step({ kind: 'hint', peer, session })
  }

  /** A sign of life, such as a link that this session opened: what a probe under way may have met does not count any more. */
  heard(peer: PeerId, session: SessionId): void {
    this.#probes.delete(session)
    if (this.members.get(peer)?.announcement.session === session) this.#step({ kind: 'heard', peer })
  }

  /** A sure sign, such as a released alive lock in the same browser. */
  isGone(peer: PeerId, session: SessionId): void {
    const silent = step(this.#state, { kind: 'hint', peer, session }).filter(effect => effect.kind !== 'probe')
    this.#perform(silent)
    this.#step({ kind: 'probe-failed', peer, session })
  }

  /** From now on nothing is learned and nobody is given up: the links that end now end because we left. */
  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
  }

  async #receiveAnnouncements(records: readonly Signed[], from: PeerId): Promise<void> {
    const own = this.#options.signer.id
    const unknown = records.filter(record => record.by !== own && !this.#isKnown(record))
    const opened = await Promise.all(unknown.map(record => openRecord(record, 'announcement', announcementSchema)))
    const news = unknown.filter((record, at) => this.#apply(record, opened[at]))
    if (news.length > 0) this.#options.tellNeighbours({ kind: 'members', announcements: news }, from)
  }

  /** True where a verified announcement was news. */
  #apply(record: Signed, opened: { readonly by: PeerId; readonly content: WireAnnouncement } | undefined): boolean {
    if (!opened || !speaksOurVersion(opened.content)) {
      this.#options.count(opened ? 'dropped.version' : 'dropped.signature')
      return false
    }
    const { version: _, ...announcement } = opened.content
    const nowMs = this.#options.clock.nowMs()
    const effects = step(this.#state, { kind: 'announced', peer: opened.by, announcement, nowMs })
    if (effects.length === 0) return false
    this.#perform(effects) // first: where a session replaces another, this drops the record of the old one
    this.#signed.set(opened.by, record)
    this.#announcedMs.set(opened.by, this.#options.clock.monotonicMs())
    return true
  }

  /** Spares the signature check for what we passed on before. */
  #isKnown(record: Signed): boolean {
    return this.#signed.get(record.by as PeerId)?.signature === record.signature
  }

  async #receiveVerdict(record: Signed, from: PeerId): Promise<void> {
    const verdict = await openRecord(record, 'verdict', verdictSchema)
    if (!verdict) return this.#options.count('dropped.signature')
    const { peer, session } = verdict.content
    if (this.#options.isHeard(peer)) return this.hint(peer, session)
    const effects = step(this.#state, { kind: 'verdict', ...verdict.content })
    this.#perform(effects)
    if (effects.length > 0) this.#options.tellNeighbours({ kind: 'verdict', record }, from)
  }

  /** Also asks those whose announcements stopped coming: nobody here may have had a link whose end would tell. */
  #refresh(): Promise<void> {
    const staleMs = this.#options.clock.monotonicMs() - announceStaleMs
    for (const { id, announcement } of [...this.#state.members.values()])
      if ((this.#announcedMs.get(id) ?? 0) < staleMs) this.hint(id, announcement.session)
    return this.announce()
  }

  #step(input: Input): void {
    this.#perform(step(this.#state, input))
  }

  #perform(effects: readonly Effect[]): void {
    if (this.#isClosed) return
    for (const effect of effects) {
      if (effect.kind === 'joined') this.#options.onJoined(effect.member)
      else if (effect.kind === 'changed') this.#options.onChanged(effect.member)
      else if (effect.kind === 'departed') {
        this.#signed.delete(effect.member.id)
        this.#announcedMs.delete(effect.member.id)
        this.#probes.delete(effect.member.announcement.session)
        this.#options.onDeparted(effect.member, effect.reason)
      } else if (effect.kind === 'probe') void this.#probe(effect.peer, effect.session)
      else if (effect.kind === 'publish-verdict') void this.#publishVerdict(effect)
      else {
        this.#sequence = Math.max(this.#sequence, effect.sequence)
        void this.announce()
      }
    }
  }

  async #probe(peer: PeerId, session: SessionId): Promise<void> {
    const probe = {}
    this.#probes.set(session, probe)
    for (const timeoutMs of probeTimeoutsMs) {
      const hasAnswered = await this.#options.ping(peer, timeoutMs)
      if (this.#probes.get(session) !== probe) return // a sign of life has settled it
      if (hasAnswered) return this.heard(peer, session)
    }
    this.#probes.delete(session)
    this.#step({ kind: 'probe-failed', peer, session })
  }

  async #publishVerdict({ peer, session, sequence }: Extract<Effect, { kind: 'publish-verdict' }>): Promise<void> {
    const record = await signRecord(this.#options.signer, 'verdict', { peer, session, sequence })
    this.#options.tellNeighbours({ kind: 'verdict', record })
  }
}
