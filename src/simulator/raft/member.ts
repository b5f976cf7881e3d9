/**
 * A member's driver in the simulated world: it feeds the machine ticks, messages and storage results, and performs its effects
 * in order. Whoever watches is told what the machine did, and cannot change it.
 */
import { MeshError } from '../../base/errors.ts'
import { type MemberId, parseEnvelope, type RaftMessage } from '../../consensus/raft/messages.ts'
import type { Outcome, SessionMachine } from '../../consensus/raft/sessions.ts'
import type { Effect, Input, Raft } from '../../consensus/raft/state.ts'
import { seal } from '../world/copy.ts'
import type { Actor, Host } from '../world/node.ts'
import { promise } from '../world/violation.ts'
import type { Journal } from './journal.ts'
import { OPEN_REQUESTS_MAX } from './limits.ts'
import type { RaftModule } from './load-mutant.ts'
import type { Temper } from './options.ts'
import type { MemberDisk } from './storage.ts'
import { Store } from './store.ts'
import type { Answer, Wire } from './wire.ts'

export interface MemberParts {
  readonly raft: RaftModule
  readonly temper: Temper
  readonly disk: MemberDisk
  readonly journal: Journal
  readonly generation: string
}

/** A client that waits for the entry of its proposal. */
interface Waiting {
  readonly client: string
  readonly attempt: number
  readonly term: number
}

export class Member implements Actor<Wire> {
  readonly id: MemberId
  /** Undefined until the disk is claimed and read. */
  raft: Raft | undefined
  readonly store: Store
  readonly machine: SessionMachine
  readonly #host: Host<Wire>
  /** What a real link would have authenticated. */
  readonly #session: string
  readonly #parts: MemberParts
  readonly #waiting = new Map<number, Waiting>()
  readonly #reads = new Map<number, { readonly client: string; readonly attempt: number; readonly key: string }>()
  readonly #inputs: Input[] = []
  /** Messages of each kind. */
  readonly #heard = new Map<RaftMessage['kind'], number>()
  #isStepping = false
  #epoch = 0
  #lastTickMs = 0
  #readId = 0
  #asker: { readonly client: string; readonly attempt: number } | undefined

  constructor(host: Host<Wire>, parts: MemberParts) {
    this.#host = host
    this.#session = `${host.name}/${host.life}`
    this.#parts = parts
    this.id = host.name as MemberId
    this.store = new Store((command, index) => parts.journal.executed(this.id, command, index))
    this.machine = parts.raft.sessionMachine(this.store, {
      sessionsMax: parts.temper.sessionsMax,
      sessionIdleMs: parts.temper.sessionIdleMs,
    })
    parts.disk.attach(host)
    this.#claim()
  }

  receive(from: string, wire: Wire): void {
    if (wire.kind === 'raft') return this.#hear(from as MemberId, wire.host, wire.message)
    if (!this.raft) return // still starting: as good as lost
    if (wire.kind === 'reconfigure') return this.#step({ kind: 'reconfigure', change: wire.change })
    if (wire.kind === 'transfer') return this.#step({ kind: 'transfer', target: wire.target })
    if (wire.kind === 'read') return this.#read(from, wire.attempt, wire.key)
    if (wire.kind === 'propose') this.#propose(from, wire)
  }

  /** The epoch goes up on disk before anything of it is looked at, so that no late write of an earlier life can follow. */
  #claim(): void {
    const { disk } = this.#parts
    this.#epoch = disk.state.epoch + 1
    disk.write(this.#host, { kind: 'claim', epoch: this.#epoch }, outcome => {
      if (outcome === 'durable') this.#begin()
      else this.#host.stop()
    })
  }

  #begin(): void {
    const { disk, raft, temper, generation, journal } = this.#parts
    const { raft: restored } = disk.read()
    if (!restored) return this.#host.stop() // wiped: never again under this id (R16)
    const config = raft.raftConfig(
      'internet',
      { member: this.id, generation, epoch: this.#epoch, random: this.#host.random },
      { timing: temper.timing, limits: temper.limits },
    )
    this.machine.load(restored.snapshot.data)
    this.raft = raft.createRaft(config, restored)
    journal.started(this, this.#host.life, restored)
    this.#lastTickMs = this.#host.clock.monotonicMs()
    this.#host.clock.every(temper.timing.tickMs, () => this.#tick())
  }

  /** After a pause many ticks have passed at once; the machine clamps them (R29). */
  #tick(): void {
    const { tickMs } = this.#parts.temper.timing
    const ticks = Math.floor((this.#host.clock.monotonicMs() - this.#lastTickMs) / tickMs + 1e-6)
    if (ticks <= 0) return
    this.#lastTickMs += ticks * tickMs
    this.#step({ kind: 'tick', ticks })
  }

  #hear(from: MemberId, host: string, message: RaftMessage): void {
    if (!this.raft) return
    if (this.#parts.temper.isParsed || this.#isSample(message.kind)) {
      const parsed = parseEnvelope({ from, to: this.id, message })
      promise(!(parsed instanceof MeshError), 'wire', () => `${message.kind} of ${from}: ${String(parsed)}`)
    }
    this.#step({ kind: 'message', from, host, message })
  }

  /** Of each kind of message the first few of a life, and some later ones: the schema costs more than the machine. */
  #isSample(kind: RaftMessage['kind']): boolean {
    const count = (this.#heard.get(kind) ?? 0) + 1
    this.#heard.set(kind, count)
    return count <= 4 || count % 64 === 0
  }

  #propose(from: string, { attempt, session, sequence, command }: Extract<Wire, { kind: 'propose' }>): void {
    this.#asker = { client: from, attempt }
    const bytes = command ? 40 : 1
    this.#step({ kind: 'propose', proposals: [{ session, sequence, payload: command, bytes }] })
    this.#asker = undefined
  }

  #read(client: string, attempt: number, key: string): void {
    const id = this.#readId++
    this.#reads.set(id, { client, attempt, key })
    this.#step({ kind: 'read', id })
  }

  /** One step at a time: what its effects bring about is queued. */
  #step(input: Input): void {
    if (this.#isStepping) {
      this.#inputs.push(input)
      return
    }
    this.#isStepping = true
    for (let next: Input | undefined = input; next && this.raft; next = this.#inputs.shift()) {
      const effects = this.raft.step(next)
      for (const effect of effects) sealEffect(effect)
      this.#parts.journal.stepped(this, next, effects)
      for (const effect of effects) this.#perform(effect)
    }
    this.#isStepping = false
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        return this.#persist(effect)
      case 'send':
        return this.#send(effect.to, effect.message)
      case 'apply':
        return this.#apply(effect.entries)
      case 'restore':
        this.machine.load(effect.snapshot.data)
        this.#parts.journal.restored(this, effect.snapshot)
        return this.#step({ kind: 'applied', index: effect.snapshot.index })
      case 'accepted':
        return this.#remember(effect)
      case 'refused':
        return this.#answer(this.#asker, { kind: 'refused', leader: effect.leader })
      case 'read-ready':
        return this.#answerRead(effect.id, read => ({ kind: 'value', value: this.store.read(read.key) }))
      case 'read-refused':
        return this.#answerRead(effect.id, () => ({ kind: 'refused', leader: effect.leader }))
      case 'snapshot-needed': {
        const data = this.machine.save()
        this.#parts.journal.saved(this, effect.applied, data)
        return this.#step({ kind: 'snapshot-taken', index: effect.applied, data })
      }
      case 'role':
        return this.#host.note('role', { role: effect.role, term: effect.term, leader: effect.leader })
      default: // for observers, who have seen it
    }
  }

  #persist({ token, hard, snapshot, keepFrom, keepTo, entries }: Extract<Effect, { kind: 'persist' }>): void {
    const write = { kind: 'persist', epoch: this.#epoch, hard, snapshot, keepFrom, keepTo, entries } as const
    this.#parts.disk.write(this.#host, Object.freeze(write), outcome => {
      if (outcome === 'durable') return this.#step({ kind: 'persisted', token })
      this.#step({ kind: 'halt' })
      this.#host.stop()
    })
  }

  #send(to: MemberId, message: RaftMessage): void {
    this.#parts.journal.sent(this, to, message)
    this.#host.send(to, Object.freeze({ kind: 'raft', host: this.#session, message }))
  }

  #remember({ count, firstIndex, term }: Extract<Effect, { kind: 'accepted' }>): void {
    if (!this.#asker || count === 0) return
    if (this.#waiting.size >= OPEN_REQUESTS_MAX) this.#waiting.clear()
    this.#waiting.set(firstIndex, { ...this.#asker, term })
  }

  #apply(entries: Extract<Effect, { kind: 'apply' }>['entries']): void {
    for (const entry of entries) {
      this.#parts.journal.applying(this, entry)
      const outcome = this.machine.apply(entry)
      this.#parts.journal.applied(this, entry, outcome)
      const waiting = this.#waiting.get(entry.index)
      if (!waiting) continue
      this.#waiting.delete(entry.index)
      const isOurs = waiting.term === entry.term && outcome
      this.#answer(waiting, isOurs ? answerOf(outcome) : { kind: 'refused', leader: this.raft?.view.leader })
    }
    const last = entries.at(-1)
    if (last) this.#step({ kind: 'applied', index: last.index })
  }

  #answerRead(id: number, answer: (read: { readonly key: string }) => Answer): void {
    const read = this.#reads.get(id)
    if (!read) return
    this.#reads.delete(id)
    this.#answer(read, answer(read))
  }

  #answer(asker: { readonly client: string; readonly attempt: number } | undefined, answer: Answer): void {
    if (asker) this.#host.send(asker.client, { kind: 'answer', attempt: asker.attempt, answer })
  }
}

/** What the machine has handed out never changes, so that wires, disks and logs may share it; should it change it, it throws. */
function sealEffect(effect: Effect): void {
  if (effect.kind === 'send') seal(effect.message)
  else if (effect.kind === 'persist') {
    seal(effect.hard)
    seal(effect.snapshot)
    seal(effect.entries)
  }
}

function answerOf(outcome: Outcome): Answer {
  switch (outcome.kind) {
    case 'registered':
      return { kind: 'registered', session: outcome.session }
    case 'executed':
    case 'repeated':
      return { kind: 'value', value: outcome.result as string }
    default:
      return { kind: 'expired' }
  }
}
