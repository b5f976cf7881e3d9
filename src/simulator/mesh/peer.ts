/**
 * A tab's mesh in the simulated world: the machines of the real one (membership, failure detection, overlay, partition, spreading),
 * with timers and messages of the world. Whoever watches is told what they decide.
 */
import type { PeerId, SessionId } from '../../base/ids.ts'
import {
  type DetectorEffect,
  type DetectorInput,
  type DetectorState,
  detectorOf,
  suspectsOf,
} from '../../mesh/detector/state.ts'
import { step as detect } from '../../mesh/detector/step.ts'
import { type Effect, type Input, type MembershipState, membershipOf } from '../../mesh/membership/state.ts'
import { graveAt, step as list } from '../../mesh/membership/step.ts'
import { type OverlayFacts, type OverlayInput, type OverlayState, overlayOf } from '../../mesh/overlay/state.ts'
import { step as plan } from '../../mesh/overlay/step.ts'
import { type PartitionInput, type PartitionState, partitionOf } from '../../mesh/partition/state.ts'
import { step as divide } from '../../mesh/partition/step.ts'
import * as spread from '../../mesh/spread/step.ts'
import { compareEveryMs, isOnlyOfLinks } from '../../mesh/spread/urgency.ts'
import type { Actor, Host } from '../world/node.ts'
import { chance, oneOf } from '../world/random.ts'
import type { Ends } from './field.ts'
import { Lists, slackMs } from './lists.ts'
import type { MeshMessage, Told } from './messages.ts'
import type { PeerParts } from './parts.ts'
import { degreeOf, detectorViewOf } from './views.ts'

const gatherMs = 5
const reviewIntervalMs = 1_000
/** Of the reviews while this peer knows of a split: how many look at the lobby's list again. */
const splitListedShare = 0.1

export class SimPeer implements Actor<MeshMessage>, Ends {
  readonly id: PeerId
  readonly session: SessionId
  readonly membership: MembershipState
  readonly detector: DetectorState
  readonly overlay: OverlayState
  readonly partition: PartitionState
  readonly lists: Lists
  /** When anything last came on each link, ms. */
  readonly heardMs = new Map<PeerId, number>()
  readonly #host: Host<MeshMessage>
  readonly #parts: PeerParts
  /** What the overlay may ask. */
  readonly #facts: OverlayFacts
  #listed: readonly PeerId[] = []
  #stopWake: () => void = () => {}
  #isReviewScheduled = false
  #hasLeft = false

  constructor(host: Host<MeshMessage>, parts: PeerParts) {
    this.#host = host
    this.#parts = parts
    this.id = host.name as PeerId
    this.session = parts.session
    const nowMs = host.clock.monotonicMs()
    this.membership = membershipOf(this.id, this.session)
    this.overlay = overlayOf(this.id, host.random, nowMs)
    this.partition = partitionOf(parts.settings.timeoutMs)
    this.lists = new Lists({
      id: this.id,
      session: this.session,
      clock: host.clock,
      random: host.random,
      membership: this.membership,
      links: () => this.overlay.linked,
      tell: (to, message) => this.#tell(to, message),
    })
    this.#facts = {
      engaged: () => parts.field.engaged(this.id),
      degreeOf: peer => degreeOf(this.membership, peer),
      suspects: () => suspectsOf(this.detector),
    }
    const { membership, heardMs } = this
    this.detector = detectorOf(this.id, parts.settings, host.random, detectorViewOf(membership, heardMs), nowMs)
  }

  /** Puts this peer into a room that has formed: it knows everybody, and has these links. Before `begin`. */
  form(everybody: readonly Told[], neighbours: readonly PeerId[]): void {
    const nowMs = this.#nowMs
    for (const told of everybody) if (told.peer !== this.id) this.#learn(told, this.id)
    for (const peer of neighbours) {
      this.heardMs.set(peer, nowMs)
      spread.linked(this.lists.state, peer)
      this.#detect({ kind: 'linked', peer, nowMs: this.#nowMs })
      this.#plan({ kind: 'linked', peer, nowMs: this.#nowMs })
    }
    this.#parts.watch.links(this)
  }

  /** After the boot, when the field knows this peer. */
  begin(): void {
    const { clock, random } = this.#host
    clock.after(reviewIntervalMs * random.next(), () => {
      clock.every(reviewIntervalMs, () => {
        this.#divide({ kind: 'links', count: this.overlay.linked.size, nowMs: this.#nowMs })
        this.#review()
      })
    })
    clock.after(compareEveryMs(this.lists.state.known.size) * random.next(), () => this.#compareLists())
    this.#detect({ kind: 'tick', nowMs: this.#nowMs })
    this.#review()
  }

  receive(from: string, message: MeshMessage): void {
    const peer = from as PeerId
    if (this.heardMs.has(peer)) this.heardMs.set(peer, this.#nowMs)
    switch (message.kind) {
      case 'members':
        for (const told of message.told) this.#learn(told, peer)
        break
      case 'ping':
        this.#send(peer, { kind: 'pong', session: this.session, sentMs: message.sentMs })
        this.lists.refute(message.doubted ?? -1)
        break
      case 'pong':
        if (this.membership.members.get(peer)?.announcement.session === message.session)
          this.#detect({ kind: 'heard', peer, rttMs: this.#nowMs - message.sentMs, nowMs: this.#nowMs })
        break
      case 'ask':
        this.#detect({
          kind: 'asked',
          by: peer,
          peer: message.peer,
          session: message.session,
          nowMs: this.#nowMs,
        })
        break
      case 'answer':
        this.#detect({
          kind: 'answered',
          by: peer,
          peer: message.peer,
          session: message.session,
          isAlive: message.isAlive,
          nowMs: this.#nowMs,
        })
        break
      case 'goodbye':
        this.#goodbye(message.peer, message.session, 'closed', peer)
        break
      case 'verdict':
        this.#verdict(message, peer)
        break
      case 'digest':
        this.lists.differing(peer, message.digest)
        break
      case 'lines':
        this.lists.compare(peer, message)
        break
      case 'want':
        this.lists.tellOf(peer, message.peers)
        break
      case 'buried':
        for (const line of message.lines) this.#hearBuried(...line)
    }
  }

  /** Says goodbye, as a page does when it closes. */
  leave(): void {
    this.#hasLeft = true
    this.#tellAll({ kind: 'goodbye', peer: this.id, session: this.session })
  }

  /** Signaling says that a session's socket closed. */
  signalingLeft(peer: PeerId, session: SessionId): void {
    this.#list({ kind: 'hint', peer, session })
    this.#detect({ kind: 'hint', peer, session, why: 'left', nowMs: this.#nowMs })
  }

  accepts(peer: PeerId): boolean {
    return !this.#hasLeft && !this.overlay.linked.has(peer)
  }

  linkOpened(peer: PeerId): void {
    this.heardMs.set(peer, this.#nowMs)
    spread.linked(this.lists.state, peer)
    this.#detect({ kind: 'linked', peer, nowMs: this.#nowMs })
    this.#detect({ kind: 'heard', peer, nowMs: this.#nowMs })
    this.#plan({ kind: 'linked', peer, nowMs: this.#nowMs })
    if (!this.overlay.linked.has(peer)) return
    const isKnown = this.membership.members.get(peer)?.announcement.session === this.#parts.sessionAt(peer)
    this.lists.introduce(peer, isKnown)
    this.#linksChanged()
  }

  linkClosed(peer: PeerId): void {
    this.heardMs.delete(peer)
    spread.unlinked(this.lists.state, peer)
    this.#detect({ kind: 'unlinked', peer, nowMs: this.#nowMs })
    this.#plan({ kind: 'unlinked', peer, nowMs: this.#nowMs })
    const session = this.membership.members.get(peer)?.announcement.session
    if (session) {
      this.#list({ kind: 'hint', peer, session })
      this.#detect({ kind: 'hint', peer, session, why: 'closed', nowMs: this.#nowMs })
    }
    this.#linksChanged()
  }

  dialFailed(peer: PeerId): void {
    this.#plan({ kind: 'dial-failed', peer, nowMs: this.#nowMs })
    this.#reviewSoon()
  }

  get #nowMs(): number {
    return this.#host.clock.monotonicMs()
  }

  #linksChanged(): void {
    this.#parts.watch.links(this)
    this.#reviewSoon()
    this.lists.linksChanged()
  }

  #learn(told: Told, from: PeerId): void {
    const { peer, session, sequence, announcement } = told
    spread.told(this.lists.state, from, told)
    if (this.lists.state.known.get(peer) === told) return // the usual case: another neighbour told us the same before
    const former = this.membership.members.get(peer)
    if (former?.announcement.session === session && former.announcement.sequence >= sequence) return
    const nowMs = this.#nowMs
    const wasGivenUp = graveAt(this.membership, peer, session) !== undefined
    const effects = list(this.membership, { kind: 'announced', peer, announcement, nowMs })
    if (effects.length === 0) return
    this.#performList(effects)
    const isUrgent = !former || !isOnlyOfLinks(former.announcement, announcement)
    this.lists.learned(told, isUrgent, from)
    if (wasGivenUp || former?.state === 'suspect')
      this.#detect({ kind: 'announced', peer, session, isDirect: from === peer, wasGivenUp, nowMs: this.#nowMs })
  }

  #goodbye(peer: PeerId, session: SessionId, reason: 'closed' | 'left', from: PeerId): void {
    const effects = list(this.membership, { kind: 'goodbye', peer, session, reason })
    this.#performList(effects)
    if (effects.length > 0) this.#tellAll({ kind: 'goodbye', peer, session }, from)
  }

  #verdict(message: Extract<MeshMessage, { kind: 'verdict' }>, from: PeerId): void {
    const { peer, session, sequence } = message
    const heardMs = this.heardMs.get(peer) ?? Number.NEGATIVE_INFINITY
    // A peer we heard on a direct link a moment ago cannot be dead: it is asked, and told what is said of it.
    const isHeard = this.#nowMs - heardMs < 2 * this.#parts.settings.intervalMs
    const effects = isHeard ? [] : list(this.membership, { kind: 'verdict', peer, session, sequence })
    this.#performList(effects)
    if (effects.length === 0) this.#hearBuried(peer, session, sequence, true)
    else if (peer !== this.id) this.#tellAll(message, from)
  }

  #hearBuried(peer: PeerId, session: SessionId, sequence: number, isVerdict = false): void {
    if (peer === this.id) {
      if (session === this.session) this.lists.refute(sequence)
      return
    }
    const known = this.membership.members.get(peer)?.announcement
    if (known?.session !== session) return
    const stands = known.sequence <= sequence
    const hint = { kind: 'hint', why: 'doubted', buriedAt: sequence, isVerdict: isVerdict && stands } as const
    if (stands || this.heardMs.has(peer)) this.#detect({ ...hint, peer, session, nowMs: this.#nowMs })
  }

  #compareLists(): void {
    const to = oneOf(this.#host.random, [...this.overlay.linked])
    if (to) this.#tell(to, this.lists.digest)
    this.#host.clock.after(compareEveryMs(this.lists.state.known.size), () => this.#compareLists())
  }

  #list(input: Input): void {
    this.#performList(list(this.membership, input))
  }

  #performList(effects: readonly Effect[]): void {
    const { watch, field } = this.#parts
    for (const effect of effects) {
      switch (effect.kind) {
        case 'joined':
          this.#detect({ kind: 'joined', peer: effect.member.id, nowMs: this.#nowMs })
          this.#plan({ kind: 'candidate', peer: effect.member.id, nowMs: this.#nowMs })
          this.#divide({ kind: 'joined', peer: effect.member.id, nowMs: this.#nowMs })
          watch.joined(this, effect.member.id, effect.member.announcement)
          this.#reviewSoon()
          break
        case 'changed':
          watch.changed(this, effect.member.id, effect.member.announcement)
          break
        case 'departed': {
          const { id, announcement } = effect.member
          spread.forgotten(this.lists.state, id)
          this.#detect({ kind: 'departed', peer: id, nowMs: this.#nowMs })
          this.#plan({ kind: 'gone', peer: id, nowMs: this.#nowMs })
          this.#divide({ kind: 'departed', peer: id, isCrash: effect.reason === 'crashed', nowMs: this.#nowMs })
          watch.departed(this, id, announcement.session, effect.reason)
          if (effect.reason !== 'replaced') field.close(this.id, id)
          this.#reviewSoon()
          break
        }
        case 'publish-verdict':
          this.#tellAll({ ...effect, kind: 'verdict' })
          break
        case 'refute':
          this.lists.refute(effect.sequence - 1) // and `probe`: the detector looks into it
      }
    }
  }

  #detect(input: DetectorInput): void {
    for (const effect of detect(this.detector, input)) this.#performDetect(effect)
  }

  #performDetect(effect: DetectorEffect): void {
    switch (effect.kind) {
      case 'ping': {
        const { kind, peer, doubted } = effect
        const ping = { kind, session: this.session, sentMs: this.#nowMs }
        return this.#send(peer, doubted === undefined ? ping : { ...ping, doubted })
      }
      case 'ask':
        return this.#send(effect.prober, { kind: 'ask', peer: effect.peer, session: effect.session })
      case 'answer': {
        const { kind, to, peer, session, isAlive } = effect
        return this.#send(to, { kind, peer, session, isAlive })
      }
      case 'suspect':
        return this.#list({ ...effect, kind: 'hint' })
      case 'alive':
        return this.#list({ kind: 'heard', peer: effect.peer })
      case 'dead': {
        const { peer, session } = effect
        this.#parts.watch.judged(this, peer, session)
        this.#list({ kind: 'hint', peer, session })
        const found = list(this.membership, { kind: 'probe-failed', peer, session })
        return this.#performList(effect.isShared ? found : found.filter(({ kind }) => kind !== 'publish-verdict'))
      }
      case 'close':
        return this.#parts.field.close(this.id, effect.peer)
      case 'wake':
        this.#stopWake()
        this.#stopWake = this.#host.clock.after(Math.max(0, effect.atMs - this.#nowMs) + slackMs, () =>
          this.#detect({ kind: 'tick', nowMs: this.#nowMs }),
        )
    }
  }

  #divide(input: PartitionInput): void {
    for (const effect of divide(this.partition, input)) {
      this.#parts.watch.divided(this, effect)
      if (effect.kind === 'heal') this.#tellAll(this.lists.digest)
    }
  }

  #plan(input: OverlayInput): void {
    const { field } = this.#parts
    for (const effect of plan(this.overlay, input, this.#facts)) {
      if (effect.kind === 'dial') field.dial(this.id, effect.peer)
      else if (effect.kind === 'drop') field.close(this.id, effect.peer)
      else this.#host.clock.after(Math.max(0, effect.atMs - this.#nowMs), () => this.#review())
    }
  }

  #reviewSoon(): void {
    if (this.#isReviewScheduled) return
    this.#isReviewScheduled = true
    this.#host.clock.after(gatherMs, () => {
      this.#isReviewScheduled = false
      this.#review()
    })
  }

  #review(): void {
    if (this.#hasLeft) return
    const isLonely = this.overlay.linked.size === 0 && this.overlay.dialling.size === 0
    const isSplit = this.partition.side !== undefined && chance(this.#host.random, splitListedShare)
    if (isLonely || isSplit) this.#readLobby()
    this.#plan({ kind: 'review', nowMs: this.#nowMs })
  }

  /** The lobby lists who has a socket there, whatever became of links; who is no member by the next list is not looked for any more. */
  #readLobby(): void {
    const listed = this.#parts.listed()
    for (const peer of this.#listed)
      if (!this.membership.members.has(peer)) this.#plan({ kind: 'gone', peer, nowMs: this.#nowMs })
    this.#listed = listed
    for (const peer of listed) this.#plan({ kind: 'candidate', peer, nowMs: this.#nowMs })
  }

  #tellAll(message: MeshMessage, except?: PeerId): void {
    for (const to of this.overlay.linked) if (to !== except) this.#tell(to, message)
  }

  #tell(to: PeerId, message: MeshMessage): void {
    this.#parts.field.tell(this.id, to, message)
  }

  #send(to: PeerId, message: MeshMessage): void {
    if (!this.#parts.field.tell(this.id, to, message) && this.overlay.linked.size > 0)
      this.#parts.field.relay(this.id, to, message)
  }
}
