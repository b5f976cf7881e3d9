/** Performs faults: keeps the plan, ends what is over, has links and messages suffer it, and gives and takes the room's orders. */
import { MeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import type { LinkProvider } from '../../link/types.ts'
import type { commandOf as CommandOf, Order } from './check.ts'
import { isPaused, mayLink } from './condition.ts'
import { FaultyLinks } from './faulty-links.ts'
import { PausableClock } from './pausable-clock.ts'
import type { RoomOrders, RoomOrdersOptions } from './room-orders.ts'
import { emptyPlan, type Fault, type FaultPlan, type Input } from './state.ts'
import { nextEndMs, step } from './step.ts'
import { Tampering } from './tampering.ts'
import type { FaultEvent, FaultInfo, FaultOutcome, FaultRequest, FaultTarget, HealOptions } from './types.ts'

export interface FaultsOptions extends Omit<RoomOrdersOptions, 'onOrder'> {
  readonly random: Random
  readonly newId: () => string
  readonly onEvent: (event: FaultEvent) => void
  /** Links that were impossible may be possible again. */
  readonly onHealed: () => void
}

interface Loaded {
  readonly room: RoomOrders
  readonly commandOf: typeof CommandOf
}

type BeginRequest = Exclude<FaultRequest, { kind: 'heal' }>

/** On its way from being asked for to being in force here. */
interface Beginning {
  readonly isRoom: boolean
  isHealed: boolean
}

export class Faults {
  /** What everything but faults themselves must tell the time by. */
  readonly clock: PausableClock
  readonly messages: Tampering
  readonly #options: FaultsOptions
  readonly #plan: FaultPlan
  /** What checks and carries orders, loaded when there is time: joining goes first. */
  #orders: Promise<Loaded> | undefined
  readonly #links: FaultyLinks[] = []
  /** What was asked for here and has not begun yet, by id: a heal that is asked for after it ends it all the same. */
  readonly #beginning = new Map<string, Beginning>()
  /** Records that came and are being looked at. */
  readonly #receiving = new Set<Promise<unknown>>()
  #stopTimer = () => {}

  constructor(options: FaultsOptions) {
    const { clock, random, signer, count } = options
    this.#options = options
    this.#plan = emptyPlan(signer.id)
    this.clock = new PausableClock(clock, () => isPaused(this.#plan))
    this.messages = new Tampering(this.#plan, clock, random, count)
  }

  /** Loads what faults need, while whoever serves it is there. */
  prepare(): void {
    void this.#loaded().catch(() => {})
  }

  #loaded(): Promise<Loaded> {
    this.#orders ??= Promise.all([import('./room-orders.ts'), import('./check.ts')]).then(
      ([{ RoomOrders }, { commandOf }]) => {
        const onOrder = (order: Order, by: PeerId) => this.#obey(order, by)
        return { room: new RoomOrders({ ...this.#options, onOrder }), commandOf }
      },
    )
    return this.#orders
  }

  get list(): readonly FaultInfo[] {
    return [...this.#plan.faults.values()].map(infoOf)
  }

  /** Links made by this provider suffer what is in force. */
  over(provider: LinkProvider): LinkProvider {
    const links = new FaultyLinks(provider, this.#plan, this.#options.clock, this.#options.random)
    this.#links.push(links)
    return links
  }

  mayLink(peer: PeerId): boolean {
    return mayLink(this.#plan, peer)
  }

  /** Throws `invalid-option`, `no-such-peer`, `overloaded` where too many are in force. */
  async request(request: FaultRequest): Promise<FaultOutcome> {
    if (request.kind === 'heal') return this.#heal(request)
    const { signer, newId } = this.#options
    const self = signer.id
    const id = newId()
    const isOwnPause = request.kind === 'pause' && isOnly(self, request.target)
    const isRoom =
      request.kind === 'partition' ||
      (request.kind === 'pause' && !isOwnPause) ||
      ('room' in request && request.room === true)
    const beginning: Beginning = { isRoom, isHealed: false }
    this.#beginning.set(id, beginning)
    try {
      return { id, ...(await this.#begin(id, request, beginning)) }
    } finally {
      this.#beginning.delete(id)
    }
  }

  async #begin(id: string, request: BeginRequest, beginning: Beginning): Promise<Omit<FaultOutcome, 'id'>> {
    const { signer, others, clock } = this.#options
    const self = signer.id
    const known = new Set(others().map(({ peer }) => peer))
    const { commandOf } = await this.#loaded()
    const command = commandOf(request, { self, isKnown: peer => known.has(peer) })
    const { forMs } = request
    const { isRoom } = beginning
    const isOver = () => beginning.isHealed
    const nobody = { confirmed: [], unconfirmed: [], isHealed: false }
    const order = { kind: 'begin', id, command, ...(forMs !== undefined && { forMs }) } as const
    const { isHealed, ...given } = isRoom && !isOver() ? await this.#give(order) : nobody
    if (isHealed || isOver()) return given
    const scope = isRoom ? 'room' : 'own'
    const nowMs = clock.nowMs()
    const [outcome] = this.#perform({ kind: 'begin', id, by: self, scope, command, forMs, nowMs }, self)
    if (outcome?.kind === 'refused')
      throw new MeshError('overloaded', 'too many faults are in force here: heal some first')
    return given
  }

  /** A record that came through signaling or the mesh; true where it was an order of faults. */
  async receive(record: unknown): Promise<boolean> {
    const looking = this.#loaded().then(({ room }) => room.receive(record))
    this.#receiving.add(looking)
    try {
      return await looking
    } finally {
      this.#receiving.delete(looking)
    }
  }

  /** This peer leaves: whoever is frozen cannot even do that, while through a cut nobody hears of it. */
  close(): void {
    this.#stopTimer()
    for (const { id, effects } of [...this.#plan.faults.values()])
      if (effects.some(({ kind }) => kind === 'pause')) this.#perform({ kind: 'heal', id }, this.#options.signer.id)
  }

  async #heal({ id, peer, room }: HealOptions): Promise<FaultOutcome> {
    const self = this.#options.signer.id
    const meant = this.list.filter(fault => id === undefined || fault.id === id)
    const beginning = peer === undefined ? [...this.#beginning].filter(([each]) => id === undefined || each === id) : []
    for (const [, each] of beginning) each.isHealed = true
    this.#perform({ kind: 'heal', id, peer }, self) // first, so that the word gets out
    const isPending = peer === undefined && (await this.#forget(id))
    if (id !== undefined && meant.length + beginning.length === 0 && !isPending)
      throw new MeshError('invalid-option', `no fault "${id}" is in force here`)
    const isOfRoom = meant.some(({ scope }) => scope === 'room') || beginning.some(([, { isRoom }]) => isRoom)
    const isForRoom = peer === undefined && (room === true || isOfRoom || isPending)
    if (!isForRoom) return { id: undefined, confirmed: [], unconfirmed: [] }
    const { confirmed, unconfirmed } = await this.#give({ kind: 'heal', ...(id !== undefined && { id }) })
    return { id: undefined, confirmed, unconfirmed }
  }

  /** What this peer has confirmed and not obeyed yet; true where there was anything. */
  async #forget(id: string | undefined): Promise<boolean> {
    await Promise.allSettled([...this.#receiving])
    const loaded = await this.#orders?.catch(() => undefined)
    return loaded?.room.forget(id) ?? false
  }

  async #give(order: Order): ReturnType<RoomOrders['give']> {
    if (this.#options.obeys) return (await this.#loaded()).room.give(order)
    throw new MeshError(
      'invalid-option',
      'this tab neither takes nor gives faults for the room: it is public, and joinMesh was not given `roomFaults: true`',
    )
  }

  #obey(order: Order, by: PeerId): void {
    const nowMs = this.#options.clock.nowMs()
    if (order.kind === 'heal') this.#perform({ kind: 'heal', id: order.id }, by)
    else {
      const { id, command, forMs } = order
      this.#perform({ kind: 'begin', id, by, scope: 'room', command, forMs, nowMs }, by)
    }
  }

  #perform(input: Input, by: PeerId | undefined): ReturnType<typeof step> {
    const wasPaused = isPaused(this.#plan)
    const outcomes = step(this.#plan, input)
    const changes = outcomes.filter(outcome => outcome.kind !== 'refused')
    if (changes.length < outcomes.length && by !== this.#options.signer.id) this.#options.count('faults.refused')
    if (changes.length === 0) return outcomes
    for (const links of this.#links) links.review()
    // After the links: what was said meanwhile is heard before anybody is found silent.
    if (wasPaused && !isPaused(this.#plan)) this.clock.thaw()
    this.#schedule()
    for (const outcome of changes) {
      const fault = infoOf(outcome.fault)
      if (outcome.kind === 'ended')
        this.#options.onEvent({ what: 'ended', fault, by: outcome.reason === 'over' ? undefined : by })
      else this.#options.onEvent({ what: outcome.kind, fault })
    }
    if (changes.some(({ kind }) => kind !== 'began')) this.#options.onHealed()
    return outcomes
  }

  #schedule(): void {
    const { clock } = this.#options
    this.#stopTimer()
    const endMs = nextEndMs(this.#plan)
    if (endMs === undefined) return
    this.#stopTimer = clock.after(Math.max(0, endMs - clock.nowMs()), () => {
      this.#perform({ kind: 'tick', nowMs: clock.nowMs() }, undefined)
      this.#schedule()
    })
  }
}

function isOnly(self: PeerId, target: FaultTarget = self): boolean {
  return target !== 'all' && [target].flat().every(peer => peer === self)
}

function infoOf({ effects, ...fault }: Fault): FaultInfo {
  return { ...fault, actsHere: effects.length > 0 }
}
