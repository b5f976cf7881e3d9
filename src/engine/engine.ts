/**
 * The composition root: one place that knows all the layers. It joins the room, keeps the snapshot, and answers the page.
 * It runs in a worker in tabs; what differs between platforms is handed in.
 */
import type { Clock } from '../base/clock.ts'
import { MeshError, toMeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Random } from '../base/random.ts'
import type { DecisionsService } from '../consensus/decisions/decisions.ts'
import type { Shared } from '../crdt/shared.ts'
import type { Rendezvous } from '../link/rendezvous.ts'
import type { Identity } from '../mesh/identity.ts'
import { MeshPeer } from '../mesh/mesh.ts'
import type { MeshOptions } from '../mesh/options.ts'
import { peerIdOf } from '../mesh/peer-id.ts'
import type { AgentStore } from '../mesh/registry/types.ts'
import type { Room } from '../mesh/room.ts'
import type { Mesh } from '../mesh/types.ts'
import type { Work } from '../work/index.ts'
import type { JobView } from '../work/types.ts'
import { Deciding } from './deciding.ts'
import { Later } from './later.ts'
import { friendlyName } from './names.ts'
import type { EngineFacts, Push, StartConfig } from './protocol.ts'
import type { RoomLife } from './room-life.ts'
import type { SharedPush } from './shared-rpc.ts'
import type { JoinStep, MeshSnapshot, Phase } from './snapshot.ts'
import { Timeline } from './timeline.ts'

/** Snapshots leave at most this often (a frame), by this clock, also in a hidden tab. */
const snapshotIntervalMs = 16
/** With others in the room but no link by then, this peer counts as alone, with a problem to show. */
const firstLinkWaitMs = 8_000

/** What the engine hands to `work`. */
export interface WorkContext {
  readonly mesh: Mesh
  readonly name: () => string
  readonly onChange: (job: JobView) => void
  readonly count: (counter: string) => void
}

/** What the engine hands to shared state. */
export interface SharedContext {
  readonly mesh: Mesh
  /** What strong calls of the memory go through; they wait until it is there. */
  readonly decisions: Promise<DecisionsService>
  readonly onChange: () => void
  /** Nothing can be written down, or all can again. */
  readonly onTrouble: (error: MeshError | undefined) => void
  readonly count: (counter: string) => void
  readonly push: (message: SharedPush) => void
}

export interface EngineOptions {
  readonly config: StartConfig
  readonly session: SessionId
  readonly identity: Identity
  readonly room: Room
  readonly device: string
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly rendezvous: Rendezvous
  readonly links: MeshOptions['links']
  readonly watchSession: NonNullable<MeshOptions['watchSession']>
  /** Keeps the agents registered here over a reload. */
  readonly openAgentStore: () => Promise<AgentStore>
  readonly siblingLinks: MeshOptions['siblingLinks']
  /** Loaded once the room is being joined: jobs come after peers. */
  readonly createWork: (context: WorkContext) => Promise<Work>
  /** Loaded likewise: decisions come after peers. */
  readonly createDecisions: (mesh: MeshPeer) => Promise<DecisionsService>
  /** Loaded likewise. */
  readonly createShared: (context: SharedContext) => Promise<Shared>
  readonly push: (message: Push) => void
}

export class Engine {
  readonly mesh: MeshPeer
  /** Agents, faults and the network's own messages. */
  readonly life: Later<RoomLife>
  readonly work: Later<Work>
  /** Documents, memory and presence. */
  readonly shared: Later<Shared>
  readonly deciding: Deciding
  readonly #options: EngineOptions
  readonly #timeline: Timeline
  readonly #steps = new Map<JoinStep, MeshSnapshot['steps'][number]['state']>([
    ['identity', 'done'],
    ['signaling', 'running'],
    ['dialling', 'waiting'],
    ['admitted', 'waiting'],
  ])
  /** When this tab is first usable, joined or alone. */
  readonly #settled = Promise.withResolvers<void>()
  #phase: Phase = 'joining'
  #problem: MeshSnapshot['problem']
  #signaling: MeshSnapshot['signaling']['state'] = 'connecting'
  #joinedAtMs: number | undefined
  /** How many others the rendezvous listed last. */
  #others = 0
  #isDirty = false
  #isReady = false
  #stopWait: () => void = () => {}
  readonly #jobStates = new Map<JobView['id'], JobView['state']>()

  constructor(options: EngineOptions) {
    this.#options = options
    const { config, room, session, identity, clock, random, newId, push } = options
    this.#timeline = new Timeline(clock, event => push({ kind: 'timeline', event }))
    this.mesh = new MeshPeer({
      key: identity.key,
      session,
      room,
      name: config.name ?? friendlyName(peerIdOf(identity.key)),
      device: options.device,
      browser: identity.browser,
      capabilities: config.capabilities,
      preset: config.preset,
      maxAgents: config.maxAgents,
      clock,
      random,
      newId,
      rendezvous: options.rendezvous,
      links: options.links,
      siblingLinks: options.siblingLinks,
      hasSiblings: identity.hasSiblings,
      watchSession: options.watchSession,
      onSignalingState: (state, error) => this.#signalingState(state, error),
      onWelcome: others => this.#welcome(others),
      onProblem: error => this.#trouble(error),
      onLeaving: detail => push({ kind: 'event', name: 'agent-leave', detail }),
      ...(config.roomFaults !== undefined && { roomFaults: config.roomFaults }),
      onSelfChange: () => {
        this.life.part?.registry.ownChanged()
        this.#changed()
      },
    })
    this.deciding = new Deciding({
      clock,
      push,
      timeline: this.#timeline,
      open: () => options.createDecisions(this.mesh),
      requireLinks: peers => this.mesh.requireLinks(peers),
      nameOf: ({ host }) => (host === this.mesh.id ? 'This tab' : ((host && this.#nameOf(host)) ?? 'A tab')),
      onChange: () => this.#changed(),
      onTrouble: ({ code, message }) => this.#trouble(new MeshError(code, `This tab decides nothing: ${message}`)),
    })
    this.#listen()
    const told = { onLoaded: () => this.#changed(), onTrouble: (error: MeshError) => this.#trouble(error) }
    this.work = new Later({ ...told, without: 'can do no jobs', load: () => this.#createWork() })
    this.life = new Later({ ...told, without: 'registers no agents', load: () => this.#createLife() })
    this.shared = new Later({ ...told, without: 'shares no documents', load: () => this.#createShared() })
  }

  /** Resolves when others can find this tab; what jobs need is loaded once it is usable, since joining goes first. */
  async start(): Promise<void> {
    this.#changed()
    await this.mesh.start().catch(thrown => {
      this.#trouble(toMeshError(thrown, 'unsupported')) // it may have been let in already
      throw thrown
    })
    void this.#settled.promise.then(() => {
      for (const part of [this.deciding, this.shared, this.work, this.life]) void part.open()
    })
  }

  #createWork(): Promise<Work> {
    return this.#options.createWork({
      mesh: this.mesh,
      name: () => this.mesh.announced.name,
      onChange: job => this.#jobChanged(job),
      count: counter => this.mesh.count(counter),
    })
  }

  async #createLife(): Promise<RoomLife> {
    const { config, identity, clock, random, newId, openAgentStore, push } = this.#options
    const [{ RoomLife }, store] = await Promise.all([import('./room-life.ts'), openAgentStore()])
    return new RoomLife({
      mesh: this.mesh,
      config,
      identity,
      clock,
      random,
      newId,
      shared: this.shared.promise,
      decisions: this.deciding.service,
      store,
      timeline: this.#timeline,
      push,
      nameOf: peer => this.#nameOf(peer) ?? 'a peer',
      changed: () => this.#changed(),
      leave: () => this.leave(),
    })
  }

  #createShared(): Promise<Shared> {
    const { createShared, push } = this.#options
    const { mesh } = this
    const decisions = this.deciding.service
    return createShared({
      mesh,
      decisions,
      push,
      onChange: () => this.#changed(),
      onTrouble: error => error && this.#tellProblem(error),
      count: counter => mesh.count(counter),
    })
  }

  #tellProblem({ code, message }: MeshError): void {
    this.#timeline.add('problem', message)
    this.#options.push({ kind: 'event', name: 'problem', detail: { code, message } })
  }

  /** What the engine knows that may tell why there is no link. */
  async connectionFacts(): Promise<EngineFacts> {
    const { peers, links, care } = this.mesh
    return {
      signaling: this.#signaling,
      others: Math.max(this.#others, peers.length),
      links: links.length,
      iceServers: this.#options.config.iceServers,
      candidates: await care.candidates(),
      dials: care.dials.records,
    }
  }

  rename(name: string): void {
    this.mesh.announce({ name })
  }

  async leave(): Promise<void> {
    this.#stopWait()
    this.work.part?.close()
    this.life.part?.close()
    await this.shared.part?.close()
    await this.deciding.leave()
    await this.mesh.leave()
    this.#phase = 'left'
    this.#pushSnapshot()
  }

  get snapshot(): MeshSnapshot {
    const { config, session, device, rendezvous } = this.#options
    return {
      phase: this.#phase,
      steps: [...this.#steps].map(([step, state]) => ({ step, state })),
      problem: this.#problem,
      self: {
        id: this.mesh.id,
        session,
        device,
        ...this.mesh.announced,
        joinedAtMs: this.#joinedAtMs,
      },
      room: { name: config.room, isPrivate: config.secret !== undefined },
      signaling: { state: this.#signaling, url: rendezvous.url },
      peers: this.mesh.peers,
      links: this.mesh.links,
      partition: this.mesh.partition,
      jobs: this.work.part?.jobs ?? [],
      ...(this.deciding.view && { decisions: this.deciding.view }),
      shared: this.shared.part?.view,
      counters: { ...this.mesh.counters },
      faults: this.mesh.faults.list,
      agents: this.life.part?.registry.getAll() ?? [],
      away: this.life.part?.keeping.away ?? [],
      settings: this.life.part?.keeping.roomSettings,
      shutdown: this.life.part?.shutdown,
    }
  }

  #jobChanged(job: JobView): void {
    const known = this.#jobStates.get(job.id)
    if (known !== job.state) {
      this.#jobStates.set(job.id, job.state)
      const said = job.state === 'failed' ? `failed: ${job.error?.message ?? 'unknown reason'}` : job.state
      this.#timeline.add('job', `Job "${job.title}" ${said}`)
    }
    this.#options.push({ kind: 'event', name: 'job', detail: job })
    this.#changed()
  }

  #listen(): void {
    const { push } = this.#options
    for (const name of ['agent-join', 'agent-change', 'link-open', 'link-close', 'partition', 'heal'] as const) {
      this.mesh.on(name, detail => {
        push({ kind: 'event', name, detail } as Push)
        this.#changed()
      })
    }
    this.mesh.on('agent-join', peer => {
      this.#timeline.add('peer', `${peer.name} joined from ${peer.device}`, peer.id)
      if (peer.link !== 'relayed') this.#timeline.add('link', `Link to ${peer.name} opened (${peer.link})`, peer.id)
      queueMicrotask(() => this.#settle('joined')) // after all whom the same word told of
    })
    this.mesh.on('agent-leave', ({ peer, reason }) => {
      this.#timeline.add('peer', `${peer.name} left (${reason})`, peer.id)
      this.#changed()
      if (this.mesh.peers.length === 0 && this.#phase === 'joined') this.#settle('alone')
    })
    this.mesh.on('link-open', link => {
      const name = this.#nameOf(link.peer) // not known yet for a newcomer: its `agent-join` says so then
      if (name) this.#timeline.add('link', `Link to ${name} opened (${link.kind})`, link.peer)
    })
    this.mesh.on('link-close', ({ peer }) => {
      const name = this.#nameOf(peer)
      if (name) this.#timeline.add('link', `Link to ${name} closed`, peer)
    })
  }

  #nameOf(peer: PeerId): string | undefined {
    if (peer === this.mesh.id) return this.mesh.announced.name
    return this.mesh.peers.find(info => info.id === peer)?.name
  }

  #signalingState(state: 'connecting' | 'connected' | 'down', error?: MeshError): void {
    if (state !== this.#signaling && state !== 'connecting')
      this.#timeline.add('signaling', state === 'connected' ? 'Signaling connected' : 'Signaling lost; links go on')
    this.#signaling = state
    if (state === 'connected') {
      this.#steps.set('signaling', 'done')
      if (this.#problem?.code === 'signaling-unreachable') this.#problem = undefined
    }
    if (state === 'down' && error) {
      if (this.#steps.get('signaling') !== 'done') this.#steps.set('signaling', 'failed')
      this.#trouble(error)
      if (this.#phase === 'joining' && this.#others === 0) this.#settle('alone')
    }
    this.#changed()
  }

  #welcome(others: number): void {
    if (this.#phase === 'failed') return
    this.#others = others
    if (others === 0) {
      if (this.mesh.peers.length === 0) this.#settle('alone')
      return
    }
    if (this.#phase !== 'joining') return
    this.#steps.set('dialling', 'running')
    this.#stopWait = this.#options.clock.after(firstLinkWaitMs, () => {
      if (this.#phase !== 'joining') return
      this.#steps.set('dialling', 'failed')
      const message = `No path to the ${others} other${others === 1 ? '' : 's'} in this room yet; this tab keeps trying. If they are on another network, a TURN server may be needed (option iceServers).`
      this.#trouble(new MeshError('dial-failed', message))
      this.#settle('alone')
    })
    this.#changed()
  }

  #trouble(error: MeshError): void {
    if (error.code === 'wrong-secret' && this.#options.config.separate) return
    this.#tellProblem(error)
    this.#problem = { code: error.code, message: error.message }
    if ((error.code === 'wrong-secret' || error.code === 'room-full') && this.#phase === 'joining') {
      this.#phase = 'failed'
      this.#options.push({ kind: 'failed', code: error.code, message: error.message })
      void this.mesh.leave()
    }
    this.#changed()
  }

  #settle(phase: 'joined' | 'alone'): void {
    if (this.#phase === 'failed' || this.#phase === 'left') return
    this.#phase = phase
    if (phase === 'joined') {
      this.#stopWait()
      // Through a sibling one joins without any signaling.
      if (this.#steps.get('signaling') !== 'failed') this.#steps.set('signaling', 'done')
      this.#steps.set('dialling', 'done').set('admitted', 'done')
      if (this.#problem?.code === 'dial-failed') this.#problem = undefined
    }
    this.#joinedAtMs ??= this.#options.clock.nowMs()
    if (!this.#isReady) {
      this.#isReady = true
      this.#settled.resolve()
      this.#pushSnapshot()
      const { identity, session } = this.#options
      this.#options.push({ kind: 'ready', slot: identity.slot, session, browser: identity.browser })
    }
    this.#changed()
  }

  #changed(): void {
    if (this.#isDirty) return
    this.#isDirty = true
    this.#options.clock.after(snapshotIntervalMs, () => this.#pushSnapshot())
  }

  #pushSnapshot(): void {
    this.#isDirty = false
    this.#options.push({ kind: 'snapshot', snapshot: this.snapshot })
  }
}
