/** What a simulated peer tells its neighbours of members, and how two of them compare their lists. */

import type { Clock } from '../../base/clock.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import type { MembershipState } from '../../mesh/membership/state.ts'
import { graveAt } from '../../mesh/membership/step.ts'
import type { Announcement } from '../../mesh/peer.ts'
import { type SpreadState, spreadOf, versionOf } from '../../mesh/spread/state.ts'
import * as spread from '../../mesh/spread/step.ts'
import { announceDelayMs, isCovered, isOnlyOfLinks } from '../../mesh/spread/urgency.ts'
import type { MeshMessage, Told } from './messages.ts'

const gatherMs = 5
const wordMax = 32
/** Timers are rounded; this much later they are surely due, ms. */
export const slackMs = 0.01

export interface ListsOptions {
  readonly id: PeerId
  readonly session: SessionId
  readonly clock: Clock
  readonly random: Random
  readonly membership: MembershipState
  readonly links: () => Iterable<PeerId>
  readonly tell: (to: PeerId, message: MeshMessage) => void
}

export class Lists {
  readonly state: SpreadState = spreadOf()
  own: Announcement
  readonly #options: ListsOptions
  #announceAtMs = Number.POSITIVE_INFINITY
  #isFlushScheduled = false
  #lazyTimerMs = Number.POSITIVE_INFINITY

  constructor(options: ListsOptions) {
    const { id, session, clock } = options
    this.#options = options
    this.own = announcementOf(session, 1, 0, [])
    spread.learned(this.state, toldOf(id, this.own), true, undefined, clock.monotonicMs())
  }

  get digest(): MeshMessage {
    return { kind: 'digest', digest: spread.digestOf(this.state) }
  }

  announce(busy: number, above = this.own.sequence): void {
    const { id, session, links } = this.#options
    const former = this.own
    this.own = announcementOf(session, Math.max(former.sequence, above) + 1, busy, [...links()])
    const isUrgent = above > former.sequence || !isOnlyOfLinks(former, this.own)
    this.learned(toldOf(id, this.own), isUrgent)
  }

  /** Announces our links, in a while and if nobody else does. */
  linksChanged(): void {
    const { id, clock, random, membership, links } = this.#options
    const delayMs = announceDelayMs(true, membership.members.size, this.own.links.length) * (0.5 + random.next())
    const atMs = clock.monotonicMs() + delayMs
    if (this.#announceAtMs <= atMs) return
    this.#announceAtMs = atMs
    clock.after(delayMs, () => {
      this.#announceAtMs = Number.POSITIVE_INFINITY
      if (!isCovered(id, this.own.links, [...links()].map(linkTo), membership.members))
        this.announce(this.own.load.busy)
    })
  }

  /** Somebody doubts us up to this sequence: above it we are here. */
  refute(sequence: number): void {
    if (sequence < this.own.sequence) return
    this.announce(this.own.load.busy, Math.max(sequence, this.own.sequence + 1))
  }

  /** The room has formed: these are our links, and all is told already. */
  formed(links: readonly PeerId[]): Told {
    const { id, session } = this.#options
    this.own = announcementOf(session, 1, 0, links)
    return toldOf(id, this.own)
  }

  learned(told: Told, isUrgent: boolean, from?: PeerId): void {
    spread.learned(this.state, told, isUrgent, from, this.#options.clock.monotonicMs())
    this.#flushSoon()
  }

  /** Whoever is new is told of everybody at once; two that know each other compare what they know. */
  introduce(to: PeerId, isKnown: boolean): void {
    const { id, membership, tell } = this.#options
    if (isKnown) tell(to, this.digest)
    this.tellOf(to, isKnown ? [id] : [id, ...membership.members.keys()])
  }

  differing(from: PeerId, digest: readonly number[]): void {
    const differing = spread.differing(this.state, digest)
    if (differing) this.#options.tell(from, { kind: 'lines', ...differing })
  }

  compare(from: PeerId, { parts, lines }: Extract<MeshMessage, { kind: 'lines' }>): void {
    const { id, membership, tell } = this.#options
    const { newer, wanted } = spread.compare(this.state, parts, lines)
    this.tellOf(
      from,
      newer.map(({ peer }) => peer),
    )
    const buried: [PeerId, SessionId, number][] = []
    for (const [peer, session, sequence] of lines) {
      const grave = graveAt(membership, peer, session)
      if (grave === undefined || grave < sequence) continue
      if (grave === Number.POSITIVE_INFINITY) tell(from, { kind: 'goodbye', peer, session })
      else buried.push([peer, session, grave])
    }
    if (buried.length > 0) tell(from, { kind: 'buried', lines: buried })
    const isGone = new Set(buried.map(([peer]) => peer))
    const peers = wanted.filter(peer => peer !== id && !isGone.has(peer))
    if (peers.length > 0) tell(from, { kind: 'want', peers })
  }

  tellOf(to: PeerId, peers: readonly PeerId[]): void {
    const told: Told[] = []
    for (const peer of peers) {
      const known = this.state.known.get(peer)
      if (known && peer !== to) told.push(known as Told) // whatever is in this list came by `learned`
    }
    this.#tell(to, told)
  }

  #tell(to: PeerId, told: readonly Told[]): void {
    const { tell } = this.#options
    if (told.length <= wordMax) {
      if (told.length > 0) tell(to, { kind: 'members', told })
    } else
      for (let at = 0; at < told.length; at += wordMax)
        tell(to, { kind: 'members', told: told.slice(at, at + wordMax) })
  }

  #flushSoon(): void {
    const { clock } = this.#options
    if (this.state.urgent.size > 0 && !this.#isFlushScheduled) {
      this.#isFlushScheduled = true
      clock.after(gatherMs, () => {
        this.#isFlushScheduled = false
        this.#flush()
      })
    }
    if (this.state.lazyAtMs >= this.#lazyTimerMs) return
    this.#lazyTimerMs = this.state.lazyAtMs
    clock.after(Math.max(0, this.state.lazyAtMs - clock.monotonicMs()) + slackMs, () => {
      this.#lazyTimerMs = Number.POSITIVE_INFINITY
      this.#flush()
      this.#flushSoon()
    })
  }

  #flush(): void {
    for (const { to, news } of spread.flush(this.state, this.#options.clock.monotonicMs()))
      this.#tell(to, news as readonly Told[])
  }
}

function toldOf(peer: PeerId, announcement: Announcement): Told {
  return { ...versionOf(peer, announcement.session, announcement.sequence), announcement }
}

function announcementOf(session: SessionId, sequence: number, busy: number, links: readonly PeerId[]): Announcement {
  return {
    session,
    sequence,
    name: '',
    device: '',
    browser: '',
    capabilities: none,
    load: { slots: 0, busy },
    links: links.map(linkTo),
  }
}

function linkTo(peer: PeerId): Announcement['links'][number] {
  return { peer, kind: 'webrtc' }
}

const none: readonly string[] = []
