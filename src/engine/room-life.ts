/** What goes on in a room besides peers and jobs: agents that are registered, faults that are asked for, its beginning and its end. */
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import type { Random } from '../base/random.ts'
import type { DecisionsService } from '../consensus/decisions/decisions.ts'
import { Figures } from '../mesh/figures.ts'
import { Hearing } from '../mesh/gossip/hearing/driver.ts'
import { SiblingGossip } from '../mesh/gossip/siblings/driver.ts'
import { Trees } from '../mesh/gossip/trees/driver.ts'
import type { Identity } from '../mesh/identity.ts'
import type { MeshPeer } from '../mesh/mesh.ts'
import { Network, type ShutdownOutcome } from '../mesh/network.ts'
import { pingAll, type Reachability } from '../mesh/reachability.ts'
import { Registry } from '../mesh/registry/driver.ts'
import type { AgentStore } from '../mesh/registry/types.ts'
import { signerOf } from '../mesh/signed.ts'
import type { BroadcastQueues, FaultInfo, MeshFigures } from '../mesh/types.ts'
import { faultWords } from './fault-words.ts'
import type { Push, StartConfig } from './protocol.ts'
import { RoomGossip, type RoomGossipOptions } from './room-gossip.ts'
import { RoomKeeping } from './room-keeping.ts'
import type { MeshSnapshot } from './snapshot.ts'
import type { Timeline } from './timeline.ts'

export interface RoomLifeOptions {
  readonly mesh: MeshPeer
  readonly config: Pick<StartConfig, 'type' | 'region' | 'onShutdown'>
  readonly identity: Pick<Identity, 'key'>
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly shared: RoomGossipOptions['shared']
  readonly decisions: Promise<DecisionsService>
  readonly store: AgentStore
  readonly timeline: Timeline
  readonly push: (message: Push) => void
  readonly nameOf: (peer: PeerId) => string
  readonly changed: () => void
  readonly leave: () => Promise<void>
}

export class RoomLife {
  readonly registry: Registry
  readonly gossip: RoomGossip
  readonly keeping: RoomKeeping
  readonly #options: RoomLifeOptions
  readonly #network: Network
  readonly #figures: Figures
  readonly #hearing: Hearing
  readonly #trees: Trees
  #shutdown: MeshSnapshot['shutdown']

  constructor(options: RoomLifeOptions) {
    this.#options = options
    const { mesh, config, identity, clock, random, newId, shared, store, timeline, push, nameOf, changed } = options
    const count = (counter: string) => mesh.count(counter)
    const signer = signerOf(identity.key, mesh.id)
    this.gossip = new RoomGossip({ mesh, signer, clock, random, newId, push, shared, count })
    this.registry = new Registry({
      mesh,
      announced: () => mesh.announced,
      signer,
      clock,
      random,
      store,
      type: config.type,
      region: config.region,
      count,
    })
    const agents = () => this.registry.getAll()
    const { gossip } = this
    this.keeping = new RoomKeeping({
      mesh,
      agents,
      decisions: options.decisions,
      gossip,
      clock,
      random,
      changed,
      count,
    })
    this.#figures = new Figures(clock, (event, listener) => mesh.on(event, listener))
    mesh.measure(this.#figures)
    this.#hearing = new Hearing({ ...mesh.gossip, clock })
    const { pipes } = mesh
    this.#trees = new Trees({ ...mesh.gossip, clock, mesh, isSibling: peer => pipes?.isSettled(peer) === true })
    if (pipes) new SiblingGossip({ ...mesh.gossip, clock, pipes, trees: this.#trees })
    this.#network = new Network(mesh, {
      onInit: peer => timeline.add('message', `${nameOf(peer)} said network_init: topology mesh`, peer),
      onConnect: peer => timeline.add('message', `${nameOf(peer)} said peer_connect`, peer),
      onShutdown: (by, reason) => this.#toldToEnd(by, reason),
      count,
    })
    for (const name of ['agent-registered', 'agent-updated', 'agent-deregistered'] as const)
      this.registry.on(name, detail => {
        push({ kind: 'event', name, detail } as Push)
        this.keeping.roomChanged()
        changed()
      })
    this.registry.on('agent-registered', ({ isPeer, name, type, peer }) => {
      if (!isPeer) timeline.add('peer', `${name} (${type}) registered at ${nameOf(peer)}`, peer)
    })
    this.registry.on('agent-deregistered', ({ agent, reason }) => {
      const { isPeer, name, type, peer } = agent
      const why = reason === 'deregistered' ? 'deregistered' : `deregistered with its peer (${reason})`
      if (!isPeer) timeline.add('peer', `${name} (${type}) ${why}`, peer)
    })
    mesh.on('fault', event => {
      const { fault, what } = event
      const by = what === 'ended' ? event.by : fault.by
      timeline.add('fault', `${this.#said(fault)} ${what}${this.#who(what, by)}`, by)
      push({ kind: 'event', name: 'fault', detail: event })
      changed()
    })
    mesh.faults.prepare()
    timeline.add('message', 'Said network_init to all: topology mesh')
    this.#network.started()
  }

  /** Asked for by somebody, and not answered by a person yet. */
  get shutdown(): MeshSnapshot['shutdown'] {
    return this.#shutdown
  }

  get figures(): MeshFigures & { readonly queues: BroadcastQueues } {
    const { mesh } = this.#options
    return { ...this.#figures.read(mesh.id, mesh.peers, mesh.links), queues: mesh.waiting }
  }

  pingAll(timeoutMs?: number): Promise<Reachability> {
    const { mesh } = this.#options
    return pingAll(
      mesh.peers.map(({ id }) => id),
      (peer, waitMs) => mesh.ping(peer, waitMs),
      timeoutMs,
    )
  }

  /** Asks everybody to end, and leaves. */
  async shutDown(reason: string): Promise<ShutdownOutcome> {
    const { timeline, leave } = this.#options
    const outcome = await this.#network.shutDown(reason)
    timeline.add('message', `Said network_shutdown to all: ${reason}`)
    await leave()
    return outcome
  }

  close(): void {
    this.#network.close()
    this.#hearing.close()
    this.#trees.close()
    this.gossip.close()
    this.keeping.close()
    this.registry.close()
  }

  #toldToEnd(by: PeerId, reason: string): void {
    const { config, timeline, push, nameOf, changed, clock, leave } = this.#options
    timeline.add('message', `${nameOf(by)} said network_shutdown: ${reason}`, by)
    push({ kind: 'event', name: 'network-shutdown', detail: { by, reason } })
    if (config.onShutdown === 'ask') this.#shutdown = { by, name: nameOf(by), reason, atMs: clock.nowMs() }
    changed()
    if (config.onShutdown === 'leave') void leave()
  }

  #said(fault: FaultInfo): string {
    const words = faultWords(fault.command, this.#options.nameOf)
    return fault.scope === 'room' ? `${words}, for the room,` : words
  }

  #who(what: 'began' | 'ended' | 'changed', by: PeerId | undefined): string {
    if (by === undefined) return ': its time was over'
    const name = this.#options.nameOf(by)
    return what === 'began' ? ` (asked for by ${name})` : ` (healed by ${name})`
  }
}
