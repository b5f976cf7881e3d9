/**
 * Links between simulated tabs, and what travels on them. A link is what a data channel is: reliable and in order, so a lost packet
 * costs time, not the message; it takes time to make; it stands for a while at one end when the other has crashed, and when the
 * network is cut. What is relayed over others is lost for good with its first lost packet, the harsher assumption.
 */
import type { PeerId } from '../../base/ids.ts'
import type { Node } from '../world/node.ts'
import { chance, exponential, type Sfc32 } from '../world/random.ts'
import { ms, second } from '../world/time.ts'
import type { World } from '../world/world.ts'
import type { MeshMessage } from './messages.ts'

/** A lost packet is sent again after this, each time twice as long (SCTP's least timeout in browsers). */
const retransmitUs = 200 * ms
const retransmitMaxUs = 3 * second
/** A link is given up by ICE when nothing came for this long (measured in Chromium: 14.3 s). */
const iceFailsUs = 14.3 * second
/** Making a link: p50 54 ms (DESIGN, section 1), and in the worst case until the dial is given up. */
const dialMinUs = 30 * ms
const dialMeanUs = 40 * ms
const dialFailsUs = 8 * second
/** The end of a link that was closed in order reaches the other side. */
const closeUs = 8 * ms
/** Links that a relayed message crosses, about; a random graph of a thousand has ways of six. */
const relayHops = 5

export interface Ends {
  linkOpened(peer: PeerId): void
  linkClosed(peer: PeerId): void
  dialFailed(peer: PeerId): void
  /** Whether one more link is taken. */
  accepts(peer: PeerId): boolean
}

interface Link {
  readonly ends: readonly [PeerId, PeerId]
  readonly nodes: readonly [Node<MeshMessage>, Node<MeshMessage>]
  /** Which ends still hold it. */
  readonly held: Set<PeerId>
  /** When the last message to each end arrives. */
  readonly arrivalsUs: [number, number]
  stuckSinceUs: number | undefined
}

export class Field {
  /** What was sent, by kind. */
  readonly sent = new Map<MeshMessage['kind'], number>()
  readonly #world: World<MeshMessage>
  readonly #random: Sfc32
  readonly #ends: (peer: PeerId) => Ends | undefined
  /** By both ends, in either order. */
  readonly #links = new Map<PeerId, Map<PeerId, Link>>()
  readonly #engaged = new Map<PeerId, Set<PeerId>>()

  constructor(world: World<MeshMessage>, ends: (peer: PeerId) => Ends | undefined) {
    this.#world = world
    this.#random = world.random.fork('field')
    this.#ends = ends
  }

  /** Peers with whom this one is making a link, whoever began. */
  engaged(peer: PeerId): ReadonlySet<PeerId> {
    return this.#engaged.get(peer) ?? none
  }

  /** True where both ends hold a link that carries. */
  isOpen(one: PeerId, other: PeerId): boolean {
    return this.#linkOf(one, other)?.held.size === 2
  }

  dial(from: PeerId, to: PeerId): void {
    const { nodes } = this.#world
    const [caller, called] = [nodes.get(from), nodes.get(to)]
    if (!caller || !called) return
    if (this.engaged(from).has(to)) return // the other side dials already: its link is ours (glare)
    this.#engage(from, to, true)
    const life = caller.life
    const wayUs = dialMinUs + exponential(this.#random, dialMeanUs) + 3 * this.#packetUs()
    const isPossible = called.isUp && !called.isPaused && !this.#isCut(from, to)
    this.#world.schedule(isPossible ? wayUs : dialFailsUs, () => {
      this.#engage(from, to, false)
      const isStill = isPossible && called.isUp && !called.isPaused && !this.#isCut(from, to)
      if (!caller.isUp || caller.life !== life) return undefined
      if (isStill && !caller.isPaused && this.#ends(to)?.accepts(from)) this.#open(from, to)
      else caller.happen(life, 'dial', () => this.#ends(from)?.dialFailed(to))
      return from
    })
  }

  /** One end lets go; the other hears of it. */
  close(by: PeerId, other: PeerId): void {
    const link = this.#linkOf(by, other)
    if (!link?.held.delete(by)) return
    this.#ends(by)?.linkClosed(other)
    this.#release(link, other, this.#isCut(by, other) ? iceFailsUs : closeUs)
  }

  /** A tab is gone: in order, and its links end with it; or by a crash, and only time tells. */
  gone(peer: PeerId, others: Iterable<PeerId>, isCrash: boolean): void {
    for (const other of others) {
      const link = this.#linkOf(peer, other)
      if (link?.held.delete(peer)) this.#release(link, other, isCrash ? iceFailsUs : closeUs)
    }
  }

  /** Over the link; false where there is none. */
  tell(from: PeerId, to: PeerId, message: MeshMessage): boolean {
    const link = this.#linkOf(from, to)
    if (!link?.held.has(from)) return false
    this.#count(message)
    const { nowUs, network } = this.#world
    const at = link.ends[0] === to ? 0 : 1
    const [sender, receiver] = [link.nodes[1 - at] as Node<MeshMessage>, link.nodes[at]]
    if (network.isCut(sender.number, receiver.number)) {
      link.stuckSinceUs ??= nowUs
      if (nowUs - link.stuckSinceUs > iceFailsUs) this.#break(link)
      return true
    }
    link.stuckSinceUs = undefined
    if (!link.held.has(to)) return true
    const arrivalUs = Math.max(nowUs + this.#packetUs(), link.arrivalsUs[at])
    link.arrivalsUs[at] = arrivalUs
    this.#world.schedule(arrivalUs - nowUs, () => {
      // Of a link that ended, or was made anew, nothing arrives.
      if (link.held.size < 2 || network.isCut(sender.number, receiver.number)) return undefined
      return this.#deliver(receiver, from, message)
    })
    return true
  }

  /** Over other peers' links, at most once, if at all. */
  relay(from: PeerId, to: PeerId, message: MeshMessage): void {
    this.#count(message)
    const { lossRate, duplicateRate } = this.#world.network.weather
    if (this.#isCut(from, to) || chance(this.#random, lossRate)) return
    const copies = chance(this.#random, duplicateRate) ? 2 : 1
    const receiver = this.#world.nodes.get(to)
    if (!receiver) return
    for (let copy = 0; copy < copies; copy++)
      this.#world.schedule(this.#relayUs(), () =>
        this.#isCut(from, to) ? undefined : this.#deliver(receiver, from, message),
      )
  }

  /** A room that has formed: these two have a link, and nobody needs to hear of it. */
  form(one: PeerId, other: PeerId): void {
    this.#make(one, other)
  }

  #deliver(receiver: Node<MeshMessage>, from: PeerId, message: MeshMessage): string {
    this.#world.trace.note(this.#world.nowUs, 'deliver', receiver.name, from, message)
    return receiver.deliver(from, message)
  }

  #linkOf(one: PeerId, other: PeerId): Link | undefined {
    return this.#links.get(one)?.get(other)
  }

  #make(one: PeerId, other: PeerId): Link | undefined {
    const { nodes } = this.#world
    const [first, second] = [nodes.get(one), nodes.get(other)]
    if (!first || !second) return undefined
    const link: Link = {
      ends: [one, other],
      nodes: [first, second],
      held: new Set([one, other]),
      arrivalsUs: [0, 0],
      stuckSinceUs: undefined,
    }
    for (const [end, far] of [link.ends, [other, one]] as const) {
      const links = this.#links.get(end) ?? new Map<PeerId, Link>()
      this.#links.set(end, links.set(far, link))
    }
    return link
  }

  #open(from: PeerId, to: PeerId): void {
    const former = this.#linkOf(from, to)
    if (former?.held.size === 2) return // both dialled: one link all the same
    if (former) for (const end of [...former.held]) this.#drop(former, end)
    const fresh = this.#make(from, to)
    if (!fresh) return
    this.#ends(to)?.linkOpened(from)
    // The other end may have let go at once, being full.
    if (fresh.held.has(from)) this.#ends(from)?.linkOpened(to)
  }

  #break(link: Link): void {
    for (const end of [...link.held]) this.#release(link, end, 0)
  }

  /** This end hears of it later, if it is there and has not let go or found another link by then. */
  #release(link: Link, end: PeerId, afterUs: number): void {
    const node = this.#world.nodes.get(end)
    const life = node?.life ?? 0
    this.#world.schedule(afterUs, () => {
      if (!node?.isUp || node.life !== life) {
        this.#forget(link, end)
        return undefined
      }
      return node.happen(life, 'link', () => this.#drop(link, end))
    })
  }

  #drop(link: Link, end: PeerId): void {
    if (!link.held.has(end)) return
    this.#forget(link, end)
    const [one, other] = link.ends
    this.#ends(end)?.linkClosed(end === one ? other : one)
  }

  #forget(link: Link, end: PeerId): void {
    link.held.delete(end)
    if (link.held.size > 0) return
    const [one, other] = link.ends
    if (this.#linkOf(one, other) !== link) return
    this.#links.get(one)?.delete(other)
    this.#links.get(other)?.delete(one)
  }

  #engage(one: PeerId, other: PeerId, isOn: boolean): void {
    for (const [peer, partner] of [
      [one, other],
      [other, one],
    ] as const) {
      const set = this.#engaged.get(peer) ?? new Set()
      this.#engaged.set(peer, set)
      if (isOn) set.add(partner)
      else set.delete(partner)
    }
  }

  #isCut(from: PeerId, to: PeerId): boolean {
    const { nodes, network } = this.#world
    const [sender, receiver] = [nodes.get(from), nodes.get(to)]
    return !sender || !receiver || network.isCut(sender.number, receiver.number)
  }

  /** The time of one packet, with what its losses cost. */
  #packetUs(): number {
    const { delayMinUs, delayMeanUs, lossRate } = this.#world.network.weather
    let delayUs = delayMinUs + exponential(this.#random, delayMeanUs)
    for (let waitUs = retransmitUs; chance(this.#random, lossRate); waitUs = Math.min(2 * waitUs, retransmitMaxUs))
      delayUs += waitUs
    return Math.round(delayUs)
  }

  #relayUs(): number {
    const { delayMinUs, delayMeanUs, reorderRate } = this.#world.network.weather
    const lateUs = chance(this.#random, reorderRate) ? exponential(this.#random, 500 * ms) : 0
    return Math.round(relayHops * (delayMinUs + exponential(this.#random, delayMeanUs)) + lateUs)
  }

  #count({ kind }: MeshMessage): void {
    this.sent.set(kind, (this.sent.get(kind) ?? 0) + 1)
  }
}

const none: ReadonlySet<PeerId> = new Set()
