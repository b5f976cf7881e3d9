/** The population of a simulated room: who is there, who comes, and who goes in which way. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import { integerBelow, shuffled } from '../../base/random.ts'
import { presets } from '../../mesh/presets.ts'
import type { Node } from '../world/node.ts'
import { between, oneOf, type Sfc32 } from '../world/random.ts'
import { ms } from '../world/time.ts'
import type { World } from '../world/world.ts'
import { Field } from './field.ts'
import type { MeshMessage } from './messages.ts'
import type { MeshSimulationOptions } from './options.ts'
import { SimPeer } from './peer.ts'
import type { Watch } from './watch.ts'

/** Peers that the lobby lists to a newcomer, of all that are there. */
const listedMax = 5
/** The signaling server tells of a closed socket after this (measured: 12 to 116 ms). */
const leftMinMs = 12
const leftMaxMs = 116

export class Room {
  readonly world: World<MeshMessage>
  readonly field: Field
  /** Those who run now, frozen ones included. */
  readonly peers = new Map<PeerId, SimPeer>()
  readonly #options: MeshSimulationOptions
  readonly #watch: () => Watch
  readonly #random: Sfc32
  /** The keys of `peers`, to choose from by chance. */
  readonly #present: PeerId[] = []
  #sessions = 0

  constructor(world: World<MeshMessage>, options: MeshSimulationOptions, watch: () => Watch) {
    this.world = world
    this.#options = options
    this.#watch = watch
    this.#random = world.random.fork('room')
    this.field = new Field(world, peer => this.peers.get(peer))
  }

  get present(): readonly PeerId[] {
    return this.#present
  }

  nodeOf(peer: PeerId): Node<MeshMessage> | undefined {
    return this.world.nodes.get(peer)
  }

  /** Somebody joins: a tab that is new, or one that was here before, as a new session. */
  join(name: string): SimPeer | undefined {
    const id = name as PeerId
    const node = this.world.nodes.get(name) ?? this.world.addNode(name)
    if (node.isUp) return undefined
    const made = this.#start(node, id)
    made?.begin()
    return made
  }

  /** A room in which everybody has found everybody already, with a ring and two chords each; thousands need not join one by one. */
  form(names: readonly string[]): void {
    const ids = [...names].sort() as PeerId[]
    const links = new Map(ids.map(id => [id, new Set<PeerId>()]))
    const join = (one: PeerId | undefined, other: PeerId | undefined) => {
      if (one === undefined || other === undefined || one === other) return
      links.get(one)?.add(other)
      links.get(other)?.add(one)
    }
    for (const [at, id] of ids.entries()) join(id, ids[(at + 1) % ids.length])
    for (let chords = 0; chords < 2; chords++) {
      const order = shuffled(this.#random, ids)
      for (let at = 0; at + 1 < order.length; at += 2) join(order[at], order[at + 1])
    }
    const made = ids.flatMap(id => this.#start(this.world.addNode(id), id) ?? [])
    const everybody = made.map(peer => peer.lists.formed([...(links.get(peer.id) ?? [])]))
    for (const [one, others] of links) for (const other of others) if (one < other) this.field.form(one, other)
    for (const peer of made) peer.form(everybody, [...(links.get(peer.id) ?? [])])
    for (const peer of made) peer.begin()
  }

  #start(node: Node<MeshMessage>, id: PeerId): SimPeer | undefined {
    const { world, field } = this
    const started = Math.floor(world.nowUs / ms)
      .toString(36)
      .padStart(8, '0')
    const session = `${started}-${(this.#sessions++).toString(36).padStart(8, '0')}` as SessionId
    const made: SimPeer[] = []
    node.start(host => {
      const peer = new SimPeer(host, {
        field,
        session,
        settings: presets[this.#options.preset],
        watch: this.#watch(),
        listed: () => this.#listed(id),
        sessionAt: other => this.peers.get(other)?.session,
      })
      made.push(peer)
      this.peers.set(id, peer)
      this.#present.push(id)
      host.atEnd(() => this.#ended(peer))
      return peer
    })
    return made[0]
  }

  /** A page that closes says goodbye, and its links end with it. */
  leave(peer: PeerId): void {
    const gone = this.peers.get(peer)
    if (!gone) return
    const links = [...gone.overlay.linked]
    gone.leave()
    // The goodbye goes first on each link; the end of the links comes after it.
    this.nodeOf(peer)?.crash()
    this.world.schedule(1, () => {
      this.field.gone(peer, links, false)
      return undefined
    })
  }

  /** Without a word. */
  crash(peer: PeerId): void {
    const gone = this.peers.get(peer)
    if (!gone) return
    const links = [...gone.overlay.linked]
    this.nodeOf(peer)?.crash()
    this.field.gone(peer, links, true)
    if (!this.#options.hasSignaling) return
    for (const other of this.#present) this.#tellLeft(other, peer, gone.session)
  }

  /** Anybody that runs and is not frozen; undefined if nobody is. */
  anybody(): PeerId | undefined {
    for (let tries = 0; tries < 20; tries++) {
      const peer = oneOf(this.#random, this.#present)
      if (peer && !this.nodeOf(peer)?.isPaused) return peer
    }
    return undefined
  }

  #tellLeft(to: PeerId, peer: PeerId, session: SessionId): void {
    const node = this.nodeOf(to)
    const life = node?.life ?? 0
    this.world.schedule(between(this.#random, leftMinMs, leftMaxMs) * ms, () =>
      node?.happen(life, 'signaling', () => this.peers.get(to)?.signalingLeft(peer, session)),
    )
  }

  #listed(self: PeerId): PeerId[] {
    const listed = new Set<PeerId>()
    for (let tries = 0; listed.size < listedMax && tries < 4 * listedMax; tries++) {
      const peer = this.#present[integerBelow(this.#random, this.#present.length)]
      if (peer && peer !== self) listed.add(peer)
    }
    return [...listed]
  }

  #ended(peer: SimPeer): void {
    if (this.peers.get(peer.id) !== peer) return
    this.peers.delete(peer.id)
    const at = this.#present.indexOf(peer.id)
    this.#present[at] = this.#present[this.#present.length - 1] as PeerId
    this.#present.pop()
  }
}
