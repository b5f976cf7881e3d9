/**
 * A disk that outlives its host. A write is under way for a while, and until it is done a crash may lose it: some number of
 * the first writes survive, the next may land in part if the store is not transactional, and the rest are gone, or land late.
 * What a write means, and whether it is still allowed, is the owner's `fold`, run at the moment it lands (a transaction).
 */
import { copyInto } from './copy.ts'
import type { Host } from './node.ts'
import { chance, exponential, type Sfc32 } from './random.ts'
import { ms } from './time.ts'
import type { World } from './world.ts'

export interface DiskOptions<State, Write> {
  readonly initial: () => State
  /** The state after the write; undefined refuses it (a fence), and nothing changes. */
  readonly fold: (state: State, write: Write) => State | undefined
  /** What of a torn write lands; leave it out for a transactional store, where a write lands whole or not at all. */
  readonly tear?: (write: Write, random: Sfc32) => Write
}

export type WriteOutcome = 'durable' | 'refused' | 'failed'

interface Pending<Write> {
  readonly write: Write
  /** Undefined once its host is gone: it may still land, and nobody hears of it. */
  done: ((outcome: WriteOutcome) => void) | undefined
}

/** IndexedDB with `durability: 'strict'`: p50 1.0 ms, p95 3.8 ms (DESIGN, section 1). */
const writeMinUs = 0.3 * ms
const writeMeanUs = 1 * ms

export class Disk<State, Write> {
  readonly name: string
  /** How many times slower than normal. */
  slowness = 1
  /** The next write fails, and says so. */
  isFailing = false
  readonly #world: World<never>
  readonly #random: Sfc32
  readonly #options: DiskOptions<State, Write>
  #state: State
  #pending: Pending<Write>[] = []
  #wipes = 0
  #busyUntilUs = 0

  constructor(world: World<never>, name: string, options: DiskOptions<State, Write>) {
    this.#world = world
    this.name = name
    this.#options = options
    this.#random = world.random.fork(`disk/${name}`)
    this.#state = options.initial()
  }

  /** What is durable now. For readers and checkers; never to be changed by them. */
  get state(): State {
    return this.#state
  }

  /** A copy of what is durable, as a starting host reads it. */
  read(): State {
    return copyInto(this.#world.trace, this.#state)
  }

  /** From now on the end of this host's life loses what it has not finished writing. */
  attach<Message>(host: Host<Message>): void {
    host.atEnd(() => this.#loseUnsynced())
  }

  /** Writes land in the order in which they were begun. */
  write<Message>(host: Host<Message>, write: Write, done: (outcome: WriteOutcome) => void): void {
    const pending: Pending<Write> = { write: copyInto(this.#world.trace, write), done }
    this.#pending.push(pending)
    const nowUs = this.#world.nowUs
    const takesUs = (writeMinUs + exponential(this.#random, writeMeanUs)) * this.slowness
    this.#busyUntilUs = Math.max(this.#busyUntilUs, nowUs) + Math.round(takesUs)
    const wipes = this.#wipes
    this.#world.schedule(this.#busyUntilUs - nowUs, () => {
      if (wipes === this.#wipes) this.#finish(host, pending)
      return host.name
    })
  }

  /** Everything on it is gone. */
  wipe(): void {
    this.#wipes++
    this.#pending = []
    this.#state = this.#options.initial()
  }

  /** Its host is gone. Of the writes under way some first ones are down already; the next may be torn; the rest is lost, or late. */
  #loseUnsynced(): void {
    const landed = Math.floor(this.#random.next() * (this.#pending.length + 1))
    const rest = this.#pending.splice(landed)
    const first = this.#pending.splice(0)
    for (const { write } of first) this.#land(write)
    const [torn] = rest
    if (torn && this.#options.tear && chance(this.#random, 0.5)) {
      this.#land(this.#options.tear(torn.write, this.#random))
      return
    }
    if (!chance(this.#random, 0.3)) return
    // A dead tab's writes may land after its successor looked: only a fence in the same transaction stops them.
    for (const late of rest) {
      late.done = undefined
      this.#pending.push(late)
    }
  }

  #finish<Message>(host: Host<Message>, pending: Pending<Write>): void {
    const place = this.#pending.indexOf(pending)
    if (place < 0) return // lost
    this.#pending.splice(place, 1)
    const { done, write } = pending
    const outcome = done && this.isFailing ? 'failed' : this.#land(write) ? 'durable' : 'refused'
    if (outcome === 'failed') this.isFailing = false
    if (!done) return
    host.now('disk', () => {
      host.note('disk', outcome)
      done(outcome)
    })
  }

  #land(write: Write): boolean {
    const state = this.#options.fold(this.#state, write)
    if (state === undefined) return false
    this.#state = state
    return true
  }
}
