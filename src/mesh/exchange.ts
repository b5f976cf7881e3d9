/** What applications say to each other: send, broadcast, request, gather, and the subscribers and handlers that they reach. */
import type { Clock } from '../base/clock.ts'
import { MeshError, toMeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Payload } from '../base/json.ts'
import type { Broadcasts } from './broadcasts.ts'
import { Calls, Handled } from './calls.ts'
import type { Delivery } from './delivery.ts'
import type { Figures } from './figures.ts'
import { decodePayload, encodeFrame, encodePayload, type Frame, type Header } from './frame.ts'
import { priorities } from './gossip/queues.ts'
import type { DropReason } from './gossip/topic-counts.ts'
import {
  broadcastBytesMax,
  callRetriesDefault,
  callRetriesMax,
  callTimeoutMsDefault,
  callTimeoutMsMax,
  handlersRunningMax,
  topicCharsMax,
} from './limits.ts'
import type { MessageType } from './message-types.ts'
import type { BroadcastOptions, CallOptions, GatherOutcome, Handler, Incoming } from './types.ts'

const pingTopic: MessageType = 'heartbeat'

type Subscriber = (payload: Payload, incoming: Incoming) => void

export interface ExchangeOptions {
  readonly clock: Clock
  readonly newId: () => string
  readonly delivery: () => Delivery
  readonly broadcasts: () => Broadcasts
  readonly peers: () => readonly PeerId[]
  readonly count: (counter: string) => void
}

export class Exchange {
  readonly calls: Calls
  /** Of what is said and heard, for those who measure. */
  figures: Pick<Figures, 'sent' | 'received' | 'acknowledged' | 'topics'> | undefined
  readonly #options: ExchangeOptions
  readonly #handled: Handled
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  readonly #handlers = new Map<string, Handler>()
  /** Ends the handlers that work for a peer; it departed, or this one leaves. */
  readonly #running = new Map<AbortController, PeerId>()
  #isClosed = false

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.calls = new Calls(options.clock)
    this.#handled = new Handled(options.clock)
  }

  subscribe(topic: string, listener: Subscriber): () => void {
    checkTopic(topic)
    const subscribers = this.#subscribers.get(topic) ?? new Set()
    this.#subscribers.set(topic, subscribers)
    subscribers.add(listener)
    return () => {
      subscribers.delete(listener)
      if (subscribers.size === 0) this.#subscribers.delete(topic)
    }
  }

  handle(topic: string, handler: Handler): () => void {
    checkTopic(topic)
    if (this.#handlers.has(topic)) throw new MeshError('invalid-option', `the topic "${topic}" has a handler already`)
    this.#handlers.set(topic, handler)
    return () => {
      if (this.#handlers.get(topic) === handler) this.#handlers.delete(topic)
    }
  }

  async send(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<void> {
    await this.#call('send', to, topic, payload, options)
  }

  async request(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<Payload> {
    const answer = await this.#call('request', to, topic, payload, options)
    const value = decodePayload(answer)
    if (value instanceof MeshError) throw value
    if (answer.header.kind === 'error') throw errorFrom(value)
    return value ?? null
  }

  async gather(
    topic: string,
    payload: Payload,
    options: CallOptions & { readonly quorum?: number } = {},
  ): Promise<readonly GatherOutcome[]> {
    const enough = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, enough.signal]) : enough.signal
    let values = 0
    const outcomes = await Promise.all(
      this.#options.peers().map(async (peer): Promise<GatherOutcome | undefined> => {
        try {
          const value = await this.request(peer, topic, payload, { ...options, signal })
          if (++values === options.quorum) enough.abort()
          return { peer, status: 'value', value }
        } catch (thrown) {
          const error = toMeshError(thrown, 'handler-failed')
          if (error.code === 'aborted' && enough.signal.aborted) return undefined // not among the first
          if (error.code === 'timeout') return { peer, status: 'timeout' }
          if (['disconnected', 'no-such-peer', 'unreachable'].includes(error.code))
            return { peer, status: 'disconnected' }
          return { peer, status: 'error', error: { code: error.code, message: error.message } }
        }
      }),
    )
    if (options.signal?.aborted) throw new MeshError('aborted', 'the call was aborted')
    return outcomes.filter(outcome => outcome !== undefined)
  }

  async broadcast(topic: string, payload: Payload, { priority = 'normal' }: BroadcastOptions = {}): Promise<void> {
    checkTopic(topic)
    if (!priorities.includes(priority))
      throw new MeshError('invalid-option', `priority must be one of ${priorities.join(', ')}, not "${priority}"`)
    if (this.#isClosed) throw new MeshError('left', 'this peer left the mesh')
    const { body, kind } = encodePayload(payload, broadcastBytesMax)
    const header = this.#header('broadcast', this.#options.newId(), topic, kind)
    this.figures?.sent()
    const frame = encodeFrame({ header, body })
    const sent = this.#options.broadcasts().send(frame, priority)
    this.figures?.topics.published(topic, frame.length)
    await sent.catch(error => {
      this.figures?.topics.dropped(topic, 'overloaded')
      throw error
    })
  }

  /** A frame from a peer; `from` is proved by the link or by a signature. */
  receive(from: PeerId, frame: Frame): void {
    const { kind } = frame.header
    if (kind === 'broadcast') {
      this.figures?.received()
      const outcome = this.#deliver(from, frame)
      const topic = frame.header.topic ?? ''
      if (outcome === 'delivered') this.figures?.topics.delivered(topic)
      else this.figures?.topics.dropped(topic, outcome)
    } else if (kind === 'send' || kind === 'request') this.#receiveCall(from, frame)
    else if (!this.calls.answer(from, frame)) this.#options.count('dropped.late-answer')
  }

  /** This peer left the room: it will not answer, and nobody waits for our answers. */
  departed(peer: PeerId): void {
    this.calls.departed(peer)
    for (const [work, asker] of this.#running) if (asker === peer) work.abort()
  }

  close(): void {
    this.#isClosed = true
    this.calls.close()
    for (const work of this.#running.keys()) work.abort()
  }

  async #call(
    kind: 'send' | 'request',
    to: PeerId,
    topic: string,
    payload: Payload,
    options: CallOptions = {},
  ): Promise<Frame> {
    checkTopic(topic)
    const { body, kind: bodyKind } = encodePayload(payload)
    const id = this.#options.newId()
    const header = this.#header(kind, id, topic, bodyKind)
    const { timeoutMs = callTimeoutMsDefault, retries = callRetriesDefault, signal, lane = 'messages' } = options
    if (!(timeoutMs > 0 && timeoutMs <= callTimeoutMsMax))
      throw new MeshError('invalid-option', `timeoutMs must be between 1 and ${callTimeoutMsMax}, not ${timeoutMs}`)
    if (!(Number.isInteger(retries) && retries >= 0 && retries <= callRetriesMax))
      throw new MeshError('invalid-option', `retries must be a whole number up to ${callRetriesMax}, not ${retries}`)
    const transmit = () => this.#options.delivery().send(to, { header, body }, lane)
    const { clock } = this.#options
    const startMs = clock.monotonicMs()
    this.figures?.sent()
    const answer = await this.calls.start({ id, to, timeoutMs, retries, signal, transmit })
    // A request is answered when its handler is done, which says nothing of the way; a ping has none.
    if (kind === 'send' || topic === pingTopic) this.figures?.acknowledged(clock.monotonicMs() - startMs)
    return answer
  }

  #receiveCall(from: PeerId, frame: Frame): void {
    const { id, kind, topic } = frame.header
    // Most of all calls are pings, and one that is answered twice does no harm.
    const seen = topic === pingTopic ? 'new' : this.#handled.see(from, id)
    if (seen === undefined) return // still being worked out
    if (seen !== 'new') return this.#transmit(from, seen)
    this.figures?.received()
    if (kind === 'send') {
      this.#deliver(from, frame)
      return this.#answer(from, this.#header('ack', id, topic, 'none'), new Uint8Array(0))
    }
    void this.#handle(from, frame)
  }

  async #handle(from: PeerId, frame: Frame): Promise<void> {
    const { id, topic = '' } = frame.header
    const handler = this.#handlers.get(topic)
    const payload = decodePayload(frame)
    const work = new AbortController()
    try {
      if (!handler) throw new MeshError('no-handler', `no handler for "${topic}"`)
      if (payload instanceof MeshError) throw payload
      if (this.#running.size >= handlersRunningMax)
        throw new MeshError('overloaded', `${handlersRunningMax} requests are being answered already`)
      this.#running.set(work, from)
      const result = await handler(payload ?? null, incomingOf(from, frame), work.signal)
      const { body, kind } = encodePayload(result)
      this.#answer(from, this.#header('reply', id, topic, kind), body)
    } catch (thrown) {
      const { code, message } = toMeshError(thrown, 'handler-failed')
      const { body, kind } = encodePayload({ code, message: message.slice(0, 1_000) })
      this.#answer(from, this.#header('error', id, topic, kind), body)
    } finally {
      this.#running.delete(work)
    }
  }

  #deliver(from: PeerId, frame: Frame): 'delivered' | DropReason {
    const subscribers = this.#subscribers.get(frame.header.topic ?? '')
    if (!subscribers) return 'unheard'
    const payload = decodePayload(frame)
    if (payload instanceof MeshError) {
      this.#options.count('dropped.malformed')
      return 'malformed'
    }
    let outcome: 'delivered' | DropReason = 'delivered'
    for (const subscriber of [...subscribers]) {
      try {
        subscriber(payload ?? null, incomingOf(from, frame))
      } catch {
        this.#options.count('subscriber-failed')
        outcome = 'failed'
      }
    }
    return outcome
  }

  #answer(to: PeerId, header: Header, body: Uint8Array): void {
    this.#handled.keep(to, { header, body })
    this.#transmit(to, { header, body })
  }

  #transmit(to: PeerId, frame: Frame): void {
    const lane = frame.body.length > 16_384 ? 'bulk' : 'messages'
    // Lost answers are asked for again by the caller.
    this.#options
      .delivery()
      .send(to, frame, lane)
      .catch(() => this.#options.count('answers-not-sent'))
  }

  #header(kind: Header['kind'], id: string, topic: string | undefined, body: Header['body']): Header {
    const header = { kind, id, timestamp: this.#options.clock.nowMs(), body }
    return topic === undefined ? header : { ...header, topic }
  }
}

/** The receiver would drop it as malformed, and the sender would wait in vain. */
function checkTopic(topic: string): void {
  if (typeof topic !== 'string' || topic.length === 0 || topic.length > topicCharsMax)
    throw new MeshError('invalid-option', `a topic is text of 1 to ${topicCharsMax} characters`)
}

function incomingOf(from: PeerId, frame: Frame): Incoming {
  const { topic = '', id, timestamp } = frame.header
  return { from, topic, correlationId: id, timestamp }
}

function errorFrom(value: Payload | undefined): MeshError {
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown }
  // The code comes from another peer, whose version may know more of them than ours does.
  return new MeshError(
    typeof code === 'string' ? (code as MeshError['code']) : 'handler-failed',
    typeof message === 'string' ? message : 'the peer failed without saying why',
  )
}
