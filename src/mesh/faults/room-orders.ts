/**
 * Faults for the whole room: orders, signed by whoever gives them, told to each peer through the mesh and, since the very faults they speak
 * of may stand in that way, through signaling too. Each is obeyed once, in the session it was given for its author.
 */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { Remote } from '../../link/types.ts'
import { membersMax } from '../limits.ts'
import { openRecord, type Signed, type Signer, signRecord } from '../signed.ts'
import { type Order, orderSchema } from './check.ts'

/** How long a peer is waited for to confirm, ms. */
const confirmWaitMs = 1_500
/** Between hearing of a fault and obeying it, ms: the answer, and whoever hears through us, go first. */
const obeyAfterMs = 100
/** Of one author, orders so much older than its newest are void. */
const recentOrders = 64
/** Characters of a signed record. */
const recordCharsMax = 16_384

interface Heard {
  readonly session: string
  highest: number
  readonly numbers: Set<number>
  /** Begun before this one, a fault is healed already. */
  healed: number
}

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
  readonly #heard = new Map<PeerId, Heard>()
  #number = 0
  /** Begun by others, and not obeyed yet. */
  readonly #pending = new Set<() => void>()

  constructor(options: RoomOrdersOptions) {
    this.#options = options
  }

  /** Resolves when all have confirmed, or had the time to. */
  async give(order: Order): Promise<{ confirmed: PeerId[]; unconfirmed: PeerId[] }> {
    const { signer, session, others, isMember, carry } = this.#options
    if (order.kind === 'heal' && order.id === undefined) this.#forgetPending()
    const record: Signed = await signRecord(signer, 'faults', { session, number: ++this.#number, order })
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
    return { confirmed, unconfirmed }
  }

  /** A record that came whichever way; true where it is an order, obeyed or not. */
  async receive(value: unknown): Promise<boolean> {
    const { sessionOf, obeys, onOrder, clock, count } = this.#options
    const opened = await openRecord(value, 'faults', orderSchema)
    if (!opened) return false
    const { by, content } = opened
    const { session, number, order } = content
    if (sessionOf(by) !== session || !this.#isNew(by, session, number)) {
      count('dropped.order')
      return true
    }
    if (!obeys) {
      count('faults.refused')
      return true
    }
    const heard = this.#heard.get(by)
    if (order.kind === 'heal') {
      if (heard && order.id === undefined) heard.healed = Math.max(heard.healed, number)
      if (order.id === undefined) this.#forgetPending()
      onOrder(order, by)
    } else if (heard && number > heard.healed) {
      const stop = clock.after(obeyAfterMs, () => {
        this.#pending.delete(stop)
        onOrder(order, by)
      })
      this.#pending.add(stop)
    }
    return true
  }

  /** What is healed before it began does not begin. */
  #forgetPending(): void {
    for (const stop of this.#pending) stop()
    this.#pending.clear()
  }

  /** Either way of telling brings a copy. */
  #isNew(by: PeerId, session: string, number: number): boolean {
    let heard = this.#heard.get(by)
    if (heard?.session !== session) {
      heard = { session, highest: 0, numbers: new Set(), healed: 0 }
      this.#heard.delete(by)
      this.#heard.set(by, heard)
      const [oldest] = this.#heard.keys()
      if (oldest !== undefined && this.#heard.size > membersMax) this.#heard.delete(oldest)
    }
    if (heard.numbers.has(number) || number <= heard.highest - recentOrders) return false
    heard.numbers.add(number)
    heard.highest = Math.max(heard.highest, number)
    for (const old of heard.numbers) if (old <= heard.highest - recentOrders) heard.numbers.delete(old)
    return true
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
