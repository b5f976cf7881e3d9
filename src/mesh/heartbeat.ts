/** Asks peers whether they are there: at a link's opening, at every interval, and when something suggests that one is gone. */
import type { Clock } from '../base/clock.ts'
import { MeshError, type MeshErrorCode } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Exchange } from './exchange.ts'
import { heartbeatIntervalMs, heartbeatTimeoutMs } from './limits.ts'
import type { LinkTable } from './link-table.ts'
import type { MessageType } from './message-types.ts'

const topic: MessageType = 'heartbeat'
/** Codes of a ping that nobody answered. */
const silence: readonly MeshErrorCode[] = ['timeout', 'unreachable', 'disconnected', 'no-such-peer']
/** Pings right after a link opened: the first is slowed by everything else that opening sets going. */
const openingPings = 3

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly exchange: Exchange
  readonly links: LinkTable
  readonly onMeasured: (peer: PeerId) => void
  /** A ping went unanswered: nothing was heard on this link for one and a half intervals. */
  readonly onQuiet: (peer: PeerId) => void
  /** Nothing was heard on this link for `heartbeatTimeoutMs`. */
  readonly onSilent: (peer: PeerId) => void
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #stops: (() => void)[]

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#stops = [
      options.exchange.handle(topic, () => undefined),
      options.clock.every(heartbeatIntervalMs, () => this.#beat()),
    ]
  }

  /** Round trip now, ms. Rejects with `timeout` and the like. */
  async ping(peer: PeerId, timeoutMs = heartbeatTimeoutMs): Promise<number> {
    const { clock, exchange, links, onMeasured } = this.#options
    const startMs = clock.monotonicMs()
    await exchange.request(peer, topic, null, { timeoutMs, retries: 1 })
    const rttMs = clock.monotonicMs() - startMs
    if (links.measured(peer, rttMs)) onMeasured(peer)
    return rttMs
  }

  /** False only after silence: a refusal is an answer too, and who could not be asked for want of room here is not dead. */
  async isAlive(peer: PeerId, timeoutMs: number): Promise<boolean> {
    return this.ping(peer, timeoutMs).then(
      () => true,
      error => !(error instanceof MeshError && silence.includes(error.code)),
    )
  }

  async opened(peer: PeerId): Promise<void> {
    try {
      for (let ping = 0; ping < openingPings; ping++) await this.ping(peer)
    } catch {
      // The next beat asks again, or finds the link silent.
    }
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #beat(): void {
    const { links, onQuiet, onSilent } = this.#options
    for (const peer of links.peers) {
      const silentMs = links.silentMs(peer)
      if (silentMs > 1.5 * heartbeatIntervalMs) onQuiet(peer)
      if (silentMs > heartbeatTimeoutMs) onSilent(peer)
      else this.ping(peer).catch(() => {}) // silence is judged by time, above
    }
  }
}
