/** The page's end of the engine: starts the worker, keeps the snapshot current, and turns calls into messages. */
import { expose, proxy, type Remote, wrap } from 'comlink'
import './wire-errors.ts'
import { Emitter } from '../base/emitter.ts'
import { MeshError, type MeshErrorCode } from '../base/errors.ts'
import type { JobId, PeerId, SessionId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type { DecisionOptions } from '../consensus/decisions/types.ts'
import { whyCantIConnect } from '../link/diagnosis.ts'
import { withAdvice } from '../link/dial-advice.ts'
import { PageLinks } from '../link/webrtc/page.ts'
import type {
  AgentInfo,
  BroadcastOptions,
  CallOptions,
  Diagnosis,
  DialRecord,
  FaultOutcome,
  Incoming,
  LinkFacts,
} from '../mesh/types.ts'
import { type AgentsHandle, agentsHandle } from './agents-handle.ts'
import { onComeback } from './comeback.ts'
import { takeEngineWorker } from './engine-worker.ts'
import { type FaultsHandle, faultsHandle } from './faults-handle.ts'
import { Goodbyes } from './goodbyes.ts'
import type { GossipCalls, GossipHandle } from './gossip-handle.ts'
import type { HandleEvents, JobRequest, MeshHandle } from './handle.ts'
import type { JoinOptions } from './join-options.ts'
import { startConfig } from './join-options.ts'
import { PageDecisions } from './page-decisions.ts'
import { type GossipCall, pageGossip } from './page-gossip.ts'
import { pageServices } from './page-services.ts'
import { PageShared } from './page-shared.ts'
import type { Boot, EngineApi, Push, WireCallOptions } from './protocol.ts'
import type { MeshSnapshot, TimelineEvent } from './snapshot.ts'

const timelineMax = 1_000
const formerKey = 'tabmesh-former'

/** Joins a room; resolves when this tab is admitted with one link, or confirmed to be alone. Rejects with MeshError. */
export async function joinMesh(options: JoinOptions): Promise<MeshHandle> {
  const { config, forceBridge } = startConfig(options, readFormer())
  const worker = takeEngineWorker()
  const rpc = new MessageChannel()
  const links = new MessageChannel()
  const services = new MessageChannel()
  expose(pageServices(options), services.port1)
  const pageLinks = new PageLinks({ port: links.port1, forceBridge, onGoodbye: record => page.hear(record) })
  const engine = wrap<EngineApi>(rpc.port1)
  const page = new PageMesh(engine, options, isTold => {
    pageLinks.close(isTold)
    worker.terminate() // frees its locks and its socket at once
  })
  worker.onmessage = event => {
    for (const push of event.data as Push[]) page.receive(push)
  }
  worker.onerror = event => page.fail(new MeshError('unsupported', `The engine did not start: ${event.message}`))
  const boot: Boot = { kind: 'boot', config, rpc: rpc.port2, links: links.port2, services: services.port2 }
  worker.postMessage(boot, [rpc.port2, links.port2, services.port2])
  addEventListener('pagehide', page.close)
  onComeback(() => void engine.probe())
  document.addEventListener('freeze', page.freeze)
  // A page restored from the back-forward cache finds its engine gone: only a reload brings it back.
  addEventListener('pageshow', event => {
    if (event.persisted) location.reload()
  })
  return page.ready
}

function readFormer(): { slot: number; session: string } | undefined {
  try {
    const former = JSON.parse(sessionStorage.getItem(formerKey) ?? 'null')
    return Number.isInteger(former?.slot) && typeof former?.session === 'string' ? former : undefined
  } catch {
    return undefined
  }
}

class PageMesh implements MeshHandle {
  readonly ready: Promise<MeshHandle>
  readonly decisions: PageDecisions
  readonly inviteUrl: string
  readonly agents: AgentsHandle
  readonly faults: FaultsHandle
  readonly shared: MeshHandle['shared']
  readonly memory: MeshHandle['memory']
  readonly settings: MeshHandle['settings'] = {
    get: options => this.#call(options, given => this.#engine.settings(undefined, given)),
    set: (change, options) => this.#call(options, given => this.#engine.settings(change, given)),
  }
  readonly gossip: GossipHandle
  readonly #pageShared: PageShared
  readonly #engine: Remote<EngineApi>
  readonly #options: JoinOptions
  /** `isTold` where the engine has said that this tab leaves. */
  readonly #shutDown: (isTold: boolean) => void
  readonly #emitter = new Emitter<HandleEvents>(error => reportError(error))
  readonly #subscribers = new Map<number, (payload: Payload, incoming: Incoming) => void>()
  readonly #settle: { resolve(handle: MeshHandle): void; reject(error: MeshError): void }
  readonly #queue: { readonly topic: string; readonly payload: Payload; readonly options?: BroadcastOptions }[] = []
  #broadcasts: ReturnType<EngineApi['broadcast']> | undefined
  readonly #goodbyes = new Goodbyes(() => performance.now())
  #timeline: TimelineEvent[] = []
  #snapshot: MeshSnapshot | undefined
  #nextId = 0

  constructor(engine: Remote<EngineApi>, options: JoinOptions, shutDown: (isTold: boolean) => void) {
    this.#engine = engine
    this.#options = options
    this.#shutDown = shutDown
    const { promise, resolve, reject } = Promise.withResolvers<MeshHandle>()
    this.ready = promise
    this.#settle = { resolve, reject }
    this.inviteUrl = inviteUrl(options)
    this.agents = agentsHandle(
      {
        registerAgent: agent => engine.registerAgent(agent) as Promise<AgentInfo>,
        deregisterAgent: id => engine.deregisterAgent(id),
      },
      () => this.snapshot.agents,
      () => this.snapshot.away,
    )
    this.faults = faultsHandle(
      request => engine.faults(request) as Promise<FaultOutcome>,
      () => this.snapshot.faults,
    )
    const call = (name: string, ...args: unknown[]) => engine.gossip(name as keyof GossipCalls, args)
    this.gossip = pageGossip(call as GossipCall, this.#subscribers, () => ++this.#nextId)
    this.decisions = new PageDecisions({
      engine,
      call: (given, start) => this.#call(given, start),
      onDecision: listener => this.#emitter.on('decision', listener),
    })
    this.#pageShared = new PageShared(engine)
    this.shared = this.#pageShared.shared
    this.memory = this.#pageShared.memory
  }

  /** The page is about to be frozen, its worker with it: whoever leads here hands over. */
  readonly freeze = (): void => void this.#engine.freezing()

  /** Says goodbye and ends the engine; called at `pagehide`. */
  readonly close = (): void => this.#shutDown(false)

  fail(error: MeshError): void {
    this.#settle.reject(error)
  }

  receive(push: Push): void {
    if (push.kind === 'snapshot') {
      this.#snapshot = { ...push.snapshot, peers: this.#goodbyes.without(push.snapshot.peers) }
      this.#options.onSnapshot?.(this.#snapshot)
      this.#emitter.emit('snapshot', this.#snapshot)
    } else if (push.kind === 'timeline') {
      this.#timeline = [...this.#timeline.slice(1 - timelineMax), push.event]
      this.#emitter.emit('timeline', push.event)
    } else if (push.kind === 'event') {
      if (push.name === 'agent-leave') this.#left(push.detail as HandleEvents['agent-leave'])
      else this.#emitter.emit(push.name, push.detail as never)
    } else if (push.kind === 'topic') this.#subscribers.get(push.subscription)?.(push.payload, push.incoming)
    else if (push.kind === 'ready') {
      this.#goodbyes.browser = push.browser
      sessionStorage.setItem(formerKey, JSON.stringify({ slot: push.slot, session: push.session }))
      this.#settle.resolve(this)
    } else if (push.kind !== 'failed') this.#pageShared.receive(push)
    else this.#settle.reject(new MeshError(push.code as MeshErrorCode, push.message))
  }

  /** Another page of this browser goes, and says so to this one. */
  hear(goodbye: unknown): void {
    const leaving = this.#snapshot && this.#goodbyes.hear(goodbye, this.#snapshot.peers)
    if (leaving) this.#forget(leaving)
  }

  #left(leaving: HandleEvents['agent-leave']): void {
    if (!this.#goodbyes.confirm(leaving.peer.session)) this.#forget(leaving)
  }

  /** Who left is off the list at once; the next snapshot brings the rest of what that changed. */
  #forget(leaving: HandleEvents['agent-leave']): void {
    if (this.#snapshot) {
      const peers = this.#snapshot.peers.filter(({ session }) => session !== leaving.peer.session)
      this.#snapshot = { ...this.#snapshot, peers }
    }
    this.#emitter.emit('agent-leave', leaving)
  }

  get snapshot(): MeshSnapshot {
    if (!this.#snapshot) throw new MeshError('left', 'the mesh has not started')
    return this.#snapshot
  }

  get id(): PeerId {
    return this.snapshot.self.id
  }

  get session(): SessionId {
    return this.snapshot.self.session
  }

  get peers() {
    return this.snapshot.peers
  }

  get links() {
    return this.snapshot.links
  }

  get jobs() {
    return this.snapshot.jobs
  }

  get leader() {
    return this.snapshot.decisions?.leader
  }

  get timeline(): readonly TimelineEvent[] {
    return this.#timeline
  }

  on<Name extends keyof HandleEvents>(event: Name, listener: (detail: HandleEvents[Name]) => void): () => void {
    if (event === 'decision') return this.decisions.on(listener as (detail: HandleEvents['decision']) => void)
    return this.#emitter.on(event, listener)
  }

  aggregate(name: string, value?: number) {
    return this.gossip.aggregate(name, value)
  }

  propose(command: Json, options?: DecisionOptions) {
    return this.decisions.propose(command, options)
  }

  send(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<void> {
    return this.#call(options, given => this.#engine.send(to, topic, payload, given))
  }

  /** Broadcasts of one task cross to the engine as one message. */
  broadcast(topic: string, payload: Payload, options?: BroadcastOptions): Promise<void> {
    this.#broadcasts ??= Promise.resolve().then(() => {
      const queue = this.#queue.splice(0)
      this.#broadcasts = undefined
      return this.#engine.broadcast(queue)
    })
    const at = this.#queue.push({ topic, payload, ...(options && { options }) }) - 1
    return this.#broadcasts.then(failures => {
      const failure = failures[at]
      if (failure) throw new MeshError(failure.code, failure.message)
    })
  }

  subscribe(topic: string, listener: (payload: Payload, incoming: Incoming) => void): () => void {
    const id = ++this.#nextId
    this.#subscribers.set(id, listener)
    void this.#engine.subscribe(topic, id)
    return () => {
      this.#subscribers.delete(id)
      void this.#engine.unsubscribe(id)
    }
  }

  handle(topic: string, handler: Parameters<MeshHandle['handle']>[1]): () => void {
    const answer = async (payload: Payload, incoming: Incoming) => handler(payload, incoming)
    const registered = this.#engine.handle(topic, proxy(answer))
    return () => void registered.then(id => this.#engine.unhandle(id))
  }

  request(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<Payload> {
    return this.#call(options, given => this.#engine.request(to, topic, payload, given) as Promise<Payload>)
  }

  gather(topic: string, payload: Payload, options?: CallOptions & { readonly quorum?: number }) {
    return this.#call(options, given => this.#engine.gather(topic, payload, given))
  }

  submit({ capability, input, ...options }: Parameters<MeshHandle['submit']>[0]): Promise<Payload> {
    return this.#call(options, given => this.#engine.submit(capability, input, given) as Promise<Payload>)
  }

  async map(job: JobRequest): Promise<Json> {
    const id = await this.startJob(job)
    const done = Promise.withResolvers<void>()
    const off = this.on('job', view => {
      if (view.id !== id) return
      job.onProgress?.(view)
      if (view.state === 'done') done.resolve()
      else if (view.error || view.state === 'cancelled')
        done.reject(
          new MeshError((view.error?.code ?? 'cancelled') as MeshErrorCode, view.error?.message ?? 'cancelled'),
        )
    })
    const onAbort = () => void this.cancelJob(id)
    job.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await done.promise
      return await this.jobResult(id)
    } finally {
      off()
      job.signal?.removeEventListener('abort', onAbort)
    }
  }

  startJob({ signal, onProgress: _, ...job }: JobRequest): Promise<JobId> {
    signal?.throwIfAborted()
    return this.#engine.startJob(job) as Promise<JobId>
  }

  cancelJob(id: JobId): Promise<void> {
    return this.#engine.cancelJob(id)
  }

  retryJob(id: JobId): Promise<void> {
    return this.#engine.retryJob(id)
  }

  jobResult(id: JobId): Promise<Json> {
    return this.#engine.jobResult(id) as Promise<Json>
  }

  async ping(peer: PeerId): Promise<{ readonly rttMs: number }> {
    return { rttMs: await this.#engine.ping(peer) }
  }

  pingAll({ timeoutMs }: { readonly timeoutMs?: number } = {}) {
    return this.#engine.pingAll(timeoutMs)
  }

  metrics() {
    return this.#engine.metrics()
  }

  connect(peer: PeerId): Promise<void> {
    return this.#engine.connect(peer)
  }

  cut(peer: PeerId): Promise<void> {
    return this.#engine.cut(peer)
  }

  linkFacts(peer: PeerId): Promise<LinkFacts> {
    return this.#engine.linkFacts(peer)
  }

  async dials(): Promise<readonly DialRecord[]> {
    return (await this.#engine.dials()).map(withAdvice)
  }

  async diagnose(): Promise<Diagnosis> {
    const facts = await this.#engine.connectionFacts()
    const page = { isSecureContext, hasWebRtc: 'RTCPeerConnection' in globalThis }
    return whyCantIConnect({ ...facts, ...page, dials: facts.dials.map(withAdvice) })
  }

  kept() {
    return this.#engine.kept()
  }

  async rename(name: string): Promise<void> {
    await this.#engine.rename(name)
  }

  async shutdown({ reason = 'task_complete' }: { readonly reason?: string } = {}) {
    removeEventListener('pagehide', this.close)
    const outcome = await this.#engine.shutdown(reason)
    this.#shutDown(true)
    return outcome
  }

  async leave(): Promise<void> {
    removeEventListener('pagehide', this.close)
    document.removeEventListener('freeze', this.freeze)
    await this.#engine.leave()
    this.#shutDown(true)
  }

  /** Gives a call an id by which its signal can abort it on the other side. */
  async #call<Options extends { readonly signal?: AbortSignal }, Value>(
    options: Options | undefined,
    start: (options: Omit<Options, 'signal'> & WireCallOptions) => Promise<Value>,
  ): Promise<Value> {
    const { signal, ...rest } = options ?? ({} as Options)
    if (!signal) return start(rest)
    if (signal.aborted) throw new MeshError('aborted', 'the call was aborted')
    const abortId = ++this.#nextId
    const onAbort = () => void this.#engine.abort(abortId)
    signal.addEventListener('abort', onAbort, { once: true })
    return start({ ...rest, abortId }).finally(() => signal.removeEventListener('abort', onAbort))
  }
}

function inviteUrl({ room, secret }: JoinOptions): string {
  const url = new URL(location.href)
  url.search = ''
  url.hash = ''
  if (secret) url.hash = new URLSearchParams({ room, key: secret }).toString()
  else url.searchParams.set('room', room)
  return url.href
}
