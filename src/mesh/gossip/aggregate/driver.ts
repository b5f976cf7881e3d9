/** Push-sum over a mesh: `aggregate` gives a number under a name, and resolves with count, sum, mean, least and greatest of all that are given. */
import * as v from 'valibot'
import { Alarm } from '../../../base/alarm.ts'
import type { Clock } from '../../../base/clock.ts'
import { MeshError } from '../../../base/errors.ts'
import type { PeerId } from '../../../base/ids.ts'
import type { Json } from '../../../base/json.ts'
import type { Random } from '../../../base/random.ts'
import type { Mesh } from '../../types.ts'
import {
  aggregateNameCharsMax,
  aggregatesMax,
  agreementShare,
  attemptsMax,
  roundMs,
  roundsMax,
  shareTimeoutMs,
} from './limits.ts'
import type { Aggregate, Share } from './state.ts'
import { type AggregateInput, type AggregateMessage, initialAggregation, isRunning, step } from './step.ts'

export const aggregateTopic = 'gossip.aggregate'
/** A share is sent so often in one call, before it is looked whether anybody still wants it. */
const sharesPerCall = 10
/** A count may be so far from whole. */
const partMax = 0.02

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most))
const epochSchema = v.strictObject({
  name: text(aggregateNameCharsMax),
  number: count,
  id: text(64),
  quiet: v.pipe(count, v.maxValue(roundsMax)),
})
const part = v.pipe(v.number(), v.finite())
/** JSON has no infinity: null stands for the least and greatest of nothing. */
const schema = v.variant('kind', [
  v.strictObject({ kind: v.literal('start'), epoch: epochSchema }),
  v.strictObject({
    kind: v.literal('share'),
    epoch: epochSchema,
    id: text(64),
    round: v.pipe(count, v.maxValue(roundsMax)),
    trouble: v.pipe(count, v.maxValue(roundsMax + 1)),
    isDisturbed: v.boolean(),
    share: v.strictObject({
      sum: part,
      mass: v.pipe(part, v.minValue(0)),
      weight: v.pipe(part, v.minValue(0), v.maxValue(1)),
      least: v.nullable(part),
      greatest: v.nullable(part),
    }),
  }),
])

export interface AggregationOptions {
  readonly mesh: Pick<Mesh, 'peers' | 'send' | 'broadcast' | 'subscribe' | 'on'>
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly count: (counter: string) => void
}

type Settled = {
  readonly aggregate: Aggregate | undefined
  readonly counted: number | undefined
  readonly isDisturbed: boolean
}

export class Aggregation {
  readonly #options: AggregationOptions
  readonly #state = initialAggregation()
  readonly #alarm: Alarm
  readonly #stops: (() => void)[]
  readonly #settled = new Map<string, Set<(outcome: Settled) => void>>()
  #isClosed = false

  constructor(options: AggregationOptions) {
    const { mesh, clock } = options
    this.#options = options
    this.#alarm = new Alarm(clock, (_, nowMs) => this.#tick(nowMs))
    this.#stops = [
      () => this.#alarm.stop(),
      mesh.subscribe(aggregateTopic, payload => this.#receive(payload)),
      mesh.on('agent-leave', () => this.#run({ kind: 'peer-left' })),
    ]
  }

  /**
   * Gives `value` under `name` from now on (undefined: what was given before, or nothing), and resolves with what all who give a number under
   * it come to. Rejects with `invalid-option`, `too-large`, `timeout` where peers leave again and again, or `left`.
   */
  async aggregate(name: string, value?: number): Promise<Aggregate> {
    this.#give(name, value)
    const wanted = this.#state.given.get(name)
    for (let attempt = 0; attempt < attemptsMax; ) {
      if (this.#isClosed) throw new MeshError('left', 'this peer left the mesh')
      const isMine = !isRunning(this.#state, name)
      if (isMine) this.#start(name)
      const { aggregate, counted, isDisturbed } = await this.#nextSettled(name)
      const isRight = aggregate !== undefined && !isDisturbed && isWhole(aggregate.count) && Object.is(counted, wanted)
      if (isRight) return exact(aggregate)
      // What went on before this call was asked does not count against it.
      if (isMine) attempt++
    }
    throw new MeshError('timeout', `peers leave faster than "${name}" can be computed`)
  }

  /** This peer gives no number under this name any more. */
  withdraw(name: string): void {
    this.#state.given.delete(name)
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    const nothing: Settled = { aggregate: undefined, counted: undefined, isDisturbed: true }
    for (const waiting of this.#settled.values()) for (const settle of waiting) settle(nothing)
  }

  #give(name: string, value: number | undefined): void {
    const { given } = this.#state
    if (typeof name !== 'string' || name.length === 0 || name.length > aggregateNameCharsMax)
      throw new MeshError(
        'invalid-option',
        `the name of an aggregate is text of 1 to ${aggregateNameCharsMax} characters`,
      )
    if (value === undefined) return
    if (!Number.isFinite(value)) throw new MeshError('invalid-option', `${value} is no number to add up`)
    if (!given.has(name) && given.size >= aggregatesMax)
      throw new MeshError('too-large', `one peer gives at most ${aggregatesMax} numbers`)
    given.set(name, value)
  }

  #start(name: string): void {
    const { mesh, clock, newId } = this.#options
    const { running } = this.#state
    if (!running.has(name) && running.size >= aggregatesMax)
      throw new MeshError('overloaded', `${aggregatesMax} aggregates are being computed already`)
    this.#run({ kind: 'start', name, id: newId(), peers: mesh.peers.length, nowMs: clock.monotonicMs() })
  }

  #tick(nowMs: number): void {
    const { mesh, random, newId } = this.#options
    const peers = mesh.peers.filter(({ state }) => state !== 'suspect').map(({ id }) => id)
    this.#run({ kind: 'tick', nowMs, peers, random, newId })
  }

  #receive(payload: unknown): void {
    const message = parseAggregateMessage(payload)
    if (message instanceof MeshError) return this.#options.count('aggregates.malformed')
    this.#run({ kind: 'received', message, nowMs: this.#options.clock.monotonicMs() })
  }

  #run(input: AggregateInput): void {
    for (const effect of step(this.#state, input)) {
      if (effect.kind === 'send') void this.#send(effect.to, effect.message)
      else if (effect.kind === 'settled') wake(this.#settled, effect.name, effect)
      else this.#options.mesh.broadcast(aggregateTopic, wireOf(effect.message)).catch(() => {}) // shares tell of it too
    }
    const isResting = this.#isClosed || this.#state.running.size === 0
    if (!isResting) this.#alarm.set(this.#options.clock.monotonicMs() + roundMs / 2)
  }

  /** Until it is there, or its receiver is gone: half of what this peer knows is in it. */
  async #send(to: PeerId, message: AggregateMessage): Promise<void> {
    const { mesh, count } = this.#options
    const options = { timeoutMs: sharesPerCall * shareTimeoutMs, retries: sharesPerCall - 1 }
    do {
      try {
        await mesh.send(to, aggregateTopic, wireOf(message), options)
        return this.#run({ kind: 'arrived', message })
      } catch (error) {
        const { code } = error as MeshError
        if (code === 'disconnected' || code === 'no-such-peer') return this.#run({ kind: 'returned', message })
        count('aggregates.unsent')
      }
    } while (!this.#isClosed && isRunning(this.#state, message.epoch.name))
  }

  #nextSettled(name: string): Promise<Settled> {
    return new Promise(resolve => wait(this.#settled, name, resolve))
  }
}

function wait<Detail>(
  waiting: Map<string, Set<(detail: Detail) => void>>,
  name: string,
  wake: (detail: Detail) => void,
) {
  const known = waiting.get(name) ?? new Set()
  waiting.set(name, known.add(wake))
}

function wake<Detail>(waiting: Map<string, Set<(detail: Detail) => void>>, name: string, detail: Detail): void {
  const woken = waiting.get(name)
  waiting.delete(name)
  for (const wake of woken ?? []) wake(detail)
}

/** Peers are whole, or mass is missing. In large rooms the estimate is too coarse to tell. */
function isWhole(count: number): boolean {
  return Math.abs(count - Math.round(count)) <= Math.max(partMax, 2 * agreementShare * count)
}

/** Peers are whole; the mean is nearer the truth than the sum, which leans on the root's weight. */
function exact({ count, mean, min, max }: Aggregate): Aggregate {
  const whole = Math.round(count)
  return whole === 0
    ? { count: 0, sum: 0, mean: Number.NaN, min, max }
    : { count: whole, sum: mean * whole, mean, min, max }
}

function wireOf(message: AggregateMessage): Json {
  if (message.kind === 'start') return { ...message, epoch: { ...message.epoch } }
  const { epoch, share, ...rest } = message
  const { least, greatest } = share
  const finite = (number: number) => (Number.isFinite(number) ? number : null)
  return {
    ...rest,
    epoch: { ...epoch },
    share: { ...share, least: finite(least), greatest: finite(greatest) },
  }
}

/** Checks what a peer sent, who may be broken or hostile. Never throws. */
export function parseAggregateMessage(payload: unknown): AggregateMessage | MeshError<'malformed'> {
  const parsed = v.safeParse(schema, payload)
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  if (parsed.output.kind === 'start') return parsed.output
  const { least, greatest, ...sums } = parsed.output.share
  const share: Share = {
    ...sums,
    least: least ?? Number.POSITIVE_INFINITY,
    greatest: greatest ?? Number.NEGATIVE_INFINITY,
  }
  return { ...parsed.output, share }
}
