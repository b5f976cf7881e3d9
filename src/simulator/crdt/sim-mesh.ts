/**
 * The mesh as the layers above see it, over the simulated network: broadcasts may be lost, doubled and late for each peer on its own, calls
 * are sent again until their time is over and handled once. Who is here is known at once and without error; that is another protocol's part.
 */
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import { MeshError, toMeshError } from '../../base/errors.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Payload } from '../../base/json.ts'
import type { CallOptions, Handler, Incoming, Mesh, MeshEvents, PeerInfo } from '../../mesh/types.ts'
import type { Host } from '../world/node.ts'

export type MeshMessage =
  | { readonly kind: 'broadcast'; readonly topic: string; readonly payload: Payload; readonly sentAtMs: number }
  | { readonly kind: 'request'; readonly id: string; readonly topic: string; readonly payload: Payload }
  | { readonly kind: 'reply'; readonly id: string; readonly payload: Payload | null }
  | { readonly kind: 'error'; readonly id: string; readonly message: string }

type Subscriber = (payload: Payload, incoming: Incoming) => void

/** What the network carried of one topic. */
export interface Carried {
  messages: number
  bytes: number
}

export class SimMesh implements Mesh {
  readonly id: PeerId
  readonly session: SessionId
  readonly links = []
  readonly #host: Host<MeshMessage>
  readonly #clock: Clock
  readonly #others: () => readonly string[]
  readonly #carried: Map<string, Carried>
  readonly #events = new Emitter<MeshEvents>(error => {
    throw error
  })
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  readonly #handlers = new Map<string, Handler>()
  readonly #calls = new Map<string, (answer: MeshMessage) => void>()
  /** Requests handled, and their answers once there are any. */
  readonly #handled = new Map<string, MeshMessage | undefined>()
  #number = 0

  constructor(host: Host<MeshMessage>, others: () => readonly string[], carried: Map<string, Carried>) {
    this.#host = host
    this.#clock = host.clock
    this.#others = others
    this.#carried = carried
    this.id = host.name as PeerId
    this.session = `${host.name}-${host.life}` as SessionId
  }

  get peers(): readonly PeerInfo[] {
    return this.#others().map(name => infoOf(name))
  }

  on<Name extends keyof MeshEvents>(event: Name, listener: (detail: MeshEvents[Name]) => void): () => void {
    return this.#events.on(event, listener)
  }

  joined(name: string): void {
    this.#events.emit('agent-join', infoOf(name))
  }

  left(name: string): void {
    this.#events.emit('agent-leave', { peer: infoOf(name), reason: 'crashed' })
  }

  async send(): Promise<void> {
    throw new MeshError('unsupported', 'nothing simulated here sends')
  }

  async gather(): Promise<never> {
    throw new MeshError('unsupported', 'nothing simulated here gathers')
  }

  announce(): void {}

  async broadcast(topic: string, payload: Payload): Promise<void> {
    const message = { kind: 'broadcast', topic, payload, sentAtMs: this.#clock.nowMs() } as const
    for (const name of this.#others()) this.#send(name, topic, message)
  }

  subscribe(topic: string, listener: Subscriber): () => void {
    const listeners = this.#subscribers.get(topic) ?? new Set()
    this.#subscribers.set(topic, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  handle(topic: string, handler: Handler): () => void {
    this.#handlers.set(topic, handler)
    return () => this.#handlers.delete(topic)
  }

  request(to: PeerId, topic: string, payload: Payload, options: CallOptions = {}): Promise<Payload> {
    const { timeoutMs = 10_000, retries = 2 } = options
    const id = `${this.session}/${++this.#number}`
    return new Promise((resolve, reject) => {
      let sent = 0
      let stop = () => {}
      const attempt = () => {
        if (sent++ > retries) {
          this.#calls.delete(id)
          return reject(new MeshError('timeout', `${topic}: no answer`))
        }
        this.#send(to, topic, { kind: 'request', id, topic, payload })
        stop = this.#clock.after(timeoutMs / (retries + 1), attempt)
      }
      this.#calls.set(id, answer => {
        stop()
        this.#calls.delete(id)
        if (answer.kind === 'reply') resolve(answer.payload)
        else reject(new MeshError('handler-failed', answer.kind === 'error' ? answer.message : 'no answer'))
      })
      attempt()
    })
  }

  receive(from: string, message: MeshMessage): void {
    if (message.kind === 'broadcast') this.#deliver(from, message)
    else if (message.kind === 'request') void this.#handle(from, message)
    else this.#calls.get(message.id)?.(message)
  }

  #deliver(from: string, { topic, payload, sentAtMs }: Extract<MeshMessage, { kind: 'broadcast' }>): void {
    const incoming = { from: from as PeerId, topic, correlationId: '', timestamp: sentAtMs }
    for (const subscriber of this.#subscribers.get(topic) ?? []) subscriber(payload, incoming)
  }

  async #handle(from: string, { id, topic, payload }: Extract<MeshMessage, { kind: 'request' }>): Promise<void> {
    if (this.#handled.has(id)) {
      const answer = this.#handled.get(id)
      if (answer) this.#send(from, topic, answer)
      return
    }
    this.#handled.set(id, undefined)
    const incoming = { from: from as PeerId, topic, correlationId: id, timestamp: 0 }
    const answer = await this.#answer(id, topic, payload, incoming)
    this.#handled.set(id, answer)
    this.#send(from, topic, answer)
  }

  async #answer(id: string, topic: string, payload: Payload, incoming: Incoming): Promise<MeshMessage> {
    try {
      const handler = this.#handlers.get(topic)
      if (!handler) throw new MeshError('no-handler', `no handler for ${topic}`)
      return { kind: 'reply', id, payload: (await handler(payload, incoming, new AbortController().signal)) ?? null }
    } catch (thrown) {
      return { kind: 'error', id, message: toMeshError(thrown, 'handler-failed').message }
    }
  }

  #send(to: string, topic: string, message: MeshMessage): void {
    const carried = this.#carried.get(topic) ?? { messages: 0, bytes: 0 }
    carried.messages++
    if ('payload' in message && message.payload instanceof Uint8Array) carried.bytes += message.payload.length
    this.#carried.set(topic, carried)
    this.#host.send(to, message)
  }
}

function infoOf(name: string): PeerInfo {
  return {
    id: name as PeerId,
    session: name as SessionId,
    name,
    browser: name,
    device: 'simulated',
    capabilities: [],
    load: { slots: 1, busy: 0 },
    links: [],
    state: 'alive',
    link: 'memory',
    rttMs: undefined,
    joinedAtMs: 0,
  }
}
