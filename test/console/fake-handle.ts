/** A mesh that is not there: peers come and go, links wander, jobs run, so that the console can be seen without an engine. */
import { Emitter } from '../../src/base/emitter.ts'
import { MeshError, type MeshErrorCode } from '../../src/base/errors.ts'
import type { JobId, PeerId, SessionId } from '../../src/base/ids.ts'
import type { Json } from '../../src/base/json.ts'
import type { JoinMesh, JoinOptions } from '../../src/console/session.ts'
import type { HandleEvents, JobRequest, MeshHandle } from '../../src/engine/handle.ts'
import type { MeshSnapshot, TimelineEvent } from '../../src/engine/snapshot.ts'
import type { LinkInfo, PeerInfo } from '../../src/mesh/types.ts'
import type { JobProgram, JobState, JobView } from '../../src/work/types.ts'
import { FakeAgents, fakeFigures, fakePing } from './fake-agents.ts'
import { FakeDecisions } from './fake-decisions.ts'
import { FakeFaults } from './fake-faults.ts'
import { computed, type NamedText, nextJobId, sampleTexts, viewOf } from './fake-jobs.ts'
import { FakeKept } from './fake-kept.ts'
import { fakeLinkCare } from './fake-links.ts'
import { fakeId, fakePeer, overlay, seeded } from './fake-peers.ts'
import { fakeCounters, type Scene, stepsOf, troubleOf } from './fake-scene.ts'
import { fakeShared } from './fake-shared.ts'
import { fakeUnused } from './fake-unused.ts'

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
  readonly #shared: ReturnType<typeof fakeShared>
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
  readonly #agents: FakeAgents
  readonly #kept: FakeKept
  readonly #decisions: FakeDecisions

  constructor(scene: Scene, options: JoinOptions) {
    this.#scene = scene
    this.#options = options
    this.#name = options.name ?? 'Brisk Marten'
    this.#id = fakeId(this.#random)
    const capabilities = ['source.run', 'text.count-words', 'text.grep']
    const self = () =>
      ({ id: this.#id, name: this.#name, capabilities, joinedAtMs: this.#startMs, state: 'alive' }) as const
    const peers = () => this.#peers
    const push = () => this.#push()
    const others = () => this.#peers.map(({ id }) => id)
    this.#faults = new FakeFaults(this.#id, others, push)
    this.#agents = new FakeAgents(self, peers, () => this.#kept.away, push)
    if (scene.phase !== 'joining' && scene.phase !== 'failed') this.#arrive(scene.peers)
    this.#shared = fakeShared(this.#id, push)
    const departed = fakeId(this.#random)
    this.#kept = new FakeKept(this.#startMs, departed, { id: this.#id, name: () => this.#name }, peers, push)
    this.#decisions = new FakeDecisions(scene.decisions, { self: this.#id, others, departed, push })
    if (scene.hasFaults) this.#faults.show(others())
  }

  #arrive(peers: number): void {
    this.#note('signaling', 'Connected to ws://127.0.0.1:4100/signal', 95_000)
    for (let index = 0; index < peers; index++) this.#add()
    if (peers === 0) this.#note('signaling', 'Nobody else is in this room', 94_000)
  }

  get snapshot(): MeshSnapshot {
    const { phase, problem } = this.#scene
    const isJoining = phase === 'joining'
    return {
      phase: this.#isLeft ? 'left' : phase === 'joined' && this.#peers.length === 0 ? 'alone' : phase,
      steps: stepsOf(isJoining),
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
      counters: fakeCounters,
      ...this.#agents.shown,
      faults: this.#faults.list,
      ...(this.#scene.decisions !== 'none' && { decisions: this.#decisions.view, settings: this.#kept.roomSettings }),
      ...troubleOf(this.#scene, this.#id, this.#peers.length, this.#startMs),
      shared: this.#shared.view(this.#peers),
    }
  }

  get handle(): MeshHandle {
    const world = this
    const leave = () => {
      this.#isLeft = true
      this.#push()
    }
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
      agents: this.#agents.handle,
      faults: this.#faults.handle(this.#decisions),
      leader: undefined,
      decisions: this.#decisions,
      inviteUrl: location.href,
      shared: this.#shared.shared,
      memory: this.#shared.memory,
      ...this.#kept.handle,
      on: (name, listener) => this.#emitter.on(name, listener),
      ...fakeUnused,
      subscribe: () => () => {},
      handle: () => () => {},
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
        return fakePing(this.#peers)
      },
      metrics: async () => fakeFigures(this.#peers.length),
      shutdown: async () => {
        leave()
        return { confirmed: this.#peers.map(({ id }) => id), unconfirmed: [] }
      },
      ...fakeLinkCare(
        () => this.#links,
        () => this.#peers,
        this.#startMs,
        this.#scene.isStill,
      ),
      rename: async name => {
        this.#name = name
        this.#push()
      },
      leave: async () => leave(),
    }
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
