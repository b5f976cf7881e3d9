/**
 * What any peer may ask of whoever leads: to prove that a quorum follows it, to hand over, to run at other clocks. Asked until it is
 * answered, like a decision; here are both ends.
 *
 * Invariants
 * L1  An order to step down is meant for one term: repeated, or late, it deposes no later leader.
 * L2  Voters are said to have answered only if they answered a heartbeat round that began after the question (read-index, R9).
 */
import * as v from 'valibot'
import { MeshError, toMeshError } from '../../base/errors.ts'
import { isVoter } from '../raft/confchange.ts'
import type { MemberId } from '../raft/messages.ts'
import { Attempts, type ClientOptions } from './attempts.ts'
import type { HostedMember } from './hosted.ts'
import { orderTimeoutMs, refusalCharsMax, verifyGraceMs } from './limits.ts'
import type { Succession } from './succession.ts'
import { type Timing, timingSchema } from './timing.ts'
import type { LeaderInfo, TimingChoice, TimingView, VerifiedQuorum } from './types.ts'
import { type Order, type OrderAnswer, orderAnswerSchema, orderSchema, topics } from './wire.ts'

/** How often it is looked whether more voters have answered, ms. */
const lookMs = 10

export interface OrdersOptions extends ClientOptions {
  readonly succession: Succession
  readonly timing: Timing
}

type Answered = Exclude<OrderAnswer, { kind: 'elsewhere' | 'refused' }>

export class Orders {
  readonly #options: OrdersOptions
  /** The handover that is under way: whoever asks again waits for the same. */
  #handover: { readonly term: number; readonly done: Promise<OrderAnswer> } | undefined

  constructor(options: OrdersOptions) {
    this.#options = options
    options.desk.serve(topics.order, payload => this.#obey(payload))
  }

  async verify(): Promise<VerifiedQuorum> {
    const { council, timing } = this.#options
    const answer = await this.#ask(orderTimeoutMs + 2 * timing.view.electionMs, generation => ({
      kind: 'verify',
      generation,
    }))
    if (answer.kind !== 'verified') throw new MeshError('malformed', 'the leader answered something else')
    const { leader } = council
    if (!leader) throw new MeshError('no-quorum', 'The leader that answered is gone')
    const { index, answered, silent } = answer
    return { ...council.quorum, leader, index, answered, silent }
  }

  /** Resolves when somebody else leads. */
  async stepDown(target?: MemberId): Promise<void> {
    const { council } = this.#options
    let first: LeaderInfo | undefined
    const isDone = () => {
      const { leader } = council
      return first !== undefined && leader !== undefined && leader.term > first.term && leader.member !== first.member
    }
    await this.#ask(
      orderTimeoutMs + 2 * this.#options.timing.view.electionMs,
      (generation, leader) => {
        first ??= leader
        return { kind: 'step-down', generation, term: first.term, ...(target && { target }) }
      },
      isDone,
    )
  }

  async configure(change: Partial<TimingChoice>): Promise<TimingView> {
    const { timing } = this.#options
    const isOther = change.preset !== undefined && change.preset !== timing.choice.preset
    const wanted = v.safeParse(timingSchema, isOther ? change : { ...timing.choice, ...defined(change) })
    if (!wanted.success) throw new MeshError('invalid-option', `Timing: ${v.summarize(wanted.issues)}`)
    return this.retime(wanted.output)
  }

  /** These clocks and no others: times that are not named are the preset's again. */
  async retime(choice: TimingChoice): Promise<TimingView> {
    const { timing } = this.#options
    await this.#ask(orderTimeoutMs, generation => ({ kind: 'configure', generation, timing: choice }))
    timing.hears(choice) // its next heartbeat would say so
    return timing.view
  }

  /** The leader's answer; `isDone` tells an answer that was lost from an order that was not obeyed. */
  #ask(
    timeoutMs: number,
    orderFor: (generation: string, leader: LeaderInfo) => Order,
    isDone: () => boolean = () => false,
  ): Promise<Answered> {
    const { clock } = this.#options
    return new Promise((resolve, reject) => {
      const end = () => {
        waiter.isOver = true
        stop()
      }
      const waiter = {
        isSent: false,
        isOver: false,
        fail(error: MeshError) {
          end()
          reject(error)
        },
      }
      const stop = clock.after(timeoutMs, () =>
        waiter.fail(new MeshError('timeout', `The leader did not obey within ${Math.round(timeoutMs / 1_000)} s`)),
      )
      const attempts = new Attempts(this.#options, [waiter])
      this.#until(attempts, orderFor, isDone).then(
        answer => {
          end()
          if (answer) resolve(answer)
        },
        error => waiter.fail(toMeshError(error, 'no-quorum')),
      )
    })
  }

  async #until(
    attempts: Attempts,
    orderFor: (generation: string, leader: LeaderInfo) => Order,
    isDone: () => boolean,
  ): Promise<Answered | undefined> {
    const { council } = this.#options
    while (attempts.goOn()) {
      if (isDone()) return { kind: 'done' }
      const { generation, leader } = council
      const payload = generation && leader ? orderFor(generation.id, leader) : {}
      const answer = generation && (await attempts.ask(topics.order, orderAnswerSchema, payload))
      if (answer?.kind === 'refused') throw new MeshError(answer.code, answer.message)
      if (answer && answer.kind !== 'elsewhere') return answer
      await attempts.pause()
    }
    return undefined
  }

  // --- at the leader

  async #obey(payload: unknown): Promise<OrderAnswer> {
    const parsed = v.safeParse(orderSchema, payload)
    if (!parsed.success) throw new MeshError('malformed', v.summarize(parsed.issues))
    const order = parsed.output
    const { council, desk, timing } = this.#options
    const leading = council.leading
    if (!leading || leading.record.generation !== order.generation) return desk.elsewhere('not-leader')
    if (order.kind === 'verify') return this.#verified(leading)
    if (order.kind === 'step-down') return this.#steppedDown(leading, order)
    return refusable(() => timing.follow(order.timing))
  }

  #steppedDown(leading: HostedMember, { term, target }: Extract<Order, { kind: 'step-down' }>): Promise<OrderAnswer> {
    const now = leading.driver.view.term
    if (term < now) return Promise.resolve({ kind: 'done' }) // its leader's reign is over (L1)
    if (this.#handover?.term === now) return this.#handover.done
    const done = refusable(() => this.#options.succession.stepDown(target as MemberId | undefined))
    const handover = { term: now, done }
    this.#handover = handover
    void done.then(() => {
      if (this.#handover === handover) this.#handover = undefined
    })
    return done
  }

  async #verified(leading: HostedMember): Promise<OrderAnswer> {
    const { clock, desk, council } = this.#options
    const { driver, member: self } = leading
    const { view } = driver
    const round = view.round + 1 // the read waits for this one, or for a later one
    const answer = await driver.read()
    if (answer.kind === 'refused') return desk.elsewhere(answer.reason)
    const { term, membership } = view
    const voters = () => view.progress().filter(({ member }) => isVoter(membership, member))
    const hasAnswered = (one: { readonly member: MemberId; readonly round: number }) =>
      one.member === self || one.round >= round
    const awaited = () => voters().some(one => !hasAnswered(one) && council.isLive(one.member))
    for (let waitedMs = 0; awaited() && waitedMs < verifyGraceMs; waitedMs += lookMs)
      await new Promise<void>(resolve => clock.after(lookMs, resolve))
    if (view.role !== 'leader' || view.term !== term) return desk.elsewhere('leadership-lost')
    const all = voters()
    const answered = all.filter(hasAnswered).map(({ member }) => member)
    const silent = all.filter(one => !hasAnswered(one)).map(({ member }) => member)
    return { kind: 'verified', index: answer.index, term, answered, silent }
  }
}

/** A refusal is an answer, not a failure of the call. */
async function refusable(obey: () => void | Promise<void>): Promise<OrderAnswer> {
  try {
    await obey()
    return { kind: 'done' }
  } catch (thrown) {
    const { code, message } = toMeshError(thrown, 'no-quorum')
    const told = code === 'invalid-option' || code === 'timeout' ? code : 'no-quorum'
    return { kind: 'refused', code: told, message: message.slice(0, refusalCharsMax) }
  }
}

function defined(change: Partial<TimingChoice>): Partial<TimingChoice> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}
