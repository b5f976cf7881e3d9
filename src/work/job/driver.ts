/**
 * All jobs at this peer: carries time, peers and messages to each job's machine and performs what it asks for.
 * The rules are in step.ts; what a coordinator does in lead.ts, a worker in executor.ts and answers.ts.
 */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { BlockHash, JobId, PeerId, SessionId } from '../../base/ids.ts'
import { integerBelow, type Random } from '../../base/random.ts'
import type { Mesh } from '../../mesh/types.ts'
import type { CopiesOptions } from '../blocks/copies.ts'
import type { BlockExchange } from '../blocks/exchange.ts'
import type { BlockStore } from '../blocks/store.ts'
import { sha256Hex } from '../hash.ts'
import * as limits from '../limits.ts'
import { capabilityOf, type Runner } from '../runner.ts'
import type { Slots } from '../slots.ts'
import type { JobSpec, JobView } from '../types.ts'
import { answerFor, unknownJob } from './answers.ts'
import { type AllowSource, Consents } from './consent.ts'
import { JobEntry } from './entry.ts'
import { Executor } from './executor.ts'
import { Leadership } from './lead.ts'
import { parseStatus, type Status } from './messages.ts'
import { readParts } from './parts.ts'
import type { Candidate } from './policy.ts'
import { parseSpec } from './spec.ts'
import { firstStatus, isFinal, standingOf, supersedes } from './state.ts'
import { type Effect, type Input, step } from './step.ts'
import { Sync } from './sync.ts'

export interface JobsOptions {
  readonly mesh: Mesh
  readonly store: BlockStore
  readonly exchange: BlockExchange
  readonly runner: Runner
  readonly slots: Slots
  readonly clock: Clock
  readonly random: Random
  readonly self: { readonly browser: string; readonly name: () => string }
  readonly allowSource: AllowSource | undefined
  readonly onChange: (view: JobView) => void
  readonly count: (counter: string) => void
}

/** Stands for the session of a coordinator of whom nothing was heard yet. */
const nobody = '' as SessionId

export class Jobs {
  readonly #options: JobsOptions
  readonly #entries = new Map<JobId, JobEntry>()
  readonly #learning = new Map<JobId, Promise<JobEntry | undefined>>()
  readonly #executor: Executor
  readonly #consents: Consents
  readonly #sync: Sync
  readonly #offs: (() => void)[]
  #stopTicking: (() => void) | undefined
  #syncsLeft = limits.syncsAtJoin
  #roundsAtRest = 0
  #isClosed = false

  constructor(options: JobsOptions) {
    this.#options = options
    const { mesh, runner, exchange, slots, clock, count } = options
    this.#executor = new Executor(runner, exchange, slots)
    this.#consents = new Consents(mesh.id, options.allowSource, () => this.#peersChanged())
    this.#sync = new Sync({
      mesh,
      standings: () => [...this.#entries.values()].map(entry => standingOf(entry.state.status)),
      statusOf: job => this.#entries.get(job)?.state.status,
      isNews: standing => {
        const known = this.#entries.get(standing.job)
        return known ? supersedes(standing, known.state.status) : true
      },
      onStatus: (status, from) => void this.#hear(status, from),
      count,
    })
    this.#offs = [
      answerFor({
        mesh,
        executor: this.#executor,
        known: job => this.#entries.get(job),
        learn: (job, from) => this.#learn(job, from),
        consentTo: entry => this.#consents.of(entry.spec),
        canRun: entry => runner.capabilities.includes(capabilityOf(entry.spec.program)),
      }),
      mesh.subscribe('job.status', (payload, { from }) => void this.#hear(payload, from)),
      mesh.on('agent-join', peer => {
        this.#peersChanged()
        this.#greet(peer.id)
      }),
      mesh.on('agent-leave', ({ reason }) => {
        // Perhaps it is only cut off, and has jobs of its own to tell of when it comes back.
        if (reason === 'crashed') this.#syncsLeft = limits.syncsAtJoin
        this.#peersChanged()
      }),
      mesh.on('agent-change', () => this.#peersChanged()),
      clock.every(limits.syncIntervalMs, () => this.#syncWithAny()),
    ]
    for (const peer of mesh.peers) this.#greet(peer.id)
  }

  /** Newest first. */
  get views(): JobView[] {
    const views = [...this.#entries.values()].map(entry => entry.view)
    return views.sort((a, b) => b.submittedAtMs - a.submittedAtMs || (a.id < b.id ? -1 : 1))
  }

  start(spec: JobSpec): void {
    const { mesh } = this.#options
    const entry = this.#add(spec, firstStatus(spec.id, mesh))
    if (!entry) throw new MeshError('overloaded', `${limits.jobsKept} jobs are running. Wait for one, or cancel one.`)
    this.#feed(entry, { kind: 'submit' })
  }

  cancel(job: JobId): void {
    this.#feed(this.#entryOf(job), { kind: 'cancel' })
  }

  retry(job: JobId): void {
    const entry = this.#entryOf(job)
    // Whoever retries coordinates, and so reduces.
    if (!this.#isAble(entry.spec))
      throw new MeshError('no-capable-agent', 'This tab cannot run that job itself. Retry it in another tab.')
    this.#feed(entry, { kind: 'retry' })
  }

  /** The whole result. Rejects where the job has none, or not yet. */
  result(job: JobId): Uint8Array {
    const { result, state } = this.#entryOf(job)
    if (result && state.status.phase === 'done') return result.bytes
    const { error } = state.status
    throw new MeshError('invalid-option', error?.message ?? `The job is ${state.status.phase}; it has no result.`)
  }

  /** Whether the job, which `from` can tell of, still needs the block. */
  async wants(job: JobId, hash: BlockHash, from?: PeerId): Promise<boolean> {
    const entry = from ? await this.#learn(job, from) : this.#entries.get(job)
    if (!entry || isOver(entry)) return false
    return entry.hashes.has(hash)
  }

  /** This peer's own load changed. */
  loadChanged(): void {
    this.#peersChanged()
  }

  close(): void {
    this.#isClosed = true
    for (const off of this.#offs) off()
    this.#stopTicking?.()
    this.#sync.close()
    for (const entry of this.#entries.values()) entry.leadership?.stop()
    this.#executor.close()
  }

  #entryOf(job: JobId): JobEntry {
    const entry = this.#entries.get(job)
    if (!entry) throw unknownJob(job)
    return entry
  }

  // --- the machine

  #feed(entry: JobEntry, input: Input): void {
    if (this.#isClosed) return
    const { clock } = this.#options
    const before = entry.state.status
    const effects = step(entry.state, input, { ms: clock.monotonicMs(), wallMs: clock.nowMs() })
    for (const effect of effects) this.#perform(entry, effect)
    if (entry.state.status !== before) this.#options.onChange(entry.view)
    this.#tickWhileNeeded()
  }

  #perform(entry: JobEntry, effect: Effect): void {
    switch (effect.kind) {
      case 'lead':
        return this.#lead(entry, effect)
      case 'resign':
        entry.leadership?.stop()
        entry.leadership = undefined
        return
      case 'publish':
        this.#options.mesh.broadcast('job.status', effect.status).catch(() => this.#options.count('job-unpublished'))
        return
      case 'run':
        void entry.leadership?.run(effect.peer, effect.shard)
        return
      case 'reduce':
        void entry.leadership?.reduce()
        return
      case 'fetch-result':
        void this.#fetchResult(entry, effect.status)
        return
      case 'finish':
        this.#executor.forget(entry.spec.id)
        this.#options.store.release(entry.spec.id).catch(() => this.#options.count('blocks-not-released'))
    }
  }

  #lead(entry: JobEntry, { fence, isFresh }: Extract<Effect, { kind: 'lead' }>): void {
    const { mesh, clock, runner, store, exchange, self, count } = this.#options
    const copies: CopiesOptions = { mesh, store, exchange, browser: self.browser }
    const feed = (input: Input) => this.#feed(entry, input)
    const onStale = (peer: PeerId) => void this.#sync.with(peer)
    entry.leadership?.stop()
    entry.leadership = new Leadership(
      { entry, fence, mesh, clock, runner, executor: this.#executor, copies, feed, onStale, count },
      isFresh,
    )
  }

  #tickWhileNeeded(): void {
    const isNeeded = [...this.#entries.values()].some(entry => !isFinal(entry.state.status.phase))
    if (!isNeeded) {
      this.#stopTicking?.()
      this.#stopTicking = undefined
    } else
      this.#stopTicking ??= this.#options.clock.every(limits.tickMs, () => {
        for (const entry of [...this.#entries.values()])
          if (!isFinal(entry.state.status.phase)) this.#feed(entry, { kind: 'tick' })
      })
  }

  // --- peers

  #peersChanged(): void {
    for (const entry of [...this.#entries.values()])
      if (!isFinal(entry.state.status.phase)) this.#feed(entry, { kind: 'peers', peers: this.#candidates(entry.spec) })
  }

  /** Whether this peer runs such a program, and may. */
  #isAble(spec: JobSpec): boolean {
    return (
      this.#options.runner.capabilities.includes(capabilityOf(spec.program)) && this.#consents.of(spec) === 'granted'
    )
  }

  /** All who are here, this peer included. */
  #candidates(spec: JobSpec): Candidate[] {
    const { mesh, runner, slots, self } = this.#options
    const needed = capabilityOf(spec.program)
    const own: Candidate = {
      id: mesh.id,
      session: mesh.session,
      name: self.name(),
      slots: runner.slots,
      busy: slots.busy,
      isAble: this.#isAble(spec),
      isAlive: true,
    }
    const others = mesh.peers.map(({ id, session, name, load, capabilities, state }) => ({
      id,
      session,
      name,
      ...load,
      isAble: capabilities.includes(needed),
      isAlive: state === 'alive',
    }))
    return [own, ...others]
  }

  /** A newcomer asks the first few it meets; whoever coordinates tells the newcomer. */
  #greet(peer: PeerId): void {
    const leads = [...this.#entries.values()].some(entry => entry.leadership)
    if (this.#syncsLeft <= 0 && !leads) return
    this.#syncsLeft--
    void this.#sync.with(peer)
  }

  #syncWithAny(): void {
    const isAtRest = [...this.#entries.values()].every(entry => isFinal(entry.state.status.phase))
    this.#roundsAtRest = isAtRest ? this.#roundsAtRest + 1 : 0
    // A job that has just ended is told of once; who missed it, and all before it, must hear of it from somebody.
    const isDue = this.#roundsAtRest < limits.syncRoundsAtRest || this.#roundsAtRest % limits.syncRoundsAtRest === 0
    if (this.#entries.size === 0 || !isDue) return
    const { mesh, random } = this.#options
    const alive = mesh.peers.filter(peer => peer.state === 'alive')
    const chosen = alive[integerBelow(random, alive.length)]
    if (chosen) void this.#sync.with(chosen.id)
  }

  // --- what others tell

  async #hear(payload: unknown, from: PeerId): Promise<void> {
    const status = parseStatus(payload)
    if (status instanceof MeshError) return this.#options.count('job-malformed')
    const entry = await this.#learn(status.job, from)
    if (!entry) return
    const { inline, hash } = status.result ?? {}
    if (inline !== undefined && hash !== entry.result?.hash) {
      const bytes = new TextEncoder().encode(inline)
      if ((await sha256Hex(bytes)) !== hash) return this.#options.count('job-malformed')
      if (entry.state.status.phase !== 'done') entry.result = { hash, bytes }
    }
    this.#feed(entry, { kind: 'heard', status, hasResult: hash !== undefined && hash === entry.result?.hash })
  }

  /** The job, fetched from `from` where it is new here. */
  #learn(job: JobId, from: PeerId): Promise<JobEntry | undefined> {
    const known = this.#entries.get(job)
    if (known) return Promise.resolve(known)
    const running = this.#learning.get(job)
    if (running) return running
    const learning = this.#fetchSpec(job, from).finally(() => this.#learning.delete(job))
    this.#learning.set(job, learning)
    return learning
  }

  async #fetchSpec(job: JobId, from: PeerId): Promise<JobEntry | undefined> {
    const { mesh, count } = this.#options
    const ask = (at: number) => mesh.request(from, 'job.part', { of: 'spec', job, from: at }, { lane: 'bulk' })
    const bytes = await readParts(ask, limits.specBytesMax).catch(() => undefined)
    if (!bytes || this.#isClosed) return undefined // gone already; the next status or sync tells again
    const spec = await parseSpec(bytes)
    if (spec instanceof MeshError || spec.id !== job) {
      count('job-malformed')
      return undefined
    }
    return this.#entries.get(job) ?? this.#add(spec, { ...firstStatus(job, mesh), coordinator: from, session: nobody })
  }

  async #fetchResult(entry: JobEntry, status: Status): Promise<void> {
    const { mesh, count } = this.#options
    if (entry.isFetchingResult || !status.result) return
    entry.isFetchingResult = true
    const { hash } = status.result
    const { id: job } = entry.spec
    const others = mesh.peers.map(peer => peer.id).filter(peer => peer !== status.coordinator)
    for (const peer of [status.coordinator, ...others].slice(0, limits.holdersTriedMax)) {
      const ask = (from: number) => mesh.request(peer, 'job.part', { of: 'result', job, from }, { lane: 'bulk' })
      const bytes = await readParts(ask, limits.resultBytesMax).catch(() => undefined)
      if (!bytes) continue
      if ((await sha256Hex(bytes)) === hash) {
        entry.result = { hash, bytes }
        break
      }
      count('job-malformed')
    }
    entry.isFetchingResult = false
    if (entry.result?.hash === hash) this.#feed(entry, { kind: 'heard', status, hasResult: true })
  }

  // --- which jobs are kept

  /** Undefined where too many are running. Of the others the oldest makes room. */
  #add(spec: JobSpec, status: Status): JobEntry | undefined {
    const { mesh, store, count } = this.#options
    if (this.#entries.size >= limits.jobsKept) {
      const ended = [...this.#entries.values()].filter(entry => isFinal(entry.state.status.phase))
      const [oldest] = ended.sort((a, b) => a.spec.submittedAtMs - b.spec.submittedAtMs)
      if (!oldest || oldest.spec.submittedAtMs > spec.submittedAtMs) {
        count('job-over-limit')
        return undefined
      }
      this.#entries.delete(oldest.spec.id)
      this.#consents.forget(oldest.spec)
      this.#executor.forget(oldest.spec.id)
      store.release(oldest.spec.id).catch(() => count('blocks-not-released'))
    }
    const entry = new JobEntry(spec, status, mesh, this.#candidates(spec))
    this.#entries.set(spec.id, entry)
    return entry
  }
}

function isOver(entry: JobEntry): boolean {
  const { phase } = entry.state.status
  return phase === 'done' || phase === 'cancelled'
}
