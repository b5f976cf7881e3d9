/**
 * What is seen of a simulated mesh from outside, where all is known: whether the overlay is connected, who was given up wrongly, how
 * soon a crash is noticed and a link replaced, how far a rumour has come.
 *
 * A verdict is false where its subject runs, is not frozen and was not within the last `timeoutMs` (nobody can tell a frozen tab from a
 * dead one), and no cut stands, or stood as long ago, between it and who gave it up.
 */
import type { PeerId, SessionId } from '../../base/ids.ts'
import { linksMax } from '../../mesh/limits.ts'
import type { PartitionEffect } from '../../mesh/partition/state.ts'
import type { Announcement, LeaveReason } from '../../mesh/peer.ts'
import { type FailureSettings, presets } from '../../mesh/presets.ts'
import { ms } from '../world/time.ts'
import { promise } from '../world/violation.ts'
import type { MeshSimulationOptions } from './options.ts'
import type { SimPeer } from './peer.ts'
import { Repairs } from './repairs.ts'
import type { Room } from './room.ts'
import type { Watch } from './watch.ts'

/** A crash and who has still to notice it. */
interface Crash {
  readonly session: SessionId
  readonly atUs: number
  readonly unaware: Set<PeerId>
}

/** A rumour and whom it has still to reach. */
interface Rumour {
  readonly of: PeerId
  readonly session: SessionId
  readonly sequence: number
  readonly atUs: number
  readonly unaware: Set<PeerId>
}

export class Journal implements Watch {
  /** Own verdicts, and those among them that were false. */
  verdicts = 0
  falseVerdicts = 0
  readonly firstNoticeMs: number[] = []
  readonly noticeMs: number[] = []
  readonly rumourMs: number[] = []
  readonly repairs = new Repairs()
  readonly splitMs: number[] = []
  readonly healMs: number[] = []
  rumoursBegun = 0
  readonly #room: Room
  readonly #settings: FailureSettings
  readonly #crashes = new Map<PeerId, Crash>()
  readonly #rumours = new Map<PeerId, Rumour>()
  readonly #thawedUs = new Map<PeerId, number>()
  readonly #goodbyes = new Map<SimPeer, Set<SessionId>>()
  #cutEndedUs = Number.NEGATIVE_INFINITY
  #splitUs: number | undefined

  constructor(room: Room, options: MeshSimulationOptions) {
    this.#room = room
    this.#settings = presets[options.preset]
  }

  /** Rumours and crashes still on their way. */
  get open(): { readonly rumours: number; readonly crashes: number } {
    return { rumours: this.#rumours.size, crashes: this.#crashes.size }
  }

  joined(self: SimPeer, peer: PeerId, announcement: Announcement): void {
    const isOver = this.#goodbyes.get(self)?.has(announcement.session) ?? false
    promise(!isOver, 'goodbye-final', () => `${self.id} lists ${peer} again, whose session said goodbye`)
    this.changed(self, peer, announcement)
  }

  changed(self: SimPeer, peer: PeerId, { session, sequence }: Announcement): void {
    const rumour = this.#rumours.get(peer)
    if (rumour && rumour.session === session && sequence >= rumour.sequence) this.#heard(rumour, self.id)
  }

  departed(self: SimPeer, peer: PeerId, session: SessionId, reason: LeaveReason): void {
    if (reason === 'closed') {
      const sessions = this.#goodbyes.get(self) ?? new Set()
      this.#goodbyes.set(self, sessions.add(session))
    }
    const crash = this.#crashes.get(peer)
    if (!crash || crash.session !== session || !crash.unaware.delete(self.id)) return
    const afterMs = (this.#room.world.nowUs - crash.atUs) / ms
    this.noticeMs.push(afterMs)
    if (crash.unaware.size === 0) this.#crashes.delete(peer)
  }

  judged(self: SimPeer, peer: PeerId, session: SessionId): void {
    this.verdicts++
    const crash = this.#crashes.get(peer)
    const subject = this.#room.peers.get(peer)
    const { nowUs } = this.#room.world
    if (crash?.session === session) {
      if (!this.#noticed.has(crash)) this.firstNoticeMs.push((nowUs - crash.atUs) / ms)
      this.#noticed.add(crash)
    }
    if (!subject || subject.session !== session) return
    const node = this.#room.nodeOf(peer)
    const sinceUs = nowUs - this.#settings.timeoutMs * ms
    const wasFrozen = node?.isPaused || (this.#thawedUs.get(peer) ?? Number.NEGATIVE_INFINITY) > sinceUs
    if (wasFrozen || this.#cutEndedUs > sinceUs || this.isCut(self.id, peer)) return
    this.falseVerdicts++
    this.#room.world.trace.note(nowUs, 'false-verdict', self.id, peer)
  }

  readonly #noticed = new WeakSet<Crash>()

  links(self: SimPeer): void {
    const { present, world } = this.#room
    this.repairs.links(self.id, self.overlay.linked.size, present.length - 1, world.nowUs)
  }

  divided(_self: SimPeer, effect: PartitionEffect): void {
    const { nowUs } = this.#room.world
    if (effect.kind === 'partition' && this.#splitUs !== undefined) this.splitMs.push((nowUs - this.#splitUs) / ms)
    if (effect.kind === 'heal' && nowUs - this.#cutEndedUs < 600_000 * ms)
      this.healMs.push((nowUs - this.#cutEndedUs) / ms)
  }

  crashed(peer: PeerId): void {
    const session = this.#room.peers.get(peer)?.session
    this.gone(peer)
    if (!session) return
    const unaware = new Set<PeerId>()
    for (const [id, other] of this.#room.peers)
      if (other.membership.members.get(peer)?.announcement.session === session) unaware.add(id)
    unaware.delete(peer)
    this.#crashes.set(peer, { session, atUs: this.#room.world.nowUs, unaware })
  }

  /** Whoever is gone waits for nothing, and nobody waits for it. */
  gone(peer: PeerId): void {
    const self = this.#room.peers.get(peer)
    if (self) this.#goodbyes.delete(self)
    this.repairs.gone(peer, this.#room.world.nowUs)
    this.#rumours.delete(peer)
    this.#forget(peer)
  }

  froze(peer: PeerId): void {
    this.#thawedUs.set(peer, Number.POSITIVE_INFINITY)
    this.repairs.gone(peer, this.#room.world.nowUs)
    this.#forget(peer)
    this.#rumours.delete(peer)
  }

  thawed(peer: PeerId): void {
    this.#thawedUs.set(peer, this.#room.world.nowUs)
  }

  cutBegan(): void {
    this.#splitUs = this.#room.world.nowUs
    // What is under way may end behind the cut.
    this.#rumours.clear()
    this.#crashes.clear()
    this.repairs.cut(this.#room.world.nowUs)
  }

  cutEnded(): void {
    this.#splitUs = undefined
    this.#cutEndedUs = this.#room.world.nowUs
  }

  get isSplit(): boolean {
    return this.#splitUs !== undefined
  }

  /** Somebody says something new; all who are there and not frozen should hear it. */
  rumour(): void {
    const of = this.#room.anybody()
    const teller = of && this.#room.peers.get(of)
    if (!of || !teller || this.isSplit || teller.overlay.linked.size === 0 || this.#rumours.has(of)) return
    const unaware = new Set<PeerId>()
    for (const [id, other] of this.#room.peers) {
      const knowsIt = other.membership.members.get(of)?.announcement.session === teller.session
      if (id !== of && knowsIt && !this.#room.nodeOf(id)?.isPaused) unaware.add(id)
    }
    teller.lists.announce(teller.lists.own.load.busy + 1)
    const { session, sequence } = teller.lists.own
    this.rumoursBegun++
    this.#rumours.set(of, { of, session, sequence, atUs: this.#room.world.nowUs, unaware })
  }

  /** After each event, of the peer that it happened to. */
  check(acted: string | undefined): void {
    const peer = acted === undefined ? undefined : this.#room.peers.get(acted as PeerId)
    if (!peer) return
    const required = peer.overlay.required.size
    if (peer.overlay.linked.size > linksMax + required)
      promise(false, 'degree', () => `${peer.id} has ${peer.overlay.linked.size} links`)
  }

  isCut(one: PeerId, other: PeerId): boolean {
    const [from, to] = [this.#room.nodeOf(one)?.number ?? -1, this.#room.nodeOf(other)?.number ?? -1]
    const { network } = this.#room.world
    return network.isCut(from, to) && network.isCut(to, from)
  }

  #heard(rumour: Rumour, by: PeerId): void {
    if (!rumour.unaware.delete(by) || rumour.unaware.size > 0) return
    this.#rumours.delete(rumour.of)
    this.rumourMs.push((this.#room.world.nowUs - rumour.atUs) / ms)
  }

  #forget(peer: PeerId): void {
    for (const rumour of [...this.#rumours.values()]) this.#heard(rumour, peer)
    for (const [crashed, { unaware }] of this.#crashes) {
      unaware.delete(peer)
      if (unaware.size === 0) this.#crashes.delete(crashed)
    }
  }
}
