/** Many peers' job machines in one seeded world: virtual time, late, lost and doubled messages, peers that die and arrive. */
import type { BlockHash, JobId, PeerId, SessionId } from '../../../src/base/ids.ts'
import type { Status } from '../../../src/work/job/messages.ts'
import type { Candidate } from '../../../src/work/job/policy.ts'
import { createJobState, firstStatus, isFinal, type JobState, supersedes } from '../../../src/work/job/state.ts'
import { type Effect, type Input, type Outcome, step } from '../../../src/work/job/step.ts'
import { syncIntervalMs, tickMs } from '../../../src/work/limits.ts'
import { seeded } from './texts.ts'

export interface WorldOptions {
  readonly seed: number
  readonly peers: number
  readonly shards: number
  /** Peers that die, the submitter among them or not. */
  readonly deaths: number
  /** Of a broadcast, per receiver. */
  readonly lossRate: number
  /** Of an answer to `run`: the function failed. */
  readonly failureRate?: number
}

/** The plain value of a shard, and so of the whole: what the result is checked against. */
export function shardValue(shard: number): number {
  return (shard + 1) * (shard + 7)
}

interface WorldPeer {
  readonly id: PeerId
  readonly session: SessionId
  readonly slots: number
  readonly computeMs: number
  /** Everybody the peer believes to be here, itself included. */
  readonly sees: Set<WorldPeer>
  readonly kept: Set<number>
  isDead: boolean
  state: JobState
  /** Merged partial results of the present term: shard to value. */
  reducer: Map<number, number> | undefined
}

const job = '0'.repeat(32) as JobId

export class World {
  readonly peers: WorldPeer[]
  readonly publishedAtMs: { readonly peer: PeerId; readonly ms: number }[] = []
  nowMs = 0
  computed = 0
  readonly #options: WorldOptions
  readonly #random: () => number
  #events: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = []
  #order = 0

  constructor(options: WorldOptions) {
    this.#options = options
    this.#random = seeded(options.seed)
    const shardBytes = Array.from({ length: options.shards }, () => 100)
    this.peers = Array.from({ length: options.peers }, (_, at) => {
      const id = `peer-${String(Math.floor(this.#random() * 1e6)).padStart(6, '0')}-${at}` as PeerId
      const session = `${at}-session` as SessionId
      // As for a peer that has just learned of the job: a word from nobody, which any other supersedes.
      const status = { ...firstStatus(job, { id, session }), session: '' as SessionId }
      return {
        id,
        session,
        slots: 1 + Math.floor(this.#random() * 3),
        computeMs: 20 + this.#random() * 400,
        sees: new Set<WorldPeer>(),
        kept: new Set<number>(),
        isDead: false,
        state: createJobState({ status, self: { id, session }, shardBytes, capability: 'test', peers: [] }),
        reducer: undefined,
      }
    })
    for (const peer of this.peers) {
      for (const other of this.peers) peer.sees.add(other)
      peer.state.peers = this.#candidates(peer)
      this.#every(peer, tickMs, () => this.feed(peer, { kind: 'tick' }))
      this.#every(peer, syncIntervalMs, () => this.#sync(peer))
    }
  }

  get living(): WorldPeer[] {
    return this.peers.filter(peer => !peer.isDead)
  }

  /** Submits at the first peer, lets the chosen ones die, and runs until everybody left has an end, or for `limitMs`. */
  run(limitMs = 120_000): void {
    const [submitter, ...others] = this.peers
    if (!submitter) return
    this.feed(submitter, { kind: 'submit' })
    // Everybody hears of the job once at least: whoever holds no word of it has no part in it.
    for (const peer of others) this.feed(peer, { kind: 'heard', status: submitter.state.status, hasResult: false })
    const mortal = [...this.peers]
      .sort(() => this.#random() - 0.5)
      .slice(0, Math.min(this.#options.deaths, this.peers.length - 1))
    for (const peer of mortal) this.#at(this.#random() * 4_000, () => this.kill(peer))
    while (this.nowMs < limitMs && !this.living.every(peer => isFinal(peer.state.status.phase))) this.#next()
    // Two may have finished it; a few rounds of sync and all say the same.
    for (const endMs = this.nowMs + 15 * syncIntervalMs; this.nowMs < endMs; ) this.#next()
  }

  kill(peer: WorldPeer): void {
    peer.isDead = true
    for (const other of this.living)
      this.#at(5 + this.#random() * 3_000, () => {
        other.sees.delete(peer)
        if (!other.isDead) this.feed(other, { kind: 'peers', peers: this.#candidates(other) })
      })
  }

  feed(peer: WorldPeer, input: Input): void {
    const effects = step(peer.state, input, { ms: this.nowMs, wallMs: this.nowMs })
    for (const effect of effects) this.#perform(peer, effect)
  }

  #perform(peer: WorldPeer, effect: Effect): void {
    switch (effect.kind) {
      case 'lead':
        peer.reducer = new Map()
        if (!effect.isFresh) this.#collect(peer, effect.fence)
        this.#later(peer, 200, () => this.feed(peer, { kind: 'stored', fence: effect.fence, isSafe: true }))
        return
      case 'resign':
        peer.reducer = undefined
        return
      case 'publish':
        return this.#publish(peer, effect.status)
      case 'run':
        return this.#run(peer, effect)
      case 'reduce':
        return this.#reduce(peer, effect.fence)
      case 'finish':
        peer.kept.clear()
        return
      case 'fetch-result':
        throw new Error('every result here is inline')
    }
  }

  #publish(peer: WorldPeer, status: Status): void {
    this.publishedAtMs.push({ peer: peer.id, ms: this.nowMs })
    for (const other of peer.sees) {
      if (other === peer) continue
      const copies = this.#random() < this.#options.lossRate ? 0 : this.#random() < 0.1 ? 2 : 1
      for (let copy = 0; copy < copies; copy++)
        this.#later(other, this.#random() ** 3 * 800, () =>
          this.feed(other, { kind: 'heard', status, hasResult: true }),
        )
    }
  }

  /** At the worker after a while, computed there, and back after another; a dead worker answers with silence. */
  #run(coordinator: WorldPeer, { peer: to, shard, fence }: Extract<Effect, { kind: 'run' }>): void {
    const worker = this.peers.find(({ id }) => id === to)
    const { reducer } = coordinator
    const answer = (outcome: Outcome, delayMs: number) =>
      this.#later(coordinator, delayMs, () => {
        if (outcome.status === 'done') reducer?.set(shard, shardValue(shard))
        this.feed(coordinator, { kind: 'ran', fence, peer: to, shard, outcome })
      })
    if (!worker || worker.isDead) return answer({ status: 'lost' }, 300)
    this.#later(worker, this.#random() * 30, () => {
      if (fence < worker.state.status.fence) return answer({ status: 'stale' }, 5)
      const isKept = worker.kept.has(shard)
      this.#later(worker, isKept ? 1 : worker.computeMs, () => {
        if (this.#random() < (this.#options.failureRate ?? 0))
          return answer({ status: 'failed', error: { code: 'function-failed', message: 'no' } }, 5)
        if (!isKept) this.computed++
        if (!isFinal(worker.state.status.phase)) worker.kept.add(shard)
        answer({ status: 'done' }, this.#random() * 200)
        if (this.#random() < 0.1) answer({ status: 'done' }, 500 + this.#random() * 2_000) // doubled on its way
      })
    })
  }

  #collect(peer: WorldPeer, fence: number): void {
    this.#later(peer, 40 + this.#random() * 100, () => {
      const holdings = this.living
        .filter(other => peer.sees.has(other))
        .map(other => [other.id, [...other.kept]] as const)
      this.feed(peer, { kind: 'collected', fence, holdings })
    })
  }

  #reduce(peer: WorldPeer, fence: number): void {
    const total = [...(peer.reducer ?? [])].reduce((sum, [, value]) => sum + value, 0)
    const hash = total.toString(16).padStart(64, '0') as BlockHash
    this.#later(peer, 20, () =>
      this.feed(peer, { kind: 'reduced', fence, result: { hash, bytes: 8, inline: String(total) } }),
    )
  }

  #sync(peer: WorldPeer): void {
    const others = [...peer.sees].filter(other => other !== peer && !other.isDead)
    const other = others[Math.floor(this.#random() * others.length)]
    if (!other) return
    for (const [from, to] of [
      [peer, other],
      [other, peer],
    ] as const) {
      const { status } = from.state
      if (supersedes(status, to.state.status))
        this.#later(to, this.#random() * 40, () => this.feed(to, { kind: 'heard', status, hasResult: true }))
    }
  }

  #candidates(peer: WorldPeer): Candidate[] {
    return [...peer.sees].map(({ id, session, slots }) => {
      return { id, session, name: id, slots, busy: 0, isAble: true, isAlive: true }
    })
  }

  // --- time

  #every(peer: WorldPeer, intervalMs: number, run: () => void): void {
    const again = () => {
      if (peer.isDead) return
      run()
      this.#at(intervalMs, again)
    }
    this.#at(this.#random() * intervalMs, again)
  }

  /** At `peer`, if it lives by then. */
  #later(peer: WorldPeer, delayMs: number, run: () => void): void {
    this.#at(delayMs, () => {
      if (!peer.isDead) run()
    })
  }

  #at(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: this.#order++, run }
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#events[middle]
      if (other && (other.atMs < event.atMs || (other.atMs === event.atMs && other.order < event.order)))
        low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, event)
  }

  #next(): void {
    const event = this.#events.shift()
    if (!event) throw new Error('a world without ticks')
    this.nowMs = event.atMs
    event.run()
  }
}
