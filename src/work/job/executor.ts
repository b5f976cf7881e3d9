/**
 * A peer's own hands: fetches a shard's blocks, computes it, and keeps the partial result until its job is done, for whoever
 * coordinates by then. Fetching happens outside the slots, so the next shard's blocks arrive while the present one computes.
 */
import { MeshError, toMeshError } from '../../base/errors.ts'
import type { JobId, PeerId } from '../../base/ids.ts'
import type { BlockExchange } from '../blocks/exchange.ts'
import { acceptedShardsMax, keptPartialBytesMax } from '../limits.ts'
import type { Runner } from '../runner.ts'
import type { Shard } from '../shard.ts'
import type { Slots } from '../slots.ts'
import type { JobSpec } from '../types.ts'

interface Work {
  readonly running: Map<number, Promise<Uint8Array>>
  readonly kept: Map<number, Uint8Array>
  readonly stop: AbortController
}

export class Executor {
  readonly #runner: Runner
  readonly #exchange: BlockExchange
  readonly #slots: Slots
  readonly #work = new Map<JobId, Work>()
  #accepted = 0
  #keptBytes = 0

  constructor(runner: Runner, exchange: BlockExchange, slots: Slots) {
    this.#runner = runner
    this.#exchange = exchange
    this.#slots = slots
  }

  /** The partial result of a shard: kept, under way, or computed now. Rejects with `overloaded` where too much waits. */
  run(spec: JobSpec, shard: Shard, hints: readonly PeerId[]): Promise<Uint8Array> {
    const work = this.#workOf(spec.id)
    const kept = work.kept.get(shard.number)
    if (kept) return Promise.resolve(kept)
    const running = work.running.get(shard.number)
    if (running) return running
    if (this.#accepted >= this.#runner.slots + acceptedShardsMax)
      return Promise.reject(new MeshError('overloaded', 'too many parts wait here'))
    this.#accepted++
    const computing = this.#compute(spec, shard, hints, work).finally(() => {
      this.#accepted--
      work.running.delete(shard.number)
    })
    work.running.set(shard.number, computing)
    return computing
  }

  /** Shards finished or under way here. */
  holds(job: JobId): number[] {
    const work = this.#work.get(job)
    return work ? [...work.kept.keys(), ...work.running.keys()] : []
  }

  kept(job: JobId, shard: number): Uint8Array | undefined {
    return this.#work.get(job)?.kept.get(shard)
  }

  /** Stops what runs for the job and drops what it kept. */
  forget(job: JobId): void {
    const work = this.#work.get(job)
    if (!work) return
    this.#work.delete(job)
    work.stop.abort(new MeshError('cancelled', 'the job has ended'))
    for (const partial of work.kept.values()) this.#keptBytes -= partial.length
    work.kept.clear()
  }

  close(): void {
    for (const job of [...this.#work.keys()]) this.forget(job)
  }

  async #compute(spec: JobSpec, shard: Shard, hints: readonly PeerId[], work: Work): Promise<Uint8Array> {
    const { signal } = work.stop
    const pieces = await Promise.all(
      shard.pieces.map(async ({ block, ...place }) => {
        const bytes = await this.#exchange.get(spec.id, block.hash, hints)
        return { ...place, starts: block.starts, bytes }
      }),
    )
    const { program, shardTimeoutMs: timeoutMs } = spec
    const partial = await this.#slots.use(async () => {
      signal.throwIfAborted()
      return await this.#runner.map({ program, shard: shard.number, pieces, timeoutMs }, signal).catch(error => {
        throw toMeshError(error, 'function-failed')
      })
    })
    signal.throwIfAborted()
    this.#keep(work, shard.number, partial)
    return partial
  }

  /** The oldest go first: they would merely be computed again. */
  #keep(work: Work, shard: number, partial: Uint8Array): void {
    work.kept.set(shard, partial)
    this.#keptBytes += partial.length
    for (const { kept } of this.#work.values()) {
      for (const [oldest, { length }] of kept) {
        if (this.#keptBytes <= keptPartialBytesMax) return
        kept.delete(oldest)
        this.#keptBytes -= length
      }
    }
  }

  #workOf(job: JobId): Work {
    const work = this.#work.get(job) ?? { running: new Map(), kept: new Map(), stop: new AbortController() }
    this.#work.set(job, work)
    return work
  }
}
