/** A signaling server on a free port of 127.0.0.1, clients that keep what they hear, and a clock that moves when told to. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { expect, onTestFinished, vi } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { createSignaling, type Signaling, type SignalingOptions } from '../../signaling/server.ts'
import type { Clock } from '../../src/base/clock.ts'
import { parseServerFrame, type ServerMessage, signalingSubprotocol } from '../../src/link/signaling/protocol.ts'

// Only failing tests wait this long; a busy machine must not make others fail.
const patienceMs = 20_000
vi.setConfig({ testTimeout: 2 * patienceMs })

export const roomA = 'a'.repeat(64)
export const roomB = 'b'.repeat(64)

export class FakeClock implements Clock {
  #nowMs = 0
  readonly #timers = new Set<{ atMs: number; readonly everyMs: number | undefined; readonly fn: () => void }>()

  nowMs(): number {
    return 1_700_000_000_000 + this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, fn: () => void): () => void {
    return this.#add(delayMs, undefined, fn)
  }

  every(intervalMs: number, fn: () => void): () => void {
    return this.#add(intervalMs, intervalMs, fn)
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const [next] = [...this.#timers].filter(timer => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)
      if (next === undefined) break
      this.#nowMs = next.atMs
      if (next.everyMs === undefined) this.#timers.delete(next)
      else next.atMs += next.everyMs
      next.fn()
    }
    this.#nowMs = untilMs
  }

  #add(delayMs: number, everyMs: number | undefined, fn: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, everyMs, fn }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }
}

export interface Running {
  readonly signaling: Signaling
  readonly server: Server
  readonly port: number
  readonly http: string
}

export async function serve(options: SignalingOptions = {}): Promise<Running> {
  const signaling = createSignaling(options)
  const server = createServer((request, response) => {
    if (!signaling.handleHttp(request, response)) response.writeHead(404).end()
  })
  signaling.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    await signaling.close()
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { signaling, server, port, http: `http://127.0.0.1:${port}` }
}

export class Client {
  readonly socket: WebSocket
  readonly heard: ServerMessage[] = []
  #close: { readonly code: number; readonly reason: string } | undefined

  constructor(port: number, options: ClientOptions = {}, path = '/signal') {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, signalingSubprotocol, options)
    this.socket.on('message', data => {
      const parsed = parseServerFrame(String(data))
      if (parsed.kind !== 'message') throw new Error(`the server sent what clients refuse: ${JSON.stringify(parsed)}`)
      this.heard.push(parsed.message)
    })
    this.socket.on('close', (code, reason) => {
      this.#close = { code, reason: String(reason) }
    })
    this.socket.on('error', () => {}) // its `close` follows
    onTestFinished(() => this.socket.terminate())
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open')
    return this
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message))
  }

  join(session: string, { room = roomA, tag = 'abc', hello = 'hello', version = 1 } = {}): void {
    this.say({ kind: 'join', version, room, tag, session, hello })
  }

  /** Waits for the first message of a kind, takes it, and returns it. */
  async next<Kind extends ServerMessage['kind']>(kind: Kind): Promise<Extract<ServerMessage, { kind: Kind }>> {
    const isOfKind = (message: ServerMessage): message is Extract<ServerMessage, { kind: Kind }> =>
      message.kind === kind
    const found = await until(() => this.heard.find(isOfKind), `a ${kind}`)
    this.heard.splice(this.heard.indexOf(found), 1)
    return found
  }

  /** All that the server said before it answers a ping sent now, in order. */
  async drained(): Promise<readonly ServerMessage[]> {
    this.say({ kind: 'ping' })
    await this.next('pong')
    return this.heard.splice(0)
  }

  closed(): Promise<{ readonly code: number; readonly reason: string }> {
    return until(() => this.#close, 'the socket to close')
  }
}

/** A client that is in the room. */
export async function joined(
  port: number,
  session: string,
  place: Parameters<Client['join']>[1] = {},
): Promise<Client> {
  const client = await new Client(port).opened()
  client.join(session, place)
  await client.next('welcome')
  return client
}

export async function until<T>(look: () => T | undefined | Promise<T | undefined>, what: string): Promise<T> {
  let found: T | undefined
  const seen = async () => {
    found ??= await look()
    return found
  }
  await expect.poll(seen, { timeout: patienceMs, interval: 2, message: what }).toBeDefined()
  return found as T
}
