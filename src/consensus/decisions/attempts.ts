/** One batch's way to an answer: whom to ask, how long to wait, and when there is no quorum to hope for. */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { MeshError, type Outcome, toMeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Payload } from '../../base/json.ts'
import type { Mesh } from '../../mesh/types.ts'
import type { MemberId } from '../raft/messages.ts'
import type { Council } from './council.ts'
import type { Desk } from './desk.ts'
import {
  attemptPauseMsMax,
  attemptPauseMsMin,
  attemptTimeoutMs,
  doubtMs,
  electionGraceMs,
  leaderlessMs,
} from './limits.ts'
import { stateSchema, topics } from './wire.ts'

export interface ClientOptions {
  readonly clock: Clock
  readonly mesh: Pick<Mesh, 'request'>
  readonly self: PeerId
  readonly council: Council
  readonly desk: Desk
  /** Nobody is known to lead: somebody may know better. */
  readonly seekLeader: () => void
  readonly count: (counter: string) => void
}

interface Heard {
  readonly kind: string
  readonly leader?: { readonly member: MemberId; readonly term: number } | null
}

/** Somebody who waits for the batch. */
export interface Waiter {
  readonly isSent: boolean
  readonly isOver: boolean
  fail(error: MeshError): void
}

export class Attempts {
  readonly #options: ClientOptions
  readonly #batch: readonly Waiter[]
  readonly #startedAtMs: number
  /** Each question so far was answered by a refusal: nothing of it is on its way any more. */
  isCertain = true
  #pauseMs = attemptPauseMsMin
  #answeredAtMs: number
  /** The leader does not answer this, and answers something smaller. */
  #isBusy = false

  constructor(options: ClientOptions, batch: readonly Waiter[]) {
    this.#options = options
    this.#batch = batch
    this.#startedAtMs = options.clock.monotonicMs()
    this.#answeredAtMs = this.#startedAtMs
  }

  /** What was asked until now does not count: it was for something else. */
  begin(): void {
    this.isCertain = true
  }

  /** False when nobody waits any more; where there is no quorum, everybody is told so first. */
  goOn(): boolean {
    const { council, clock } = this.#options
    const silentMs = clock.monotonicMs() - this.#answeredAtMs
    // A copy here takes part in electing the next leader; whoever has none has only heard that the last one is silent.
    const isOver = !council.hasCopy || council.leaderlessMs >= electionGraceMs
    if (council.leader?.host === undefined && silentMs >= leaderlessMs && council.knowsVoters && isOver) {
      const { sentence, live } = council.quorum
      for (const one of this.#batch) {
        const outcome: Outcome = one.isSent ? 'unknown' : 'not-applied'
        one.fail(new MeshError('no-quorum', `Nobody leads: ${sentence}; ${live} can be seen from here`, { outcome }))
      }
    }
    return this.#batch.some(one => !one.isOver)
  }

  /** The answer of the leader; undefined where there is none, or none came. */
  async ask<Answer extends Heard>(
    topic: string,
    schema: v.GenericSchema<unknown, Answer>,
    payload: object,
  ): Promise<Answer | undefined> {
    const { council } = this.#options
    for (const { driver } of council.hosted.values()) driver.worked()
    const leader = council.leader
    if (leader?.host === undefined) {
      this.#options.seekLeader()
      for (const { driver } of council.hosted.values()) driver.seekVotes()
      return undefined
    }
    const answer = await this.#answerOf(leader.host, leader.term, topic, payload)
    const parsed = v.safeParse(schema, answer)
    if (!parsed.success || parsed.output.kind === 'lost') this.isCertain = false
    // A peer without a copy of its own learns of a leader's silence in no other way.
    if (answer === undefined && !council.hasCopy && !this.#isBusy) council.doubtLeader(leader.term)
    if (!parsed.success) return undefined
    this.#heard(parsed.output, leader.term)
    return parsed.output
  }

  /** Undefined where none came in time, or somebody else leads now. */
  async #answerOf(host: PeerId, term: number, topic: string, payload: object): Promise<unknown> {
    const { council, desk, mesh, clock, count } = this.#options
    const gone = new AbortController()
    const off = council.events.on('leader', next => (next?.host !== host || next.term !== term) && gone.abort())
    const stop = clock.after(attemptTimeoutMs, () => gone.abort())
    const stopDoubt = clock.after(doubtMs, () => void this.#doubt(host, term))
    this.#isBusy = false
    try {
      // Sent again it is handled once, and a lost answer is given again; whoever relays may have lost either.
      const options = { timeoutMs: attemptTimeoutMs, retries: 2, signal: gone.signal }
      if (host !== council.self.peer) return await mesh.request(host, topic, payload as Payload, options)
      const over = new Promise<undefined>(resolve => gone.signal.addEventListener('abort', () => resolve(undefined)))
      return await Promise.race([desk.answer(topic, payload), over])
    } catch (thrown) {
      const { code } = toMeshError(thrown, 'timeout')
      count(`decisions.attempts-failed.${code}`)
      return undefined
    } finally {
      off()
      stop()
      stopDoubt()
    }
  }

  /** A copy here knows when it last heard the leader; who has none asks it something small: a leader that answers is only busy. */
  async #doubt(host: PeerId, term: number): Promise<void> {
    const { council, mesh, clock } = this.#options
    const leader = council.leader
    if (leader?.term !== term) return
    for (const { driver } of council.hosted.values()) driver.doubtLeader(leader.member)
    if (council.hasCopy) return
    const options = { timeoutMs: attemptTimeoutMs - doubtMs }
    const told = v.safeParse(stateSchema, await mesh.request(host, topics.state, null, options).catch(() => undefined))
    if (!told.success || told.output.leader?.term !== term || told.output.leader.member !== leader.member) return
    this.#isBusy = true
    this.#answeredAtMs = clock.monotonicMs()
  }

  #heard(answer: Heard, term: number): void {
    const { council, clock } = this.#options
    if (answer.kind !== 'elsewhere') {
      this.#answeredAtMs = clock.monotonicMs()
      this.#pauseMs = attemptPauseMsMin
    } else if (answer.leader && answer.leader.term > term) council.toldLeader(answer.leader.member, answer.leader.term)
    else if (answer.leader === null) council.doubtLeader(term)
  }

  /** A moment, a longer one each time; over at once when somebody else leads. */
  async pause(): Promise<void> {
    const { clock, council } = this.#options
    await new Promise<void>(resolve => {
      const stop = clock.after(this.#pauseMs, () => done())
      const off = council.events.on('leader', leader => leader?.host !== undefined && done())
      const done = () => {
        stop()
        off()
        resolve()
      }
    })
    this.#pauseMs = Math.min(attemptPauseMsMax, 2 * this.#pauseMs)
  }
}
