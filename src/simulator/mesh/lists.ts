/** What a simulated peer tells its neighbours of members, and how two of them compare their lists. */

import type { Clock } from '../../base/clock.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { MembershipState } from '../../mesh/membership/state.ts'
import { graveAt } from '../../mesh/membership/step.ts'
import type { Announcement } from '../../mesh/peer.ts'
import { type SpreadState, spreadOf, type Version, versionOf } from '../../mesh/spread/state.ts'
import * as spread from '../../mesh/spread/step.ts'
import { isOnlyOfLinks } from '../../mesh/spread/urgency.ts'
import type { MeshMessage, Told } from './messages.ts'

const gatherMs = 5
const wordMax = 32
/** Timers are rounded; this much later they are surely due, ms. */
export const slackMs = 0.01

export interface ListsOptions {
  readonly id: PeerId
  readonly session: SessionId
  readonly clock: Clock
  readonly membership: MembershipState
  readonly links: () => Iterable<PeerId>
  readonly tell: (to: PeerId, message: MeshMessage) => void
}

export class Lists {
  readonly state: SpreadState = spreadOf()
  own: Announcement
  readonly #options: ListsOptions
  #isFlushScheduled = false
  #lazyTimerMs = Number.POSITIVE_INFINITY

  constructor(options: ListsOptions) {
    const { id, session, clock } = options
    this.#options = options
    this.own = announcementOf(session, 1, 0, [])
    spread.learned(this.state, versionOf(id, session, 1), true, undefined, clock.monotonicMs())
  }

  get digest(): MeshMessage {
    return { kind: 'digest', digest: spread.digestOf(this.state) }
  }

  announce(busy: number, above = this.own.sequence): void {
    const { id, session, links } = this.#options
    const former = this.own
    this.own = announcementOf(session, Math.max(former.sequence, above) + 1, busy, [...links()])
    const isUrgent = above > former.sequence || !isOnlyOfLinks(former, this.own)
    this.learned(versionOf(id, session, this.own.sequence), isUrgent)
  }

  /** Somebody doubts us up to this sequence: above it we are here. */
  refute(sequence: number): void {
    if (sequence < this.own.sequence) return
    this.announce(this.own.load.busy, Math.max(sequence, this.own.sequence + 1))
  }

  learned(version: Version, isUrgent: boolean, from?: PeerId): void {
    spread.learned(this.state, version, isUrgent, from, this.#options.clock.monotonicMs())
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
    const { id, membership, tell } = this.#options
    const told: Told[] = []
    for (const peer of peers) {
      const announcement = peer === id ? this.own : membership.members.get(peer)?.announcement
      const version = this.state.known.get(peer)
      if (announcement && version && peer !== to) told.push({ peer, announcement, version })
    }
    for (let at = 0; at < told.length; at += wordMax) tell(to, { kind: 'members', told: told.slice(at, at + wordMax) })
  }

  #flushSoon(): void {
    const { clock } = this.#options
    if (this.state.isUrgent && !this.#isFlushScheduled) {
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
      this.tellOf(
        to,
        news.map(({ peer }) => peer),
      )
  }
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
    links: links.map(peer => ({ peer, kind: 'webrtc' })),
  }
}

const none: readonly string[] = []
