/**
 * A client: one operation after the other, each tried at one member after the other until somebody answers or its time is up.
 * Writes go through a session, so that trying again never means doing again (R28); reads are simply asked again.
 */
import type { MemberId } from '../../consensus/raft/messages.ts'
import type { Actor, Host } from '../world/node.ts'
import { between, exponential, oneOf } from '../world/random.ts'
import { ms } from '../world/time.ts'
import type { RaftModule } from './load-mutant.ts'
import type { Temper } from './options.ts'
import { casMismatch } from './store.ts'
import type { Answer, Wire } from './wire.ts'
import type { Asked, Workload } from './workload.ts'

/** How long one member is waited for, ms. */
const attemptMs = 400
/** How long an operation is tried, ms; the last attempt may end a little later. */
const operationMs = 8_000

export interface ClientParts {
  readonly raft: RaftModule
  readonly temper: Temper
  readonly workload: Workload
  /** Members that a client may try. */
  readonly members: () => readonly MemberId[]
  /** Clients in all; a new process number is that much higher than the one that was used up. */
  readonly clients: number
}

export class Client implements Actor<Wire> {
  readonly #host: Host<Wire>
  readonly #parts: ClientParts
  #process: number
  #session: string | undefined
  #sequence = 0
  #asked: Asked | undefined
  /** Numbers each message sent; answers to an earlier operation's are not for us. */
  #attempt = 0
  #firstAttempt = 0
  #target: MemberId | undefined
  #begunMs = 0
  #cancelRetry = () => {}

  constructor(host: Host<Wire>, process: number, parts: ClientParts) {
    this.#host = host
    this.#parts = parts
    this.#process = process
    this.#think()
  }

  receive(_from: string, wire: Wire): void {
    if (wire.kind !== 'answer' || !this.#asked || wire.attempt < this.#firstAttempt) return
    this.#hear(wire.attempt, wire.answer, this.#asked)
  }

  #think(): void {
    const thinkMs = exponential(this.#host.random, this.#parts.temper.thinkUs) / ms
    this.#host.clock.after(thinkMs, () => this.#begin())
  }

  #begin(): void {
    const { workload } = this.#parts
    this.#asked = workload.draw(this.#host.random)
    if (!this.#asked) return this.#think() // perhaps there will be more
    if (this.#asked.f !== 'read') this.#sequence++
    workload.note(this.#process, 'invoke', this.#asked)
    this.#firstAttempt = this.#attempt + 1
    this.#begunMs = this.#host.clock.monotonicMs()
    this.#try()
  }

  #try(): void {
    if (!this.#asked) return
    if (this.#host.clock.monotonicMs() - this.#begunMs >= operationMs) return this.#giveUp(this.#asked)
    this.#target ??= oneOf(this.#host.random, this.#parts.members())
    if (this.#target) this.#host.send(this.#target, this.#request(++this.#attempt, this.#asked))
    this.#retryIn(attemptMs * between(this.#host.random, 0.5, 1.5))
  }

  #request(attempt: number, { f, key, value }: Asked): Wire {
    if (f === 'read') return { kind: 'read', attempt, key }
    if (this.#session === undefined) {
      const session = this.#parts.raft.NEW_SESSION
      return { kind: 'propose', attempt, session, sequence: 0, command: null }
    }
    const [expected = null, next = null] = Array.isArray(value) ? value : []
    const command = f === 'write' ? ({ f, key, value } as const) : ({ f: 'cas', key, expected, next } as const)
    return { kind: 'propose', attempt, session: this.#session, sequence: this.#sequence, command }
  }

  /** Nobody answered: somebody else may. */
  #retryIn(delayMs: number): void {
    this.#cancelRetry()
    this.#cancelRetry = this.#host.clock.after(delayMs, () => {
      this.#target = undefined
      this.#try()
    })
  }

  #hear(attempt: number, answer: Answer, asked: Asked): void {
    switch (answer.kind) {
      case 'registered':
        if (this.#session !== undefined || asked.f === 'read') return
        this.#session = answer.session
        this.#sequence = 1
        return this.#try()
      case 'refused':
        if (attempt !== this.#attempt) return
        this.#target = answer.leader
        this.#cancelRetry()
        this.#cancelRetry = this.#host.clock.after(between(this.#host.random, 5, 100), () => this.#try())
        return
      case 'expired':
        this.#session = undefined
        return this.#end('info', asked)
      case 'value':
        if (asked.f === 'read') return this.#end('ok', { ...asked, value: answer.value })
        return this.#end(answer.value === casMismatch ? 'fail' : 'ok', asked)
    }
  }

  /** A read that nobody answered changed nothing. Anything else may still happen, or have happened. */
  #giveUp(asked: Asked): void {
    this.#end(asked.f === 'read' ? 'fail' : 'info', asked)
  }

  #end(type: 'ok' | 'fail' | 'info', asked: Asked): void {
    this.#cancelRetry()
    this.#asked = undefined
    this.#parts.workload.note(this.#process, type, asked)
    if (type === 'info') this.#process += this.#parts.clients
    this.#think()
  }
}
