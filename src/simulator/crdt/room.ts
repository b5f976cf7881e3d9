/**
 * Peers that share one document in a simulated world. What runs is the product's own code, the driver with its promises as well as its
 * machine: between two events everything that waits for a promise runs, so that one seed is still one run.
 */
import { DocReplica } from '../../crdt/doc-replica.ts'
import type { Replica } from '../../crdt/replica.ts'
import { Sync } from '../../crdt/sync/driver.ts'
import type { SyncSettings } from '../../crdt/sync/state.ts'
import * as Y from '../../crdt/yjs.ts'
import type { Host, Node } from '../world/node.ts'
import { second } from '../world/time.ts'
import { World } from '../world/world.ts'
import { type Carried, type MeshMessage, SimMesh } from './sim-mesh.ts'
import { Editor } from './workload.ts'

export const replicaName = 'doc/simulated'
export const simulatedSettings: SyncSettings = {
  interval: 2_000,
  fanout: 3,
  antiEntropy: true,
  antiEntropyInterval: 10_000,
  convergenceThreshold: 0.95,
}
/** Simulated time between two looks at whether something has come about. */
const lookUs = 0.1 * second

export interface SimPeer {
  readonly node: Node<MeshMessage>
  readonly mesh: SimMesh
  readonly replica: DocReplica
  readonly editor: Editor
  readonly sync: Sync
  /** The document as it was written out last; what a crash leaves. */
  disk: Uint8Array | undefined
}

export class SimRoom {
  readonly world: World<MeshMessage>
  readonly peers: SimPeer[] = []
  readonly carried = new Map<string, Carried>()
  readonly #seed: number
  readonly #settings: SyncSettings
  #lives = 0

  constructor(seed: number, settings: SyncSettings = simulatedSettings) {
    this.#seed = seed
    this.#settings = settings
    this.world = new World(seed)
  }

  /** A new peer; `disk` is what it finds stored. */
  open(name: string, disk?: Uint8Array): SimPeer {
    const node = this.world.addNode(name)
    return this.#start(node, host => this.#boot(host, node, disk))
  }

  /** The peer is gone at once; what it had written out stays. */
  crash(peer: SimPeer): void {
    if (!peer.node.isUp) return
    peer.sync.close()
    peer.node.crash()
    for (const { node, mesh } of this.peers) if (node.isUp) mesh.left(peer.node.name)
  }

  /** It starts again, from its disk. */
  restart({ node, disk }: SimPeer): void {
    if (!node.isUp) this.#start(node, host => this.#boot(host, node, disk))
  }

  /** Ends all faults and wakes everybody. */
  heal(): void {
    this.world.network.heal()
    for (const peer of [...this.peers]) {
      peer.node.resume()
      this.restart(peer)
    }
  }

  async runUntil(untilUs: number, isDone: () => boolean = () => false): Promise<void> {
    let lookAtUs = this.world.nowUs
    while (this.world.step(untilUs)) {
      await settled()
      if (this.world.nowUs < lookAtUs) continue
      lookAtUs = this.world.nowUs + lookUs
      if (isDone()) return
    }
  }

  async runFor(us: number, isDone?: () => boolean): Promise<void> {
    await this.runUntil(this.world.nowUs + us, isDone)
  }

  areEqual(): boolean {
    return new Set(this.peers.map(({ replica }) => replica.digest())).size === 1
  }

  /** Whether each peer knows that all of them hold the same. */
  isKnown(): boolean {
    return this.peers.every(({ sync }) => {
      const { inSync, peers, isConverged } = sync.convergence(replicaName)
      return isConverged && inSync === peers && peers === this.peers.length - 1
    })
  }

  close(): void {
    for (const { sync } of this.peers) sync.close()
  }

  #start(node: Node<MeshMessage>, boot: (host: Host<MeshMessage>) => SimPeer): SimPeer {
    let started: SimPeer | undefined
    node.start(host => {
      started = boot(host)
      const { mesh } = started
      return { receive: (from, message) => mesh.receive(from, message) }
    })
    if (!started) throw new Error(`${node.name} did not start`)
    const known = this.peers.findIndex(peer => peer.node === node)
    if (known < 0) this.peers.push(started)
    else this.peers[known] = started
    for (const other of this.peers) if (other.node !== node && other.node.isUp) other.mesh.joined(node.name)
    return started
  }

  #boot(host: Host<MeshMessage>, node: Node<MeshMessage>, disk: Uint8Array | undefined): SimPeer {
    const others = () => this.peers.filter(peer => peer.node !== node && peer.node.isUp).map(peer => peer.node.name)
    const mesh = new SimMesh(host, others, this.carried)
    const doc = new Y.Doc()
    doc.clientID = this.#seed * 1_000 + ++this.#lives // Yjs would draw one by itself, and runs would differ
    const replica = new DocReplica(replicaName, doc)
    if (disk) replica.merge(disk, { kind: 'stored' })
    const sync = new Sync({
      mesh,
      clock: host.clock,
      random: host.random,
      settings: this.#settings,
      adopt: () => {},
      onChange: () => {},
      count: () => {},
    })
    sync.add(replica satisfies Replica)
    const editor = new Editor(doc, host.random.fork('editor'), `${host.name}.${host.life}`)
    return { node, mesh, replica, sync, editor, disk }
  }
}

/** Everything that waits for a settled promise has run. */
function settled(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
