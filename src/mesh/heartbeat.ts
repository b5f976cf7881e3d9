/** Pings: at a link's opening for its round trip, and whenever failure detection wants to know whether somebody is there. */
import type { Clock } from '../base/clock.ts'
import { MeshError, type MeshErrorCode } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Json } from '../base/json.ts'
import type { Exchange } from './exchange.ts'
import { callTimeoutMsDefault } from './limits.ts'
import type { LinkTable } from './link-table.ts'
import type { MessageType } from './message-types.ts'

const topic: MessageType = 'heartbeat'
/** The question whether another member answers; answered by true, false, or null where that cannot be told. */
const probeTopic = 'membership_probe'
/** Codes of a ping that nobody answered. */
const silence: readonly MeshErrorCode[] = ['timeout', 'unreachable', 'disconnected', 'no-such-peer']
/** Pings right after a link opened: the first is slowed by everything else that opening sets going. */
const openingPings = 3

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly exchange: Exchange
  readonly links: LinkTable
  readonly onMeasured: (peer: PeerId) => void
  /** A ping came, with what it carries. */
  readonly onPing: (payload: unknown) => void
  readonly onAsked: (by: PeerId, payload: unknown) => Promise<boolean | undefined>
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #stops: (() => void)[]

  constructor(options: HeartbeatOptions) {
    const { exchange, onPing, onAsked } = options
    this.#options = options
    this.#stops = [
      exchange.handle(topic, payload => {
        onPing(payload)
        return undefined
      }),
      exchange.handle(probeTopic, async (payload, { from }) => (await onAsked(from, payload)) ?? null),
    ]
  }

  /** Round trip now, ms. Rejects with `timeout` and the like. */
  async ping(peer: PeerId, timeoutMs = callTimeoutMsDefault, payload: Json = null, retries = 1): Promise<number> {
    const { clock, exchange, links, onMeasured } = this.#options
    const startMs = clock.monotonicMs()
    await exchange.request(peer, topic, payload, { timeoutMs, retries })
    const rttMs = clock.monotonicMs() - startMs
    exchange.calls.measured(rttMs)
    if (links.measured(peer, rttMs)) onMeasured(peer)
    return rttMs
  }

  /** The round trip, or undefined after silence: a refusal is an answer too, and comes as late as one. */
  async probe(peer: PeerId, timeoutMs: number, doubted: number | undefined): Promise<number | undefined> {
    const { clock } = this.#options
    const startMs = clock.monotonicMs()
    try {
      return await this.ping(peer, timeoutMs, doubted === undefined ? null : { doubted }, 0)
    } catch (error) {
      const isAnswer = error instanceof MeshError && !silence.includes(error.code) && error.code !== 'overloaded'
      return isAnswer ? clock.monotonicMs() - startMs : undefined
    }
  }

  /** What another member finds when it tries; undefined where it does not say. */
  async ask(
    prober: PeerId,
    subject: { peer: PeerId; session: string },
    timeoutMs: number,
  ): Promise<boolean | undefined> {
    const { exchange } = this.#options
    const payload = { peer: subject.peer, session: subject.session }
    const found = await exchange.request(prober, probeTopic, payload, { timeoutMs, retries: 0 }).catch(() => undefined)
    return typeof found === 'boolean' ? found : undefined
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
}
