/** A mesh in memory: every peer sees every other, messages arrive in later tasks, and peers can vanish in the middle of anything. */

import { setMaxListeners } from 'node:events'
import { Emitter } from '../../../src/base/emitter.ts'
import { MeshError, toMeshError } from '../../../src/base/errors.ts'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import type { Payload } from '../../../src/base/json.ts'
import type {
  Announcement,
  CallOptions,
  GatherOutcome,
  Handler,
  Incoming,
  LeaveReason,
  LinkInfo,
  Mesh,
  MeshEvents,
  PeerInfo,
} from '../../../src/mesh/types.ts'

/** The limits of the real mesh layer. */
const messageBytesMax = 1024 * 1024
const broadcastBytesMax = 64 * 1024

export interface Faults {
  /** Whether this broadcast is lost on its way to that peer. */
  losesBroadcast?: (topic: string, to: PeerId) => boolean
  /** Changes an answer on its way: for peers that lie. */
  forges?: (topic: string, by: PeerId, answer: Payload | undefined) => Payload | undefined
}

export class FakeNetwork {
  readonly peers = new Map<PeerId, FakeMesh>()
  faults: Faults = {}
  /** Every payload's size, for limits. */
  readonly sent: { readonly topic: string; readonly bytes: number; readonly kind: 'broadcast' | 'message' }[] = []
  #joined = 0

  join(name: string, { browser = `browser of ${name}`, id = `peer-${name}` } = {}): FakeMesh {
    const mesh = new FakeMesh(
      this,
      id as PeerId,
      `${(this.#joined++).toString(36)}-session` as SessionId,
      name,
      browser,
    )
    const others = [...this.peers.values()]
    this.peers.set(mesh.id, mesh)
    for (const other of others) {
      later(() => other.events.emit('agent-join', mesh.info))
      later(() => mesh.events.emit('agent-join', other.info))
    }
    return mesh
  }

  /** The peer is gone at once: nothing it sent later arrives, and nobody's call to it is answered. */
  drop(mesh: Mesh, reason: LeaveReason = 'crashed'): void {
    const dropped = this.peers.get(mesh.id)
    if (!dropped || !this.peers.delete(mesh.id)) return
    dropped.isGone = true
    for (const other of this.peers.values())
      later(() => other.events.emit('agent-leave', { peer: dropped.info, reason }))
    dropped.gone.abort()
  }
}

function later(work: () => void): void {
  setImmediate(work)
}

export class FakeMesh implements Mesh {
  readonly id: PeerId
  readonly session: SessionId
  readonly links: readonly LinkInfo[] = []
  readonly events = new Emitter<MeshEvents>(error => console.error(error))
  readonly gone = new AbortController()
  isGone = false
  info: PeerInfo
  readonly #network: FakeNetwork
  readonly #handlers = new Map<string, Handler>()
  readonly #subscribers = new Map<string, Set<(payload: Payload, incoming: Incoming) => void>>()

  constructor(network: FakeNetwork, id: PeerId, session: SessionId, name: string, browser: string) {
    this.#network = network
    setMaxListeners(0, this.gone.signal)
    this.id = id
    this.session = session
    this.info = {
      id,
      session,
      name,
      browser,
      device: 'test',
      capabilities: [],
      load: { slots: 1, busy: 0 },
      links: [],
      state: 'alive',
      link: 'memory',
      rttMs: 1,
      joinedAtMs: 0,
    }
  }

  get peers(): readonly PeerInfo[] {
    return [...this.#network.peers.values()].filter(peer => peer !== this).map(peer => peer.info)
  }

  on<Name extends keyof MeshEvents>(event: Name, listener: (detail: MeshEvents[Name]) => void): () => void {
    return this.events.on(event, listener)
  }

  async send(to: PeerId, topic: string, payload: Payload): Promise<void> {
    const copy = this.#carried(topic, payload, 'message')
    later(() => this.#network.peers.get(to)?.deliver(this.id, topic, copy))
  }

  async broadcast(topic: string, payload: Payload): Promise<void> {
    const copy = this.#carried(topic, payload, 'broadcast')
    for (const peer of this.#network.peers.values())
      if (peer !== this && !this.#network.faults.losesBroadcast?.(topic, peer.id))
        later(() => peer.deliver(this.id, topic, copy))
  }

  subscribe(topic: string, listener: (payload: Payload, incoming: Incoming) => void): () => void {
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
    const { timeoutMs = 10_000, signal } = options
    if (signal) setMaxListeners(0, signal)
    return new Promise((resolve, reject) => {
      const fail = (code: 'timeout' | 'aborted' | 'disconnected' | 'no-such-peer') => () =>
        reject(new MeshError(code, `${topic}: ${code}`))
      const target = this.#network.peers.get(to)
      if (this.isGone || !target) return later(fail('no-such-peer'))
      if (signal?.aborted) return fail('aborted')()
      const timer = setTimeout(fail('timeout'), timeoutMs)
      const disconnect = fail('disconnected')
      const abort = fail('aborted')
      target.gone.signal.addEventListener('abort', disconnect)
      this.gone.signal.addEventListener('abort', disconnect)
      signal?.addEventListener('abort', abort)
      const end = () => {
        clearTimeout(timer)
        target.gone.signal.removeEventListener('abort', disconnect)
        this.gone.signal.removeEventListener('abort', disconnect)
        signal?.removeEventListener('abort', abort)
      }
      const copy = this.#carried(topic, payload, 'message')
      later(() => {
        target.answer(this.id, topic, copy).then(
          answer =>
            later(() => {
              if (this.isGone || target.isGone) disconnect()
              else resolve(answer)
            }),
          error => later(() => reject(error)),
        )
      })
      const settled = (done: () => void) => () => {
        end()
        done()
      }
      resolve = wrap(resolve, settled)
      reject = wrap(reject, settled)
    })
  }

  async gather(topic: string, payload: Payload, options: CallOptions = {}): Promise<readonly GatherOutcome[]> {
    return await Promise.all(
      this.peers.map(async ({ id }): Promise<GatherOutcome> => {
        try {
          return { peer: id, status: 'value', value: await this.request(id, topic, payload, options) }
        } catch (thrown) {
          const { code, message } = toMeshError(thrown, 'handler-failed')
          if (code === 'timeout') return { peer: id, status: 'timeout' }
          if (code === 'disconnected') return { peer: id, status: 'disconnected' }
          return { peer: id, status: 'error', error: { code, message } }
        }
      }),
    )
  }

  announce(change: Partial<Pick<Announcement, 'name' | 'capabilities' | 'load'>>): void {
    this.info = { ...this.info, ...change }
    if (this.isGone) return
    for (const peer of this.#network.peers.values())
      if (peer !== this) later(() => peer.events.emit('agent-change', this.info))
  }

  /** Someone suspects this peer, or no longer does. */
  setState(state: PeerInfo['state']): void {
    this.info = { ...this.info, state }
    this.announce({})
  }

  deliver(from: PeerId, topic: string, payload: Payload): void {
    if (this.isGone) return
    for (const listener of this.#subscribers.get(topic) ?? []) listener(payload, incoming(from, topic))
  }

  async answer(from: PeerId, topic: string, payload: Payload): Promise<Payload> {
    const handler = this.#handlers.get(topic)
    if (!handler) throw new MeshError('no-handler', topic)
    if (this.isGone) return await new Promise<never>(() => {})
    const { faults } = this.#network
    try {
      const honest = await handler(payload, incoming(from, topic), this.gone.signal)
      const answer = faults.forges ? faults.forges(topic, this.id, honest) : honest
      return this.#carried(topic, answer ?? null, 'message')
    } catch (error) {
      throw new MeshError('handler-failed', toMeshError(error, 'handler-failed').message)
    }
  }

  /** What arrives: a copy, as JSON or bytes carry it, within the limits. */
  #carried(topic: string, payload: Payload, kind: 'broadcast' | 'message'): Payload {
    const text = payload instanceof Uint8Array ? '' : JSON.stringify(payload)
    const bytes = payload instanceof Uint8Array ? payload.length : Buffer.byteLength(text)
    const bytesMax = kind === 'broadcast' ? broadcastBytesMax : messageBytesMax
    if (bytes > bytesMax) throw new MeshError('too-large', `${topic}: ${bytes} bytes`)
    this.#network.sent.push({ topic, bytes, kind })
    return payload instanceof Uint8Array ? payload.slice() : (JSON.parse(text) as Payload)
  }
}

function wrap<T>(settle: (value: T) => void, settled: (done: () => void) => () => void): (value: T) => void {
  return value => settled(() => settle(value))()
}

function incoming(from: PeerId, topic: string): Incoming {
  return { from, topic, correlationId: 'test', timestamp: 0 }
}
