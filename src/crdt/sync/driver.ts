/** Keeps replicas in step with those of the others over a mesh: broadcasts changes, and does what the machine asks for. */

import { Alarm } from '../../base/alarm.ts'
import type { Clock } from '../../base/clock.ts'
import { dropOldest } from '../../base/drop-oldest.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import type { Mesh } from '../../mesh/types.ts'
import { silentPeersMax } from '../limits.ts'
import type { Replica } from '../replica.ts'
import { ApartTimes } from './apart.ts'
import { decodeNamed, digestsWord, digestTopic, encodeNamed, parseDigests, updateTopic } from './messages.ts'
import { Outbox } from './outbox.ts'
import {
  type Convergence,
  convergenceOf,
  type Digests,
  initialSync,
  type SyncSettings,
  type SyncState,
} from './state.ts'
import { dueAtMs, type Effect, type Input, markTold, step } from './step.ts'
import { Transfers } from './transfers.ts'

/** The machine's clock ticks when something is due, this often at most, ms. */
const tickMs = 100
const exchangeTimeoutMs = 5_000

/** A large answer on its way to here. */
export interface Progress {
  readonly receivedBytes: number
  readonly totalBytes: number
}

export interface SyncOptions {
  readonly mesh: Mesh
  readonly clock: Clock
  readonly random: Random
  readonly settings: SyncSettings
  /** The others hold a replica of this name, and this peer should too: open it and `add` it, or do nothing. */
  readonly adopt: (name: string) => void
  /** Convergence or progress of this replica may have changed. */
  readonly onChange: (name: string) => void
  readonly count: (counter: string) => void
}

interface Member {
  readonly replica: Replica
  readonly outbox: Outbox
  readonly off: () => void
  progress: Progress | undefined
}

export class Sync {
  readonly #options: SyncOptions
  readonly #state: SyncState
  readonly #members = new Map<string, Member>()
  readonly #apart = new ApartTimes()
  readonly #transfers: Transfers
  /** Peers that are suspected, or were given up: any of them may be back. */
  readonly #silent = new Map<PeerId, SessionId>()
  readonly #alarm: Alarm
  readonly #offs: (() => void)[]
  #isClosed = false

  constructor(options: SyncOptions) {
    this.#options = options
    const { mesh, clock, random, settings } = options
    this.#alarm = new Alarm(clock, (_, nowMs) => this.#run({ kind: 'tick', nowMs, random }), tickMs)
    this.#state = initialSync(settings, clock.monotonicMs())
    this.#transfers = new Transfers({
      mesh,
      clock,
      missing: (name, vector) => this.#members.get(name)?.replica.missing(vector),
      decode: decodeNamed,
    })
    this.#offs = [
      mesh.subscribe(updateTopic, (payload, { from }) => this.#receive(payload, from)),
      mesh.subscribe(digestTopic, (payload, { from }) => this.#hear(payload, from, false)),
      mesh.handle(digestTopic, (payload, { from }) => {
        this.#hear(payload, from, true)
        return digestsWord(this.#digests()) as unknown as Json
      }),
      mesh.on('agent-join', ({ id, session }) => {
        this.#run({ kind: 'joined', peer: id })
        this.#heard(id, session)
      }),
      mesh.on('agent-change', ({ id, session, state }) => {
        if (state === 'alive') this.#heard(id, session)
        else {
          this.#silent.delete(id)
          this.#silent.set(id, session)
          dropOldest(this.#silent, silentPeersMax)
        }
      }),
      mesh.on('heal', () => this.#run({ kind: 'healed' })),
      mesh.on('agent-leave', ({ peer, reason }) => {
        if (reason !== 'crashed') this.#silent.delete(peer.id)
        this.#apart.left(peer.id)
        this.#run({ kind: 'left', peer: peer.id })
      }),
      mesh.on('link-open', ({ peer }) => this.#run({ kind: 'linked', peer })),
      () => this.#alarm.stop(),
    ]
    this.#alarm.set(dueAtMs(this.#state))
  }

  /** From now on this replica is kept in step. Once everything is added that was there before, `start`. */
  add(replica: Replica): void {
    const { name } = replica
    const { mesh, clock } = this.#options
    const outbox = new Outbox({
      clock,
      combine: updates => replica.combine(updates),
      broadcast: update => mesh.broadcast(updateTopic, encodeNamed(name, update)),
      onTooLarge: () => this.#changed(name, true),
    })
    const off = replica.onUpdate((update, origin) => {
      this.#changed(name, false)
      if (origin.kind === 'local') outbox.add(update)
    })
    this.#members.set(name, { replica, outbox, off, progress: undefined })
    this.#run({ kind: 'opened', name, nowMs: clock.monotonicMs() })
    for (const { id } of mesh.peers) this.#run({ kind: 'joined', peer: id })
  }

  convergence(name: string): Convergence {
    return convergenceOf(this.#state, name)
  }

  /** Whether that peer is known to hold the same, to hold something else, or not known at all. */
  isSame(peer: PeerId, name: string): boolean | undefined {
    const theirs = this.#state.peers.get(peer)?.get(name)
    return theirs === undefined ? undefined : theirs === this.#state.replicas.get(name)?.digest
  }

  /** Since when that peer has been known to hold something else, ms since 1970. */
  apartSinceMs(peer: PeerId, name: string): number | undefined {
    return this.#apart.of(name, peer)
  }

  progress(name: string): Progress | undefined {
    return this.#members.get(name)?.progress
  }

  get settings(): SyncSettings {
    return this.#state.settings
  }

  configure(settings: SyncSettings): void {
    this.#run({ kind: 'configured', settings })
  }

  close(): void {
    this.#isClosed = true
    for (const off of this.#offs) off()
    for (const { off } of this.#members.values()) off()
    this.#transfers.close()
  }

  /** The same session as before: one that begins anew asks by itself for what it lacks. */
  #heard(peer: PeerId, session: SessionId): void {
    const isBack = this.#silent.get(peer) === session
    if (this.#silent.delete(peer) && isBack)
      this.#run({ kind: 'reunited', peer, nowMs: this.#options.clock.monotonicMs() })
  }

  #changed(name: string, isLarge: boolean): void {
    this.#run({ kind: 'changed', name, nowMs: this.#options.clock.monotonicMs(), isLarge })
    this.#options.onChange(name)
  }

  #receive(payload: unknown, from: PeerId): void {
    const { adopt, count } = this.#options
    const update = decodeNamed(payload)
    if (update instanceof MeshError) return count('shared.malformed')
    const member = this.#members.get(update.name)
    if (!member) return adopt(update.name) // what it missed it will ask for
    count('shared.updates-received')
    const problem = member.replica.merge(update.bytes, { kind: 'peer', peer: from, isWhole: false })
    if (problem) count(`shared.${problem.code}`)
  }

  #hear(payload: unknown, peer: PeerId, isExchange: boolean): void {
    const word = parseDigests(payload)
    if (word instanceof MeshError) {
      this.#options.count('shared.malformed')
      if (isExchange) throw word
      return
    }
    if (isExchange) this.#measureAll()
    this.#told(peer, word.digests, isExchange || word.isUrgent)
  }

  #told(peer: PeerId, digests: Digests, isUrgent: boolean): void {
    this.#run({ kind: 'told', peer, digests, isUrgent, nowMs: this.#options.clock.monotonicMs() })
    for (const name of digests.keys()) {
      this.#compare(name, [peer])
      this.#options.onChange(name)
    }
  }

  #run(input: Input): void {
    for (const effect of step(this.#state, input)) this.#perform(effect)
    if (!this.#isClosed) this.#alarm.set(dueAtMs(this.#state))
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'measure') this.#measure(effect.name)
    else if (effect.kind === 'tell') void this.#tell(effect.names, effect.isUrgent)
    else if (effect.kind === 'exchange') void this.#exchange(effect.peer)
    else if (effect.kind === 'pull') void this.#pull(effect.peer, effect.name)
    else this.#options.adopt(effect.name)
  }

  #measure(name: string): void {
    const replica = this.#members.get(name)?.replica
    if (!replica) return
    this.#run({ kind: 'measured', name, digest: replica.digest(), nowMs: this.#options.clock.monotonicMs() })
    this.#compare(name, this.#state.peers.keys())
    this.#options.onChange(name)
  }

  #compare(name: string, peers: Iterable<PeerId>): void {
    const nowMs = this.#options.clock.nowMs()
    for (const peer of peers) this.#apart.note(name, peer, this.isSame(peer, name), nowMs)
  }

  #measureAll(): void {
    for (const [name, own] of this.#state.replicas) if (own.dirtySinceMs !== undefined) this.#measure(name)
  }

  #digests(names: Iterable<string> = this.#state.replicas.keys()): Digests {
    const digests = new Map<string, string>()
    for (const name of names) {
      const digest = this.#state.replicas.get(name)?.digest
      if (digest !== undefined) digests.set(name, digest)
    }
    return digests
  }

  async #tell(names: readonly string[], isUrgent: boolean): Promise<void> {
    const digests = this.#digests(names)
    markTold(this.#state, digests)
    this.#options.count('shared.digests-told')
    await this.#options.mesh.broadcast(digestTopic, digestsWord(digests, isUrgent) as unknown as Json).catch(() => {})
  }

  async #exchange(peer: PeerId): Promise<void> {
    const { mesh, count } = this.#options
    this.#measureAll()
    count('shared.exchanges')
    try {
      const ours = digestsWord(this.#digests()) as unknown as Json
      const answer = parseDigests(await mesh.request(peer, digestTopic, ours, { timeoutMs: exchangeTimeoutMs }))
      if (answer instanceof MeshError) throw answer
      this.#told(peer, answer.digests, true)
    } catch {
      count('shared.exchanges-failed') // the next round asks somebody else
    }
  }

  async #pull(peer: PeerId, name: string): Promise<void> {
    const { clock, count, onChange } = this.#options
    const member = this.#members.get(name)
    if (!member) return
    count('shared.pulls')
    let isAnswered = false
    try {
      const { replica } = member
      const update = await this.#transfers.fetch(peer, name, replica.vector(), (receivedBytes, totalBytes) => {
        member.progress = { receivedBytes, totalBytes }
        this.#run({ kind: 'progressed', peer, name, nowMs: clock.monotonicMs() })
        onChange(name)
      })
      const problem = update && replica.merge(update, { kind: 'peer', peer, isWhole: true })
      if (problem) throw problem
      isAnswered = true
    } catch {
      count('shared.pulls-failed')
    }
    member.progress = undefined
    this.#run({ kind: 'pulled', peer, name, isAnswered, nowMs: clock.monotonicMs() })
    onChange(name)
  }
}
