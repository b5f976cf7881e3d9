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
import type { FaultEvent, FaultInfo, FaultOutcome, FaultRequest, HealOptions } from './types.ts'

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

export class Faults {
  /** What everything but faults themselves must tell the time by. */
  readonly clock: PausableClock
  readonly messages: Tampering
  readonly #options: FaultsOptions
  readonly #plan: FaultPlan
  /** What checks and carries orders, loaded when there is time: joining goes first. */
  #orders: Promise<Loaded> | undefined
  readonly #links: FaultyLinks[] = []
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
    const { signer, newId, others } = this.#options
    const known = new Set(others().map(({ peer }) => peer))
    const self = signer.id
    const { commandOf } = await this.#loaded()
    const command = commandOf(request, { self, isKnown: peer => known.has(peer) })
    const id = newId()
    const isOwnPause = command.kind === 'pause' && command.peers !== 'all' && command.peers.join() === self
    const isRoom =
      command.kind === 'partition' ||
      (command.kind === 'pause' && !isOwnPause) ||
      ('room' in request && request.room === true)
    const { forMs } = request
    const begin = { kind: 'begin', id, by: self, scope: isRoom ? 'room' : 'own', command, forMs } as const
    const given = isRoom
      ? await this.#give({ kind: 'begin', id, command, ...(forMs !== undefined && { forMs }) })
      : { confirmed: [], unconfirmed: [] }
    const [outcome] = this.#perform({ ...begin, nowMs: this.#options.clock.nowMs() }, self)
    if (outcome?.kind === 'refused')
      throw new MeshError('overloaded', 'too many faults are in force here: heal some first')
    return { id, ...given }
  }

  /** A record that came through signaling or the mesh; true where it was an order of faults. */
  async receive(record: unknown): Promise<boolean> {
    return (await this.#loaded()).room.receive(record)
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
    if (id !== undefined && meant.length === 0)
      throw new MeshError('invalid-option', `no fault "${id}" is in force here`)
    const isForRoom = peer === undefined && (room === true || meant.some(({ scope }) => scope === 'room'))
    this.#perform({ kind: 'heal', id, peer }, self) // first, so that the word gets out
    const nobody = { confirmed: [], unconfirmed: [] }
    const given = isForRoom ? await this.#give({ kind: 'heal', ...(id !== undefined && { id }) }) : nobody
    return { id: undefined, ...given }
  }

  async #give(order: Order): Promise<Omit<FaultOutcome, 'id'>> {
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

function infoOf({ effects, ...fault }: Fault): FaultInfo {
  return { ...fault, actsHere: effects.length > 0 }
}
