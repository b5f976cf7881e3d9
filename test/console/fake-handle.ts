/** A mesh that is not there: peers come and go, links wander, jobs run, so that the console can be seen without an engine. */
import { Emitter } from '../../src/base/emitter.ts'
import { MeshError, type MeshErrorCode } from '../../src/base/errors.ts'
import type { JobId, PeerId, SessionId } from '../../src/base/ids.ts'
import type { Json } from '../../src/base/json.ts'
import type { JoinMesh, JoinOptions } from '../../src/console/session.ts'
import { agentsHandle } from '../../src/engine/agents-handle.ts'
import { faultsHandle } from '../../src/engine/faults-handle.ts'
import type { HandleEvents, JobRequest, MeshHandle } from '../../src/engine/handle.ts'
import type { MeshSnapshot, TimelineEvent } from '../../src/engine/snapshot.ts'
import type {
  AgentInfo,
  Diagnosis,
  DialRecord,
  LinkFacts,
  LinkInfo,
  PeerInfo,
  Reachability,
} from '../../src/mesh/types.ts'
import type { JobProgram, JobState, JobView } from '../../src/work/types.ts'
import { FakeFaults } from './fake-faults.ts'
import { computed, type NamedText, nextJobId, sampleTexts, viewOf } from './fake-jobs.ts'
import { fakeDiagnosis, fakeDials, fakeFacts } from './fake-links.ts'
import { fakeId, fakePeer, overlay, seeded } from './fake-peers.ts'
import type { Scene } from './fake-scene.ts'

const sampleBytes = 5_624_000
const words: JobProgram = { kind: 'capability', capability: 'text.count-words', options: { top: 50 } }
const find: JobProgram = {
  kind: 'capability',
  capability: 'text.grep',
  options: { pattern: 'freedom|liberté|libertad|Freiheit', flags: 'iu' },
}

export function fakeJoin(scene: Scene): JoinMesh {
  return async options => {
    const world = new FakeWorld(scene, options)
    options.onSnapshot?.(world.snapshot)
    if (scene.phase === 'joining') return new Promise(() => {})
    if (scene.phase === 'failed') {
      const code = (scene.problem ?? 'dial-failed') as MeshErrorCode
      throw new MeshError(code, `the room answered with ${code}`)
    }
    await world.showJob()
    if (!scene.isStill) world.start()
    return world.handle
  }
}

class FakeWorld {
  readonly #scene: Scene
  readonly #options: JoinOptions
  readonly #random = seeded(31)
  readonly #emitter = new Emitter<HandleEvents>(error => reportError(error))
  readonly #id: PeerId
  readonly #startMs = Date.now()
  #name: string
  #peers: PeerInfo[] = []
  #links: LinkInfo[] = []
  #jobs: JobView[] = []
  #timeline: TimelineEvent[] = []
  #busy = 0
  #isLeft = false
  #isStarted = false
  readonly #faults: FakeFaults
  #registered: AgentInfo[] = []

  constructor(scene: Scene, options: JoinOptions) {
    this.#scene = scene
    this.#options = options
    this.#name = options.name ?? 'Brisk Marten'
    this.#id = fakeId(this.#random)
    this.#faults = new FakeFaults(
      this.#id,
      () => this.#peers.map(({ id }) => id),
      () => this.#push(),
    )
    if (scene.phase === 'joining' || scene.phase === 'failed') return
    this.#note('signaling', 'Connected to ws://127.0.0.1:4100/signal', 95_000)
    for (let index = 0; index < scene.peers; index++) this.#add()
    this.#showFaults()
    if (scene.peers === 0) this.#note('signaling', 'Nobody else is in this room', 94_000)
  }

  get snapshot(): MeshSnapshot {
    const { phase, problem } = this.#scene
    const isJoining = phase === 'joining'
    return {
      phase: this.#isLeft ? 'left' : phase === 'joined' && this.#peers.length === 0 ? 'alone' : phase,
      steps: [
        { step: 'identity', state: 'done' },
        { step: 'signaling', state: 'done', detail: 'ws://127.0.0.1:4100/signal' },
        { step: 'dialling', state: isJoining ? 'running' : 'done', detail: '2 of 4 peers answered' },
        { step: 'admitted', state: isJoining ? 'waiting' : 'done' },
      ],
      problem: problem ? { code: problem as MeshErrorCode, message: `the engine says ${problem}` } : undefined,
      self: {
        id: this.#id,
        session: 'fake-0' as SessionId,
        name: this.#name,
        device: 'Chromium 156 on Linux',
        capabilities: ['source.run', 'text.count-words', 'text.grep'],
        load: { slots: 2, busy: this.#busy },
        joinedAtMs: isJoining ? undefined : this.#startMs,
      },
      room: { name: this.#options.room, isPrivate: this.#options.secret !== undefined },
      signaling: { state: 'connected', url: 'ws://127.0.0.1:4100/signal' },
      peers: this.#peers,
      links: this.#links,
      jobs: this.#jobs,
      counters: {
        'frames received': 18_204,
        'frames sent': 17_933,
        'gossip delivered': 4_211,
        'gossip duplicates': 9_870,
        'malformed dropped': 0,
        'relayed for others': 312,
      },
      agents: this.#agents,
      faults: this.#faults.list,
      shutdown: this.#scene.isEnding
        ? { by: this.#id, name: 'Lucky Lynx', reason: 'task_complete', atMs: this.#startMs }
        : undefined,
      ...(this.#scene.partition && {
        partition: {
          state: this.#scene.partition,
          reachable: this.#peers.length,
          known: this.#scene.partition === 'minority' ? this.#peers.length * 3 : Math.ceil(this.#peers.length * 1.5),
          sinceMs: this.#startMs - 42_000,
        },
      }),
    }
  }

  get handle(): MeshHandle {
    const world = this
    const unused = () => Promise.reject(new MeshError('unsupported', 'the fake mesh does not do this'))
    return {
      id: this.#id,
      session: 'fake-0' as SessionId,
      get peers() {
        return world.#peers
      },
      get links() {
        return world.#links
      },
      get jobs() {
        return world.#jobs
      },
      get snapshot() {
        return world.snapshot
      },
      get timeline() {
        return world.#timeline
      },
      agents: agentsHandle(
        {
          registerAgent: async spec => {
            const agent = this.#agentOf(`${this.#id}/${spec.id ?? `agent-${this.#registered.length + 1}`}`, spec)
            this.#registered = [...this.#registered, agent]
            this.#push()
            return agent
          },
          deregisterAgent: async id => {
            this.#registered = this.#registered.filter(agent => agent.id !== id)
            this.#push()
          },
        },
        () => this.#agents,
      ),
      faults: faultsHandle(
        request => this.#faults.request(request),
        () => this.#faults.list,
      ),
      inviteUrl: location.href,
      on: (name, listener) => this.#emitter.on(name, listener),
      send: unused,
      broadcast: unused,
      subscribe: () => () => {},
      handle: () => () => {},
      request: unused,
      gather: unused,
      submit: unused,
      map: unused,
      connect: unused,
      cut: unused,
      startJob: job => this.#startJob(job),
      cancelJob: async id => this.#change(id, { state: 'cancelled', finishedAtMs: Date.now() }),
      retryJob: async id => void this.#run(id, 'running', undefined),
      jobResult: async id => this.#jobs.find(job => job.id === id)?.result ?? null,
      ping: async id => {
        await pause(300)
        const rttMs = this.#peers.find(peer => peer.id === id)?.rttMs
        if (rttMs === undefined) throw new MeshError('no-such-peer', 'this peer has left')
        return { rttMs }
      },
      pingAll: async () => {
        await pause(500)
        return this.#pinged()
      },
      metrics: async () => ({
        atMs: Date.now(),
        connectivity: { share: 1, reachable: this.#peers.length, known: this.#peers.length },
        delivery: { meanMs: 1.7, samples: 214 },
        throughput: { sentPerSecond: 21.4, receivedPerSecond: 63.9 },
        counters: this.snapshot.counters,
      }),
      shutdown: async () => {
        this.#isLeft = true
        this.#push()
        return { confirmed: this.#peers.map(({ id }) => id), unconfirmed: [] }
      },
      ...this.#linkCare,
      rename: async name => {
        this.#name = name
        this.#push()
      },
      leave: async () => {
        this.#isLeft = true
        this.#push()
      },
    }
  }

  get #linkCare() {
    return {
      linkFacts: async (peer: PeerId): Promise<LinkFacts> => {
        const index = this.#links.findIndex(link => link.peer === peer)
        const link = this.#links[index]
        if (!link) throw new MeshError('unreachable', 'no direct link to this peer')
        return fakeFacts(link, index)
      },
      dials: async (): Promise<DialRecord[]> =>
        fakeDials(
          this.#peers.map(({ id }) => id),
          this.#startMs,
        ),
      diagnose: async (): Promise<Diagnosis> => {
        await pause(this.#scene.isStill ? 0 : 700)
        return fakeDiagnosis
      },
    }
  }

  get #agents(): readonly AgentInfo[] {
    const self = {
      id: this.#id,
      name: this.#name,
      capabilities: ['source.run', 'text.count-words', 'text.grep'],
      joinedAtMs: this.#startMs,
    }
    const types = ['coordinator', 'worker', 'worker', 'validator']
    const peers = [self, ...this.#peers].map(({ id, name, capabilities, joinedAtMs }, index) => ({
      ...this.#agentOf(id, {
        name,
        type: types[index % 4] ?? 'worker',
        capabilities,
        region: index % 3 ? 'eu-central' : 'us-east',
      }),
      peer: id,
      isPeer: true,
      sinceMs: joinedAtMs,
      state:
        this.#peers[index - 1]?.state === 'suspect'
          ? ('suspect' as const)
          : index % 3 === 1
            ? ('busy' as const)
            : ('idle' as const),
    }))
    const [, host] = peers
    const guest = host && {
      ...this.#agentOf(`${host.id}/vera`, { name: 'Vera', type: 'validator', capabilities: ['vote', 'recompute'] }),
      peer: host.peer,
    }
    return [...peers.flatMap(peer => (guest && peer === host ? [peer, guest] : [peer])), ...this.#registered]
  }

  #agentOf(
    id: string,
    spec: { name?: string; type?: string; capabilities?: readonly string[]; region?: string },
  ): AgentInfo {
    const { name = id.split('/').at(-1) ?? id, type = 'worker', capabilities = [], region } = spec
    return {
      id,
      peer: this.#id,
      isPeer: false,
      name,
      type,
      capabilities,
      region,
      state: 'idle',
      sinceMs: this.#startMs - 30_000,
    }
  }

  #showFaults(): void {
    const [one, two, three] = this.#peers.map(({ id }) => id)
    if (!this.#scene.hasFaults || !one || !two || !three) return
    this.#faults.add(
      {
        kind: 'partition',
        groups: [
          [this.#id, one],
          [two, three],
        ],
      },
      'room',
      two,
      95_000,
    )
    this.#faults.add(
      { kind: 'delay', ms: 200, jitterMs: 50, peers: [one], direction: 'both' },
      'own',
      this.#id,
      12_000,
      60_000,
    )
    this.#faults.add({ kind: 'loss', share: 0.3, peers: 'all', direction: 'out' }, 'room', this.#id, 4_000)
  }

  #pinged(): Reachability {
    const outcomes = this.#peers.map(({ id, rttMs, state }) =>
      state === 'suspect'
        ? ({ peer: id, status: 'silent', error: { code: 'timeout', message: 'no answer within 5000 ms' } } as const)
        : ({ peer: id, status: 'answered', rttMs: rttMs ?? 3 } as const),
    )
    return { answered: outcomes.filter(({ status }) => status === 'answered').length, asked: outcomes.length, outcomes }
  }

  start(): void {
    this.#isStarted = true
    setInterval(() => this.#wander(), 400)
    setInterval(() => this.#churn(), 7_000)
  }

  /** The job that the scene asks for, in its state. */
  async showJob(): Promise<void> {
    const { job, isStill } = this.#scene
    if (job === 'none') return
    const texts = await sampleTexts()
    if (job === 'storing' || job === 'running') {
      const before = this.#newJob(
        'Find /freedom|liberté|libertad|Freiheit/ in the sample texts',
        find,
        sampleBytes,
        41_000,
      )
      await this.#finish(before, find, texts, 2_140)
      const id = this.#newJob('Count words in the sample texts', words, sampleBytes, 2_300)
      this.#draw(id, job, job === 'storing' ? 0 : 0.58)
      if (!isStill) void this.#run(id, job, texts)
      return
    }
    if (job === 'own') {
      const source: JobProgram = { kind: 'source', map: 'text => text.length', reduce: 'parts => parts' }
      const id = this.#newJob('Own function on the sample texts', source, sampleBytes, 9_000)
      return this.#finish(id, source, texts, 4_870)
    }
    const program = job === 'find' ? find : words
    const title = job === 'find' ? 'Find /freedom|liberté|libertad|Freiheit/ in' : 'Count words in'
    const id = this.#newJob(`${title} the sample texts`, program, sampleBytes, 14_000)
    if (job !== 'failed') return this.#finish(id, program, texts, 3_420)
    this.#draw(id, 'failed', 0.82)
    const message = 'Part 37 failed on 3 tabs: TypeError: text.words is not a function (line 2)'
    this.#change(id, { error: { code: 'function-failed', message }, retries: 6, finishedAtMs: this.#startMs - 8_000 })
  }

  #add(): void {
    const peer = fakePeer(this.#random, this.#peers.length, this.#startMs)
    this.#peers = [...this.#peers, peer]
    this.#wire()
    this.#note('peer', `${peer.name} joined`, this.#isStarted ? 0 : 90_000 - this.#peers.length * 600, peer.id)
    if (peer.link !== 'relayed')
      this.#note(
        'link',
        `Linked to ${peer.name} over WebRTC`,
        this.#isStarted ? 0 : 89_900 - this.#peers.length * 600,
        peer.id,
      )
  }

  /** Draws the overlay anew over whoever is here, and what this tab sees of it. */
  #wire(): void {
    const random = seeded(11)
    const ids = [this.#id, ...this.#peers.map(peer => peer.id)]
    const wires = overlay(random, ids.length)
    const at = (index: number) => ids[index] as PeerId
    const old = new Map(this.#links.map(link => [link.peer, link]))
    this.#links = wires
      .filter(wire => wire.a === 0 || wire.b === 0)
      .map(({ a, b, kind, rttMs }) => {
        const peer = at(a === 0 ? b : a)
        const fresh = {
          peer,
          kind,
          rttMs,
          sentBytes: 48_000,
          receivedBytes: 61_500,
          openedAtMs: this.#startMs - 89_000,
        }
        return old.get(peer) ?? fresh
      })
    this.#peers = this.#peers.map((peer, index) => {
      const own = this.#links.find(link => link.peer === peer.id)
      const links = wires
        .filter(({ a, b }) => a === index + 1 || b === index + 1)
        .map(({ a, b, kind, rttMs }) => ({ peer: at(a === index + 1 ? b : a), kind, rttMs }))
      const state = this.#scene.peers >= 8 && index === 5 ? 'suspect' : 'alive'
      const slots = 2
      const busy = (index * 5) % 3
      return {
        ...peer,
        state,
        links,
        load: { slots, busy },
        link: own?.kind ?? 'relayed',
        rttMs: own?.rttMs ?? 7.4 + index,
      }
    })
  }

  #wander(): void {
    const jitter = (value: number | undefined) =>
      value === undefined ? undefined : Math.max(0.4, value * (0.92 + this.#random.next() * 0.16))
    this.#links = this.#links.map(link => ({
      ...link,
      rttMs: jitter(link.rttMs),
      sentBytes: link.sentBytes + Math.round(this.#random.next() * 9_000),
      receivedBytes: link.receivedBytes + Math.round(this.#random.next() * 14_000),
    }))
    this.#peers = this.#peers.map(peer => ({
      ...peer,
      rttMs: this.#links.find(link => link.peer === peer.id)?.rttMs ?? jitter(peer.rttMs),
      load: { slots: 2, busy: Math.floor(this.#random.next() * 3) },
    }))
    this.#busy = Math.floor(this.#random.next() * 3)
    this.#push()
  }

  #churn(): void {
    const gone = this.#peers[Math.floor(this.#random.next() * this.#peers.length)]
    if (!gone || this.#peers.length < 2) return
    if (this.#peers.length > this.#scene.peers) {
      this.#peers = this.#peers.filter(peer => peer !== gone)
      this.#note('peer', `${gone.name} left: its tab was closed`, 0, gone.id)
      this.#wire()
    } else this.#add()
    this.#push()
  }

  #newJob(title: string, program: JobProgram, inputBytes: number, agoMs: number): JobId {
    const id = nextJobId()
    const facts = {
      id,
      title,
      program,
      inputBytes,
      submittedBy: this.#id,
      submittedAtMs: this.#startMs - agoMs,
      shards: 96,
    }
    this.#jobs = [...this.#jobs, viewOf(facts, 'running', 0, [])]
    this.#note('job', `Job started: ${title}`, agoMs)
    return id
  }

  #draw(id: JobId, state: JobState, part: number): void {
    const workers = [{ id: this.#id, name: this.#name }, ...this.#peers]
    this.#jobs = this.#jobs.map(job => (job.id === id ? { ...job, ...viewOf(job, state, part, workers) } : job))
    this.#push()
  }

  #change(id: JobId, change: Partial<JobView>): void {
    this.#jobs = this.#jobs.map(job => (job.id === id ? { ...job, ...change } : job))
    this.#push()
  }

  async #finish(id: JobId, program: JobProgram, texts: readonly NamedText[], tookMs?: number): Promise<void> {
    this.#draw(id, 'done', 1)
    const { result, hash } = await computed(program, texts)
    const finishedAtMs = tookMs ? (this.#jobs.find(job => job.id === id)?.submittedAtMs ?? 0) + tookMs : Date.now()
    const isShown = JSON.stringify(result).length < 65_536
    this.#change(id, {
      result: isShown ? (result as Json) : undefined,
      resultHash: hash,
      resultBytes: 2_048,
      finishedAtMs,
    })
    this.#note('job', `Job done: ${this.#jobs.find(job => job.id === id)?.title}`, Date.now() - finishedAtMs)
  }

  async #startJob({ title = 'Job', program, inputs }: JobRequest): Promise<JobId> {
    const texts: NamedText[] = []
    if (inputs === 'sample') texts.push(...(await sampleTexts()))
    else
      for (const input of inputs)
        texts.push({
          name: input.name,
          text: 'text' in input && typeof input.text === 'string' ? input.text : await (input as File).text(),
        })
    const bytes = inputs === 'sample' ? sampleBytes : texts.reduce((sum, { text }) => sum + text.length, 0)
    const id = this.#newJob(title, program, bytes, 0)
    this.#jobs = this.#jobs.map(job => (job.id === id ? { ...job, submittedAtMs: Date.now() } : job))
    void this.#run(id, inputs === 'sample' ? 'running' : 'storing', texts)
    return id
  }

  async #run(id: JobId, from: JobState, texts: readonly NamedText[] | undefined): Promise<void> {
    const isStopped = () => this.#jobs.find(job => job.id === id)?.state === 'cancelled'
    if (from === 'storing') {
      this.#draw(id, 'storing', 0)
      await pause(1_500)
    }
    for (let part = from === 'running' ? 0.1 : 0; part < 1 && !isStopped(); part += 0.04) {
      this.#draw(id, 'running', part)
      await pause(160)
    }
    if (isStopped()) return
    this.#draw(id, 'reducing', 1)
    await pause(500)
    const program = this.#jobs.find(job => job.id === id)?.program ?? words
    await this.#finish(id, program, texts ?? (await sampleTexts()))
  }

  #note(kind: TimelineEvent['kind'], text: string, agoMs: number, peer?: PeerId): void {
    const event = { sequence: this.#timeline.length + 1, atMs: Date.now() - agoMs, kind, text, ...(peer && { peer }) }
    this.#timeline = [...this.#timeline, event].slice(-1_000)
    this.#emitter.emit('timeline', event)
  }

  #push(): void {
    this.#emitter.emit('snapshot', this.snapshot)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
