/**
 * Faults for the whole room: orders, signed by whoever gives them, told to each peer through the mesh and, since the very faults they speak
 * of may stand in that way, through signaling too. Each is obeyed once, in the session it was given for its author, and not after it was healed
 * (`order-log.ts`).
 */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { Remote } from '../../link/types.ts'
import { openRecord, type Signed, type Signer, signRecord } from '../signed.ts'
import { type Order, orderSchema } from './check.ts'
import { OrderLog } from './order-log.ts'

/** How long a peer is waited for to confirm, ms. */
const confirmWaitMs = 1_500
/** Between hearing of a fault and obeying it, ms: the answer, and whoever hears through us, go first. */
const obeyAfterMs = 100
/** Characters of a signed record. */
const recordCharsMax = 16_384

export interface RoomOrdersOptions {
  readonly clock: Clock
  readonly signer: Signer
  readonly session: SessionId
  /** The session in which a peer is known now. */
  readonly sessionOf: (peer: PeerId) => SessionId | undefined
  /** All others that are known, members or not. */
  readonly others: () => readonly Remote[]
  readonly isMember: (peer: PeerId) => boolean
  /** Through the mesh; resolves when it arrived. */
  readonly send: (to: PeerId, record: Json) => Promise<void>
  /** Through signaling, where it is there. */
  readonly carry: (to: Remote, record: Json) => void
  /** Whether this peer takes orders of others at all. */
  readonly obeys: boolean
  readonly onOrder: (order: Order, by: PeerId) => void
  readonly count: (counter: string) => void
}

export class RoomOrders {
  readonly #options: RoomOrdersOptions
  readonly #log = new OrderLog()
  #number = 0
  /** Begun by others, and not obeyed yet: by the fault's id, what forgets it. */
  readonly #pending = new Map<string, () => void>()

  constructor(options: RoomOrdersOptions) {
    this.#options = options
  }

  /**
   * Resolves when all have confirmed, or had the time to. `isHealed` where what was to begin has been healed meanwhile, by this peer or another.
   */
  async give(order: Order): Promise<{ confirmed: PeerId[]; unconfirmed: PeerId[]; isHealed: boolean }> {
    const { signer, session, others, isMember, carry } = this.#options
    const number = ++this.#number
    const { seen } = this.#log
    this.#log.hear(signer.id, session, number)
    if (order.kind === 'heal') this.#heal(signer.id, session, number, { ...order, seen })
    const content = { session, number, order: order.kind === 'heal' && seen.length > 0 ? { ...order, seen } : order }
    const record: Signed = await signRecord(signer, 'faults', content)
    if (record.json.length > recordCharsMax)
      throw new MeshError('too-large', 'a fault that names so many peers cannot be told')
    const confirmed: PeerId[] = []
    const unconfirmed: PeerId[] = []
    const tell = async (to: Remote) => {
      carry(to, record as unknown as Json)
      const isConfirmed = isMember(to.peer) && (await this.#isConfirmed(to.peer, record as unknown as Json))
      if (isConfirmed) confirmed.push(to.peer)
      else unconfirmed.push(to.peer)
    }
    await Promise.all(others().map(tell))
    const isHealed = order.kind === 'begin' && this.#log.isHealed(signer.id, session, number, order.id)
    return { confirmed, unconfirmed, isHealed }
  }

  /** What was confirmed and is not obeyed yet is not obeyed any more: this fault, or all of them. True where there was anything. */
  forget(id: string | undefined): boolean {
    const meant = id === undefined ? [...this.#pending.keys()] : [id].filter(each => this.#pending.has(each))
    for (const each of meant) {
      this.#pending.get(each)?.()
      this.#pending.delete(each)
    }
    return meant.length > 0
  }

  /** A record that came whichever way; true where it is an order, obeyed or not. */
  async receive(value: unknown): Promise<boolean> {
    const { sessionOf, obeys, onOrder, clock, count } = this.#options
    const opened = await openRecord(value, 'faults', orderSchema)
    if (!opened) return false
    const { by, content } = opened
    const { session, number, order } = content
    if (sessionOf(by) !== session || !this.#log.hear(by, session, number)) {
      count('dropped.order')
      return true
    }
    if (!obeys) {
      count('faults.refused')
      return true
    }
    if (order.kind === 'heal') {
      this.#heal(by, session, number, order)
      onOrder(order, by)
    } else if (!this.#log.isHealed(by, session, number, order.id)) {
      const stop = clock.after(obeyAfterMs, () => {
        this.#pending.delete(order.id)
        onOrder(order, by)
      })
      this.forget(order.id)
      this.#pending.set(order.id, stop)
    }
    return true
  }

  #heal(by: PeerId, session: SessionId, number: number, { id, seen = [] }: Extract<Order, { kind: 'heal' }>): void {
    if (id === undefined) this.#log.healAll(by, session, number, seen)
    else this.#log.healOne(id)
    this.forget(id) // what is healed before it began does not begin
  }

  #isConfirmed(peer: PeerId, record: Json): Promise<boolean> {
    const { send, clock } = this.#options
    return new Promise(resolve => {
      // By a clock of its own: a frozen peer gives orders too, and its calls wait for it to thaw.
      const stop = clock.after(confirmWaitMs, () => resolve(false))
      const settle = (isConfirmed: boolean) => {
        stop()
        resolve(isConfirmed)
      }
      send(peer, record).then(
        () => settle(true),
        () => settle(false),
      )
    })
  }
}
