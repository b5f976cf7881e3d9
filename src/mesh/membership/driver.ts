/**
 * Performs membership: signs this peer's announcement, verifies those of others, and joins the three machines of it: the list
 * (`step.ts`), failure detection (`detector/`), and what travels to whom (`spread/`).
 */
import * as v from 'valibot'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import {
  announcementSchema,
  goodbyeSchema,
  speaksOurVersion,
  verdictSchema,
  type WireAnnouncement,
} from '../announcement.ts'
import { DetectorDriver, type DetectorDriverOptions, doubtSchema } from '../detector/driver.ts'
import type { Why } from '../detector/state.ts'
import { announcementsPerWordMax } from '../limits.ts'
import type { LeaveReason } from '../peer.ts'
import type { FailureSettings } from '../presets.ts'
import { openRecord, type Signed, signRecord } from '../signed.ts'
import { SpreadDriver } from '../spread/driver.ts'
import { type Line, type Version, versionOf } from '../spread/state.ts'
import { compare, differing, digestOf } from '../spread/step.ts'
import { isOnlyOfLinks } from '../spread/urgency.ts'
import { Graves } from './graves.ts'
import { OwnAnnouncement, type OwnAnnouncementOptions } from './own-announcement.ts'
import { type Effect, type Input, type Member, type MembershipState, membershipOf } from './state.ts'
import { graveAt, step } from './step.ts'
import { type MembershipWord, subjectSchema, wordSchema } from './words.ts'

export type { MembershipWord }

export interface MembershipDriverOptions
  extends Pick<DetectorDriverOptions, 'ping' | 'ask' | 'closeLink'>,
    Pick<OwnAnnouncementOptions, 'clock' | 'signer' | 'session' | 'describe'> {
  readonly random: Random
  readonly settings: FailureSettings
  readonly tell: (to: PeerId, word: Json) => void
  /** When anything last came on the direct link to this peer, monotonic ms; -Infinity where there is none. */
  readonly heardMs: (peer: PeerId) => number
  /** True while the path of the link to this peer is broken. */
  readonly isMending?: (peer: PeerId) => boolean
  /** Nobody could reach this member: the path of a link to it may be what is dead. */
  readonly onQuiet: (peer: PeerId) => void
  readonly onJoined: (member: Member) => void
  readonly onChanged: (member: Member) => void
  readonly onDeparted: (member: Member, reason: LeaveReason) => void
  readonly count: (counter: string) => void
}

export class MembershipDriver {
  readonly #options: MembershipDriverOptions
  readonly #state: MembershipState
  readonly #detector: DetectorDriver
  readonly #spread: SpreadDriver
  /** The newest signed announcement of each member, to pass on. */
  readonly #signed = new Map<PeerId, Signed>()
  readonly #graves = new Graves()
  readonly #own: OwnAnnouncement
  #isClosed = false

  constructor(options: MembershipDriverOptions) {
    const { clock, random, settings, signer, session, heardMs, ping, ask, closeLink } = options
    this.#options = options
    this.#state = membershipOf(signer.id, session)
    const announcementOf = (peer: PeerId) => this.#state.members.get(peer)?.announcement
    this.#spread = new SpreadDriver({
      clock,
      random,
      tell: (to, news) => this.#tellOf(to, news),
      tellDigest: (to, sums) => this.#tell(to, { kind: 'digest', sums: [...sums] }),
    })
    this.#own = new OwnAnnouncement({
      ...options,
      members: () => this.members,
      onSigned: (version, isUrgent) => this.#spread.learned(version, isUrgent),
    })
    this.#detector = new DetectorDriver({
      self: signer.id,
      clock,
      random,
      settings,
      heardMs,
      ping,
      ask,
      closeLink,
      sessionOf: peer => announcementOf(peer)?.session,
      linksOf: peer => announcementOf(peer)?.links.map(link => link.peer) ?? [],
      isMending: peer => options.isMending?.(peer) ?? false,
      sequenceOf: peer => announcementOf(peer)?.sequence ?? 0,
      onSuspect: (peer, suspected) => {
        options.onQuiet(peer)
        this.#step({ kind: 'hint', peer, session: suspected })
      },
      onAlive: peer => {
        // What it missed meanwhile, or we did.
        if (this.members.get(peer)?.state === 'suspect') this.#spread.compareAll()
        this.#step({ kind: 'heard', peer })
      },
      onDead: (peer, dead, isShared) => this.#giveUp(peer, dead, isShared),
    })
  }

  get members(): ReadonlyMap<PeerId, Member> {
    return this.#state.members
  }

  /** Whom failure detection is looking into, suspects and those it only wonders about. */
  get doubted(): Iterable<PeerId> {
    return this.#detector.doubted
  }

  /** Phi of a neighbour: how unlikely its present silence is. */
  phi(peer: PeerId): number | undefined {
    return this.#detector.phi(peer)
  }

  /** Signs this peer's present state as its next announcement. */
  signOwn(): Promise<Signed> {
    return this.#own.sign()
  }

  signGoodbye(reason: 'closed' | 'left'): Promise<Signed> {
    return signRecord(this.#options.signer, 'goodbye', { session: this.#options.session, reason })
  }

  /** Something we announce changed; changes gather for a while, those of links in a large room for longer. */
  changed(isOnlyLinks = false): void {
    this.#own.changed(isOnlyLinks)
  }

  /** A link opened: what this neighbour should know now. Whoever is new is told of everybody, others what the list adds up to. */
  async linked(peer: PeerId, session: SessionId): Promise<void> {
    const isKnown = this.members.get(peer)?.announcement.session === session
    this.#spread.linked(peer)
    this.#detector.step({ kind: 'linked', peer })
    const own = this.#own.record ?? (await this.signOwn())
    const records = [own, ...(isKnown ? [] : this.#signed.values())]
    while (records.length > 0)
      this.#tell(peer, { kind: 'members', announcements: records.splice(0, announcementsPerWordMax) })
    if (isKnown) this.#tell(peer, { kind: 'digest', sums: [...digestOf(this.#spread.state)] })
  }

  unlinked(peer: PeerId): void {
    this.#spread.unlinked(peer)
    this.#detector.step({ kind: 'unlinked', peer })
  }

  /** A partition healed: neighbours compare at once what they know. */
  healed(): void {
    this.#spread.compareAll()
  }

  async receive(word: unknown, from: PeerId): Promise<void> {
    const parsed = v.safeParse(wordSchema, word)
    if (!parsed.success) return this.#options.count('dropped.malformed')
    const told = parsed.output
    if (told.kind === 'members') await this.#receiveAnnouncements(told.announcements, from)
    else if (told.kind === 'goodbye') await this.receiveGoodbye(told.record, from)
    else if (told.kind === 'verdict') await this.#receiveVerdict(told.record, from)
    else if (told.kind === 'digest') {
      const lists = differing(this.#spread.state, told.sums)
      if (lists) this.#tell(from, { kind: 'lines', parts: lists.parts, lines: lists.lines.map(line => [...line]) })
    } else if (told.kind === 'lines') this.#compare(from, told.parts, told.lines)
    else if (told.kind === 'want') this.#tellRecords(from, told.peers)
    else for (const [peer, session, sequence] of told.lines) this.#hearBuried(peer, session, sequence)
  }

  /** A goodbye, told by the peer's page or passed on by others. */
  async receiveGoodbye(record: unknown, from?: PeerId): Promise<void> {
    const goodbye = await openRecord(record, 'goodbye', goodbyeSchema)
    if (!goodbye) return this.#options.count('dropped.signature')
    const { session, reason } = goodbye.content
    const browser = reason === 'closed' ? this.#browserOf(goodbye.by) : undefined
    const effects = step(this.#state, { kind: 'goodbye', peer: goodbye.by, ...goodbye.content })
    this.#graves.add(goodbye.by, session, record as Signed)
    this.#perform(effects)
    if (effects.length > 0) this.#tellAll({ kind: 'goodbye', record: record as Signed }, from, browser)
  }

  hint(peer: PeerId, session: SessionId, why: Why = 'closed'): void {
    this.#step({ kind: 'hint', peer, session })
    this.#detector.step({ kind: 'hint', peer, session, why })
  }

  /** A sign of life, such as a link that this session opened: what a probe under way may have met does not count any more. */
  heard(peer: PeerId, session: SessionId): void {
    if (this.members.get(peer)?.announcement.session !== session) return
    this.#detector.step({ kind: 'heard', peer })
    this.#step({ kind: 'heard', peer })
  }

  /** A ping came; what it carries may be a doubt about us. */
  pinged(payload: unknown): void {
    const doubt = v.safeParse(doubtSchema, payload)
    if (doubt.success && doubt.output.doubted >= this.#own.sequence) this.#own.refute(doubt.output.doubted)
  }

  /** Another member asks whether this one answers us; undefined where we cannot tell. */
  async asked(by: PeerId, payload: unknown): Promise<boolean | undefined> {
    const { success, output } = v.safeParse(subjectSchema, payload)
    if (!success) return undefined
    // Whom we gave up we found silent: with nothing said, two halves of a room would wait for each other's words for ever.
    const isHere = this.members.get(output.peer)?.announcement.session === output.session
    const isGivenUp = !isHere && graveAt(this.#state, output.peer, output.session) !== undefined
    return isGivenUp ? false : this.#detector.asked(by, output.peer, output.session)
  }

  /** A sure sign, such as a released alive lock in the same browser. */
  isGone(peer: PeerId, session: SessionId): void {
    this.#giveUp(peer, session, true, this.#browserOf(peer))
  }

  /** From now on nothing is learned and nobody is given up: the links that end now end because we left. */
  close(): void {
    this.#isClosed = true
    this.#own.close()
    this.#detector.close()
    this.#spread.close()
  }

  /** Leaves the last word to the neighbours. */
  tellGoodbye(record: Signed): void {
    this.#tellAll({ kind: 'goodbye', record })
  }

  async #receiveAnnouncements(records: readonly Signed[], from: PeerId): Promise<void> {
    const own = this.#options.signer.id
    for (const record of records) if (this.#isKnown(record)) this.#hadFrom(record.by as PeerId, from)
    const unknown = records.filter(record => record.by !== own && !this.#isKnown(record))
    const opened = await Promise.all(unknown.map(record => openRecord(record, 'announcement', announcementSchema)))
    for (const [at, record] of unknown.entries()) this.#apply(record, opened[at], from)
  }

  #apply(
    record: Signed,
    opened: { readonly by: PeerId; readonly content: WireAnnouncement } | undefined,
    from: PeerId,
  ): void {
    if (!opened || !speaksOurVersion(opened.content)) {
      this.#options.count(opened ? 'dropped.version' : 'dropped.signature')
      return
    }
    const { version: _, ...announcement } = opened.content
    const peer = opened.by
    const former = this.members.get(peer)
    this.#spread.told(from, { peer, ...announcement })
    const { session } = announcement
    const wasGivenUp = graveAt(this.#state, peer, session) !== undefined
    const effects = step(this.#state, { kind: 'announced', peer, announcement, nowMs: this.#options.clock.nowMs() })
    if (effects.length === 0) return
    this.#perform(effects) // first: where a session replaces another, this drops the record of the old one
    this.#signed.set(peer, record)
    const isUrgent = !former || !isOnlyOfLinks(former.announcement, announcement)
    this.#spread.learned(versionOf(peer, session, announcement.sequence), isUrgent, from)
    if (wasGivenUp || former?.state === 'suspect')
      this.#detector.step({ kind: 'announced', peer, session, isDirect: from === peer, wasGivenUp })
  }

  /** Spares the signature check for what we passed on before. */
  #isKnown(record: Signed): boolean {
    return this.#signed.get(record.by as PeerId)?.signature === record.signature
  }

  #hadFrom(peer: PeerId, from: PeerId): void {
    const known = this.members.get(peer)?.announcement
    if (known) this.#spread.told(from, { peer, ...known })
  }

  async #receiveVerdict(record: Signed, from: PeerId): Promise<void> {
    const verdict = await openRecord(record, 'verdict', verdictSchema)
    if (!verdict) return this.#options.count('dropped.signature')
    const { peer, session, sequence } = verdict.content
    const { clock, heardMs, settings } = this.#options
    // A peer we heard on a direct link a moment ago cannot be dead: it is asked, and told what is said of it.
    const isHeard = clock.monotonicMs() - heardMs(peer) < 2 * settings.intervalMs
    const effects = isHeard ? [] : step(this.#state, { kind: 'verdict', peer, session, sequence })
    this.#perform(effects)
    if (effects.length === 0) this.#hearBuried(peer, session, sequence, true)
    else if (peer !== this.#options.signer.id) this.#tellAll({ kind: 'verdict', record }, from)
  }

  /** Somebody has given this session up: if it is here all the same, it should hear of it, and announce itself anew. */
  #hearBuried(peer: PeerId, session: SessionId, sequence: number, isVerdict = false): void {
    if (peer === this.#options.signer.id) {
      if (session === this.#options.session && sequence >= this.#own.sequence) this.#own.refute(sequence)
      return
    }
    const known = this.members.get(peer)?.announcement
    if (known?.session !== session) return
    // What it announced since may be older than what others found; who is linked to it looks.
    const isNeighbour = this.#options.heardMs(peer) > Number.NEGATIVE_INFINITY
    const stands = known.sequence <= sequence
    const hint = { kind: 'hint', why: 'doubted', buriedAt: sequence, isVerdict: isVerdict && stands } as const
    if (stands || isNeighbour) this.#detector.step({ ...hint, peer, session })
  }

  #compare(from: PeerId, parts: readonly number[], lines: readonly Line[]): void {
    const { newer, wanted } = compare(this.#spread.state, parts, lines)
    this.#tellOf(from, newer)
    const buried: Line[] = []
    for (const [peer, session, sequence] of lines) {
      const grave = graveAt(this.#state, peer, session)
      if (grave === undefined || grave < sequence) continue
      const goodbye = this.#graves.get(peer, session)
      if (goodbye) this.#tell(from, { kind: 'goodbye', record: goodbye })
      else if (grave !== Number.POSITIVE_INFINITY) buried.push([peer, session, grave])
    }
    if (buried.length > 0) this.#tell(from, { kind: 'buried', lines: buried.map(line => [...line]) })
    const isGone = new Set(buried.map(([peer]) => peer))
    const peers = wanted.filter(peer => peer !== this.#options.signer.id && !isGone.has(peer))
    if (peers.length > 0) this.#tell(from, { kind: 'want', peers })
  }

  #giveUp(peer: PeerId, session: SessionId, isShared: boolean, sparing?: string): void {
    if (this.members.get(peer)?.announcement.session !== session) return
    const suspected = step(this.#state, { kind: 'hint', peer, session }).filter(effect => effect.kind !== 'probe')
    this.#perform(suspected)
    const found = step(this.#state, { kind: 'probe-failed', peer, session })
    this.#perform(found.filter(({ kind }) => kind !== 'publish-verdict'))
    for (const effect of found)
      if (isShared && effect.kind === 'publish-verdict') void this.#publishVerdict(effect, sparing)
  }

  #step(input: Input): void {
    this.#perform(step(this.#state, input))
  }

  #perform(effects: readonly Effect[]): void {
    if (this.#isClosed) return
    for (const effect of effects) {
      if (effect.kind === 'joined') {
        this.#detector.step({ kind: 'joined', peer: effect.member.id })
        this.#options.onJoined(effect.member)
      } else if (effect.kind === 'changed') this.#options.onChanged(effect.member)
      else if (effect.kind === 'departed') {
        const { id } = effect.member
        this.#signed.delete(id)
        this.#spread.forgotten(id)
        this.#detector.step({ kind: 'departed', peer: id })
        this.#options.onDeparted(effect.member, effect.reason)
      } else if (effect.kind === 'refute') this.#own.refute(effect.sequence - 1)
    }
  }

  async #publishVerdict(
    { peer, session, sequence }: Extract<Effect, { kind: 'publish-verdict' }>,
    sparing?: string,
  ): Promise<void> {
    const record = await signRecord(this.#options.signer, 'verdict', { peer, session, sequence })
    this.#tellAll({ kind: 'verdict', record }, undefined, sparing)
  }

  #browserOf(peer: PeerId): string | undefined {
    return this.members.get(peer)?.announcement.browser
  }

  #tellOf(to: PeerId, news: readonly Version[]): void {
    this.#tellRecords(
      to,
      news.map(({ peer }) => peer),
    )
  }

  #tellRecords(to: PeerId, peers: readonly PeerId[]): void {
    const recordOf = (peer: PeerId) => (peer === this.#options.signer.id ? this.#own.record : this.#signed.get(peer))
    const records = peers.flatMap(peer => (peer === to ? [] : (recordOf(peer) ?? [])))
    while (records.length > 0)
      this.#tell(to, { kind: 'members', announcements: records.splice(0, announcementsPerWordMax) })
  }

  /** `sparing` a browser, where its tabs notice it themselves: by the lock that one of theirs held, and its page's word on their channel. */
  #tellAll(word: MembershipWord, except?: PeerId, sparing?: string): void {
    for (const peer of this.#spread.state.links.keys())
      if (peer !== except && (sparing === undefined || this.#browserOf(peer) !== sparing)) this.#tell(peer, word)
  }

  #tell(to: PeerId, word: MembershipWord): void {
    this.#options.tell(to, word as unknown as Json)
  }
}
