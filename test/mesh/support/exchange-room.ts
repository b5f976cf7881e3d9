/** Exchanges that reach each other without a network: each frame arrives a moment later, from who sent it, unless it is lost. */
import type { PeerId } from '../../../src/base/ids.ts'
import type { Broadcasts } from '../../../src/mesh/broadcasts.ts'
import type { Delivery } from '../../../src/mesh/delivery.ts'
import { Exchange } from '../../../src/mesh/exchange.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../src/mesh/frame.ts'
import type { Turns } from '../../link/support/turns.ts'

export class ExchangeRoom {
  readonly turns: Turns
  readonly counters: Record<string, number> = {}
  readonly exchanges = new Map<PeerId, Exchange>()
  /** Every frame that was sent, as `kind topic`. */
  readonly sent: string[] = []
  /** Which frames are lost on their way. */
  isLost: (frame: Frame, from: PeerId, to: PeerId) => boolean = () => false
  #ids = 0

  constructor(turns: Turns) {
    this.turns = turns
  }

  join(name: string): Exchange {
    const id = name as PeerId
    const arrive = (to: PeerId, bytes: Uint8Array) =>
      this.turns.after(1, () => this.exchanges.get(to)?.receive(id, decodeFrame(bytes) as Frame))
    const delivery: Pick<Delivery, 'send'> = {
      send: async (to, frame) => {
        this.sent.push(`${frame.header.kind} ${frame.header.topic}`)
        if (!this.isLost(frame, id, to)) arrive(to, encodeFrame(frame))
      },
    }
    const broadcasts: Pick<Broadcasts, 'send'> = {
      send: async bytes => {
        for (const to of this.#others(id)) arrive(to, bytes)
      },
    }
    const exchange = new Exchange({
      clock: this.turns.clock,
      newId: () => `id ${++this.#ids}`,
      delivery: () => delivery as Delivery,
      broadcasts: () => broadcasts as Broadcasts,
      peers: () => this.#others(id),
      count: counter => {
        this.counters[counter] = (this.counters[counter] ?? 0) + 1
      },
    })
    this.exchanges.set(id, exchange)
    return exchange
  }

  #others(id: PeerId): PeerId[] {
    return [...this.exchanges.keys()].filter(peer => peer !== id)
  }
}
