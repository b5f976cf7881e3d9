/** What a coordinator does beyond deciding: asks peers to run shards, merges what they return, and spreads the blocks. */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { MeshError, toMeshError } from '../../base/errors.ts'
import type { BlockHash, PeerId } from '../../base/ids.ts'
import type { Mesh } from '../../mesh/types.ts'
import { type CopiesOptions, copyOut } from '../blocks/copies.ts'
import { sha256Hex } from '../hash.ts'
import * as limits from '../limits.ts'
import type { Reducer, Runner } from '../runner.ts'
import type { JobEntry } from './entry.ts'
import type { Executor } from './executor.ts'
import { failureOf, holdsReplySchema, parseRefusal } from './messages.ts'
import { readParts } from './parts.ts'
import type { Input, Outcome } from './step.ts'

export interface LeadershipOptions {
  readonly entry: JobEntry
  readonly fence: number
  readonly mesh: Mesh
  readonly clock: Clock
  readonly runner: Runner
  readonly executor: Executor
  readonly copies: CopiesOptions
  readonly feed: (input: Input) => void
  /** `peer` knows of a later coordinator. */
  readonly onStale: (peer: PeerId) => void
  readonly count: (counter: string) => void
}

/** One term of coordinating one job. Nothing of it reaches the machine after `stop`. */
export class Leadership {
  readonly #options: LeadershipOptions
  readonly #reducer: Reducer
  readonly #stop = new AbortController()

  constructor(options: LeadershipOptions, isFresh: boolean) {
    this.#options = options
    const { runner, entry } = options
    const { program, inputs, shardTimeoutMs } = entry.spec
    this.#reducer = runner.reducer(
      program,
      inputs.map(input => input.name),
      shardTimeoutMs,
    )
    if (!isFresh) void this.#collect()
    void this.#keepSafe()
  }

  stop(): void {
    this.#stop.abort(new MeshError('aborted', 'no longer the coordinator'))
    this.#reducer.close()
  }

  async run(peer: PeerId, shard: number): Promise<void> {
    const { fence } = this.#options
    const outcome = await this.#ran(peer, shard)
    this.#feed({ kind: 'ran', fence, peer, shard, outcome })
  }

  async reduce(): Promise<void> {
    const { fence, entry } = this.#options
    try {
      const bytes = await this.#reducer.finish()
      if (bytes.length > limits.resultBytesMax)
        throw new MeshError('too-large', `the result has ${bytes.length} bytes; the limit is ${limits.resultBytesMax}`)
      const hash = (await sha256Hex(bytes)) as BlockHash
      if (this.#stop.signal.aborted) return
      entry.result = { hash, bytes }
      const isSmall = bytes.length <= limits.resultInlineBytesMax
      const inline = isSmall ? { inline: new TextDecoder().decode(bytes) } : {}
      this.#feed({ kind: 'reduced', fence, result: { hash, bytes: bytes.length, ...inline } })
    } catch (error) {
      this.#reduceFailed(error)
    }
  }

  #feed(input: Input): void {
    if (!this.#stop.signal.aborted) this.#options.feed(input)
  }

  #reduceFailed(error: unknown): void {
    const failure = failureOf(toMeshError(error, 'function-failed'))
    this.#feed({ kind: 'reduce-failed', fence: this.#options.fence, error: failure })
  }

  async #ran(peer: PeerId, shard: number): Promise<Outcome> {
    try {
      const partial = await this.#partial(peer, shard)
      if (!(partial instanceof Uint8Array)) return partial
      await this.#reducer.add(shard, partial)
      return { status: 'done' }
    } catch (error) {
      return outcomeOf(error)
    }
  }

  async #partial(peer: PeerId, number: number): Promise<Uint8Array | Outcome> {
    const { entry, mesh, executor, fence } = this.#options
    const { id: job, submittedBy, shardTimeoutMs } = entry.spec
    const shard = entry.shards[number]
    if (!shard) return { status: 'lost' }
    if (peer === mesh.id) return await executor.run(entry.spec, shard, [submittedBy])
    const timeoutMs = 2 * shardTimeoutMs + limits.runGraceMs
    const { signal } = this.#stop
    const reply = await mesh.request(
      peer,
      'job.run',
      { job, fence, shard: number },
      { timeoutMs, lane: 'bulk', signal },
    )
    if (!(reply instanceof Uint8Array)) {
      const refusal = parseRefusal(reply)
      if (refusal instanceof MeshError) this.#options.count('job-malformed')
      else if (refusal.status === 'stale') this.#options.onStale(peer)
      return refusal instanceof MeshError ? { status: 'failed', error: failureOf(refusal) } : refusal
    }
    const ask = (from: number) =>
      mesh.request(peer, 'job.part', { of: 'partial', job, shard: number, from }, { lane: 'bulk', signal })
    return await readParts(ask, limits.partialBytesMax, reply)
  }

  /** Which shards others have finished or under way, so that they are not computed again. */
  async #collect(): Promise<void> {
    const { mesh, executor, entry, fence } = this.#options
    const { id: job } = entry.spec
    const outcomes = await mesh.gather('job.holds', { job, fence }, { timeoutMs: limits.collectTimeoutMs })
    const holdings = outcomes.flatMap(outcome => {
      const reply = outcome.status === 'value' ? v.safeParse(holdsReplySchema, outcome.value) : undefined
      return reply?.success ? [[outcome.peer, reply.output.shards] as const] : []
    })
    this.#feed({ kind: 'collected', fence, holdings: [[mesh.id, executor.holds(job)], ...holdings] })
  }

  /** Copies blocks until each lies in two browsers, and again when somebody leaves. */
  async #keepSafe(): Promise<void> {
    const { entry, copies, mesh, fence } = this.#options
    const { signal } = this.#stop
    let seen: string | undefined
    let isSafe = false
    let retryMs = limits.copyRetryMinMs
    while (!signal.aborted) {
      const present = mesh.peers.map(peer => peer.id).join(' ')
      if (!isSafe || present !== seen) {
        isSafe = await copyOut(entry.spec, copies, signal).catch(() => false)
        seen = present
        this.#feed({ kind: 'stored', fence, isSafe })
        retryMs = isSafe ? limits.copyRetryMinMs : Math.min(2 * retryMs, limits.copyRetryMaxMs)
      }
      await this.#untilPeersChange(isSafe ? limits.copyRetryMaxMs : retryMs)
    }
  }

  /** Or until `timeoutMs` are over, or this peer coordinates no longer. */
  #untilPeersChange(timeoutMs: number): Promise<void> {
    const { clock, mesh } = this.#options
    const { signal } = this.#stop
    return new Promise(resolve => {
      const done = () => {
        for (const off of offs) off()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const offs = [clock.after(timeoutMs, done), mesh.on('agent-join', done), mesh.on('agent-leave', done)]
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }
}

/** A failure of the function is the shard's; anything else is the way there. */
function outcomeOf(thrown: unknown): Outcome {
  const error = toMeshError(thrown, 'disconnected')
  switch (error.code) {
    case 'function-failed':
    case 'function-timeout':
    case 'too-large':
    case 'malformed':
    case 'input-lost':
      return { status: 'failed', error: failureOf(error) }
    case 'overloaded':
      return { status: 'busy' }
    case 'no-handler':
    case 'unsupported':
    case 'no-capable-agent':
      return { status: 'refused' }
    default:
      return { status: 'lost' }
  }
}
