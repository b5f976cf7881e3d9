/**
 * A room of honest peers, and an admitted member that floods: raw frames and raw batches, past queues and pacing of its own. Each frame
 * crosses a link in a task of its own, as it does between tabs, so that work can be counted by turns of the event loop.
 */
import { lpStream } from '@libp2p/utils'
import type { Clock } from '../../../src/base/clock.ts'
import { systemClock } from '../../../src/base/system.ts'
import { MemoryHub } from '../../../src/link/memory.ts'
import { encodeFrame, type Header } from '../../../src/mesh/frame.ts'
import { gossipTopic } from '../../../src/mesh/gossip.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import { Intruder } from './intruder.ts'
import { MemoryRoom, sees, until } from './memory-mesh.ts'
import { encodeBatch } from './signed-batch.ts'

const payload = JSON.stringify('x'.repeat(100))

const taskClock = {
  ...systemClock,
  after: (_: number, perform: () => void) => {
    const task = setImmediate(perform)
    return () => clearImmediate(task)
  },
}

type Lane = Pick<ReturnType<typeof lpStream>, 'writeV'>

/** One turn of the event loop: everything that was ready is done. */
export const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** Deliveries among the honest, and of the flood, so far. */
export interface Heard {
  readonly sends: number
  readonly broadcasts: number
  readonly flood: number
}

export class FloodRoom {
  readonly room: MemoryRoom
  readonly peers: readonly MeshPeer[]
  readonly eve: Intruder
  readonly #targets: readonly MeshPeer[]
  /** To each neighbour. */
  readonly #lanes = new Map<MeshPeer, Lane>()
  readonly #heard = { sends: 0, broadcasts: 0, flood: 0 }
  readonly #batches: Uint8Array[] = []
  #number = 0

  constructor(room: MemoryRoom, peers: readonly MeshPeer[], eve: Intruder, targets: readonly MeshPeer[]) {
    this.room = room
    this.peers = peers
    this.eve = eve
    this.#targets = targets
    const counted = { work: 'sends', news: 'broadcasts', flood: 'flood' } as const
    for (const peer of peers)
      for (const [topic, what] of Object.entries(counted)) peer.subscribe(topic, () => void this.#heard[what]++)
  }

  /** Everybody sees everybody; the intruder is linked to the first `neighbours`. */
  static async open(names: readonly string[], neighbours: number, clock: Clock = systemClock): Promise<FloodRoom> {
    const room = new MemoryRoom(clock, new MemoryHub({ clock: taskClock }))
    const peers = await Promise.all(names.map(name => room.join(name)))
    await until(() => peers.every(peer => sees(peer, peers) && peer.links.length >= 3), 'all see all', 60_000)
    const targets = peers.slice(0, neighbours)
    const eve = await Intruder.enter(room, targets[0] as MeshPeer)
    for (const peer of targets) await eve.link(peer)
    const { pubsub } = eve.node.services
    await until(() => pubsub.getSubscribers(gossipTopic).length >= neighbours, 'they listen', 60_000)
    return new FloodRoom(room, peers, eve, targets)
  }

  get heard(): Heard {
    return { ...this.#heard }
  }

  get dropped(): number {
    return this.peers.reduce((sum, peer) => sum + (peer.counters['dropped.flood'] ?? 0), 0)
  }

  /** Signed beforehand: what a flood costs its author is not what is measured. */
  async prepare(batches: number): Promise<void> {
    const frame = frameOf('broadcast')
    for (let at = 0; at < batches; at++)
      this.#batches.push(await encodeBatch(this.eve.keys.signer, ++this.#number, [frame]))
  }

  /** So many direct frames to each of its neighbours, and so many batches to all of them, at once. */
  async flood(frames: number, batches: number): Promise<void> {
    const burst = Array.from({ length: frames }, () => frameOf('send', `${++this.#number}`))
    const { pubsub } = this.eve.node.services
    await Promise.all([
      ...this.#targets.map(peer => this.#write(peer, burst)),
      ...this.#batches.splice(0, batches).map(batch => pubsub.publish(gossipTopic, batch)),
    ])
  }

  /** Over a link of its own making, made again where the other end has let it go: it answers no heartbeat. */
  async #write(peer: MeshPeer, frames: Uint8Array[]): Promise<void> {
    if (frames.length === 0) return
    try {
      const lane = this.#lanes.get(peer) ?? lpStream(await this.eve.stream(peer))
      this.#lanes.set(peer, lane)
      await lane.writeV(frames)
    } catch {
      this.#lanes.delete(peer)
    }
  }

  /** Each sends `sends` to the next and broadcasts once, and does not wait. */
  work(sends: number): void {
    for (const [at, peer] of this.peers.entries()) {
      const next = this.peers[(at + 1) % this.peers.length] as MeshPeer
      for (let number = 0; number < sends; number++) void peer.send(next.id, 'work', payload).catch(() => {})
      void peer.broadcast('news', payload)
    }
  }

  async close(): Promise<void> {
    await this.eve.leave()
    await this.room.close()
  }
}

function frameOf(kind: 'send' | 'broadcast', id = 'flood'): Uint8Array {
  const header: Header = { kind, id, topic: 'flood', timestamp: 0, body: 'json' }
  return encodeFrame({ header, body: new TextEncoder().encode(payload) })
}
