/**
 * What this peer wants decided: operations gather and travel to the leader as one command at a time, under a session, so that a
 * retry after a lost answer is never applied twice (sessions.ts). Reads go beside them.
 *
 * Invariants
 * J1  Operations of one peer are decided in the order in which they were asked for.
 * J2  An operation whose session ended is repeated under another one only if it certainly was not applied.
 * J3  Every operation ends by its deadline; one that fails says whether it may have happened.
 */
import * as v from 'valibot'
import { MeshError, type MeshErrorCode, type Outcome } from '../../base/errors.ts'
import { NEW_SESSION } from '../raft/sessions.ts'
import { Attempts, type ClientOptions, type Waiter } from './attempts.ts'
import {
  batchBytesMax,
  batchOperationsMax,
  batchReadsMax,
  decisionTimeoutMsDefault,
  decisionTimeoutMsMax,
  operationsWaitingMax,
} from './limits.ts'
import { type Operation, type OperationResult, operationBytes, resultsSchema } from './register/operations.ts'
import type { Decided, DecisionOptions } from './types.ts'
import { commandAnswerSchema, type Reads, readAnswerSchema, topics } from './wire.ts'

interface Wanted<What, Value> {
  readonly what: What
  readonly bytes: number
  readonly resolve: (value: Value) => void
  readonly fail: (error: MeshError) => void
  /** From here on it may have happened. */
  isSent: boolean
  isOver: boolean
}

interface ClientSession {
  readonly id: string
  readonly generation: string
  /** Number of its last command. */
  sequence: number
}

type WantedOperation = Wanted<
  Operation,
  { readonly result: OperationResult; readonly index: number; readonly term: number }
>
type WantedRead = Wanted<Reads[number], { readonly found: readonly Decided[]; readonly index: number }>

export class DecisionsClient {
  readonly #options: ClientOptions
  readonly #operations: WantedOperation[] = []
  readonly #reads: WantedRead[] = []
  #isCommanding = false
  #isReading = false
  #isClosed = false
  #session: ClientSession | undefined

  constructor(options: ClientOptions) {
    this.#options = options
  }

  perform(operation: Operation, options: DecisionOptions = {}) {
    type Value = { readonly result: OperationResult; readonly index: number; readonly term: number }
    return new Promise<Value>((resolve, reject) => {
      const bytes = operationBytes(operation)
      this.#want(this.#operations, operation, bytes, options, resolve, reject)
      if (!this.#isCommanding) void this.#command()
    })
  }

  read(read: Reads[number], options: DecisionOptions = {}) {
    return new Promise<{ readonly found: readonly Decided[]; readonly index: number }>((resolve, reject) => {
      this.#want(this.#reads, read, 0, options, resolve, reject)
      if (!this.#isReading) void this.#read()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#failAll(this.#operations.splice(0), 'left', 'this peer left the mesh')
    this.#failAll(this.#reads.splice(0), 'left', 'this peer left the mesh')
  }

  #want<What, Value>(
    queue: Wanted<What, Value>[],
    what: What,
    bytes: number,
    { timeoutMs = decisionTimeoutMsDefault, signal }: DecisionOptions,
    resolve: (value: Value) => void,
    reject: (error: MeshError) => void,
  ): void {
    const refusal = this.#refusal(queue.length, timeoutMs, signal)
    if (refusal) return reject(refusal)
    const { clock } = this.#options
    const stopTimer = clock.after(timeoutMs, () => fail('timeout', `not decided within ${timeoutMs} ms`))
    const onAbort = () => fail('aborted', 'the call was aborted')
    signal?.addEventListener('abort', onAbort, { once: true })
    const isFirst = () => {
      if (wanted.isOver) return false
      wanted.isOver = true
      stopTimer()
      signal?.removeEventListener('abort', onAbort)
      return true
    }
    const wanted: Wanted<What, Value> = {
      what,
      bytes,
      isSent: false,
      isOver: false,
      resolve: value => isFirst() && resolve(value),
      fail: error => isFirst() && reject(error),
    }
    const fail = (code: MeshErrorCode, message: string) => wanted.fail(this.#failure(wanted, code, message))
    queue.push(wanted)
  }

  #refusal(waiting: number, timeoutMs: number, signal: AbortSignal | undefined): MeshError | undefined {
    const outcome = 'not-applied'
    if (this.#isClosed) return new MeshError('left', 'this peer left the mesh', { outcome })
    if (signal?.aborted) return new MeshError('aborted', 'the call was aborted', { outcome })
    if (!(timeoutMs > 0 && timeoutMs <= decisionTimeoutMsMax))
      return new MeshError('invalid-option', `timeoutMs must be between 1 and ${decisionTimeoutMsMax}`, { outcome })
    if (waiting < operationsWaitingMax) return undefined
    return new MeshError('overloaded', `${operationsWaitingMax} operations are waiting already`, { outcome })
  }

  #failure(wanted: { readonly isSent: boolean }, code: MeshErrorCode, message: string): MeshError {
    const outcome: Outcome = wanted.isSent ? 'unknown' : 'not-applied'
    return new MeshError(code, outcome === 'unknown' ? `${message}; it may have happened` : message, { outcome })
  }

  #failAll(wanted: readonly Waiter[], code: MeshErrorCode, message: string): void {
    for (const one of wanted) one.fail(this.#failure(one, code, message))
  }

  async #command(): Promise<void> {
    this.#isCommanding = true
    await Promise.resolve() // what is asked for in the same task travels together
    while (this.#operations.length > 0) {
      const batch = takeBatch(this.#operations)
      if (batch.length > 0) await this.#decide(batch)
    }
    this.#isCommanding = false
  }

  /** Tries until it is decided, or nobody waits for it any more. */
  async #decide(batch: readonly WantedOperation[]): Promise<void> {
    const attempts = new Attempts(this.#options, batch)
    while (attempts.goOn()) {
      const generation = this.#options.council.generationId
      if (generation === undefined) {
        await attempts.pause()
        continue
      }
      const session = await this.#openSession(generation, attempts)
      if (!session) continue
      const command = { by: this.#options.self, operations: batch.map(({ what }) => what) }
      const sequence = session.sequence + 1
      for (const one of batch) one.isSent = true
      const payload = { generation, session: session.id, sequence, command }
      const answer = await attempts.ask(topics.command, commandAnswerSchema, payload)
      if (answer?.kind !== 'done') {
        // Refused by everybody who was asked so far: it certainly did not happen.
        if (attempts.isCertain) for (const one of batch) one.isSent = false
        await attempts.pause()
        continue
      }
      const { outcome, index, term } = answer
      if (outcome.kind === 'expired') {
        this.#session = undefined
        if (attempts.isCertain) continue // not executed now, and never asked before (J2)
        return this.#failAll(batch, 'timeout', 'the session ended while it was retried')
      }
      session.sequence = sequence
      if (outcome.kind === 'executed' || outcome.kind === 'repeated') return settle(batch, outcome.result, index, term)
      return this.#failAll(batch, 'timeout', 'a later command overtook it')
    }
    if (this.#session) this.#session.sequence++ // whatever is still on its way is an old duplicate now
  }

  async #openSession(generation: string, attempts: Attempts): Promise<ClientSession | undefined> {
    if (this.#session?.generation === generation) return this.#session
    const registration = { generation, session: NEW_SESSION, sequence: 0, command: null }
    const answer = await attempts.ask(topics.command, commandAnswerSchema, registration)
    if (answer?.kind === 'done' && answer.outcome.kind === 'registered') {
      this.#session = { id: answer.outcome.session, generation, sequence: 0 }
      attempts.begin()
      return this.#session
    }
    attempts.begin() // a session that nobody uses harms nobody
    await attempts.pause()
    return undefined
  }

  async #read(): Promise<void> {
    this.#isReading = true
    await Promise.resolve()
    while (this.#reads.length > 0) {
      const batch = this.#reads.splice(0, batchReadsMax).filter(one => !one.isOver)
      if (batch.length > 0) await this.#lookUp(batch)
    }
    this.#isReading = false
  }

  async #lookUp(batch: readonly WantedRead[]): Promise<void> {
    const attempts = new Attempts(this.#options, batch)
    while (attempts.goOn()) {
      const generation = this.#options.council.generationId
      const reads = batch.map(({ what }) => what)
      const answer =
        generation === undefined ? undefined : await attempts.ask(topics.read, readAnswerSchema, { generation, reads })
      if (answer?.kind === 'values') {
        const { index, values } = answer
        for (const [place, one] of batch.entries()) one.resolve({ found: (values[place] ?? []) as Decided[], index })
        return
      }
      await attempts.pause()
    }
  }
}

function takeBatch(queue: WantedOperation[]): WantedOperation[] {
  const batch: WantedOperation[] = []
  let bytes = 0
  for (let next = queue[0]; next; next = queue[0]) {
    if (next.isOver) queue.shift()
    else {
      bytes += next.bytes
      if (batch.length >= batchOperationsMax || (bytes > batchBytesMax && batch.length > 0)) break
      batch.push(next)
      queue.shift()
    }
  }
  return batch
}

function settle(batch: readonly WantedOperation[], value: unknown, index: number, term: number): void {
  const parsed = v.safeParse(resultsSchema, value)
  for (const [place, one] of batch.entries()) {
    const result = parsed.success ? parsed.output[place] : undefined
    if (result?.kind === 'full')
      one.fail(new MeshError('too-large', 'the register is full', { outcome: 'not-applied' }))
    else if (result) one.resolve({ result, index, term })
    else one.fail(new MeshError('malformed', 'the leader answered something else', { outcome: 'unknown' }))
  }
}
