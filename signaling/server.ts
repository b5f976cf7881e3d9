/**
 * The signaling server: it introduces tabs to each other and then has no part in what they do. It attaches to any Node HTTP server;
 * the sockets are `connection.ts`, the rooms `membership.ts` and `store.ts`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocketServer } from 'ws'
import type { Clock } from '../src/base/clock.ts'
import type { Random } from '../src/base/random.ts'
import { systemClock, systemRandom } from '../src/base/system.ts'
import { closeCodes, frameBytesMax, signalingPath, signalingSubprotocol } from '../src/link/signaling/protocol.ts'
import { remoteAddress } from './address.ts'
import { Connection, type Services } from './connection.ts'
import { refusals, refuse, refuseOverHttp } from './door.ts'
import { type SignalingLimits, withDefaults } from './limits.ts'
import type { Log } from './log.ts'
import { MemoryStore } from './memory-store.ts'
import { Metrics, metricsContentType, type RefusalReason } from './metrics.ts'
import { originAllowed } from './origin.ts'
import { AddressQuotas } from './quotas.ts'
import type { RoomStore } from './store.ts'

export interface SignalingOptions {
  /** Origins of pages that may use this server besides its own and those of this machine; `*` allows all. */
  readonly allowOrigins?: readonly string[]
  /** Believe X-Forwarded-For. Only where a proxy of yours is the sole way in. */
  readonly trustProxy?: boolean
  readonly limits?: Partial<SignalingLimits>
  readonly log?: Log
  readonly store?: RoomStore
  readonly clock?: Clock
  readonly random?: Random
}

/** Any of Node's HTTP servers, TLS or not. */
export interface UpgradingServer {
  on(event: 'upgrade', listener: UpgradeListener): unknown
  off(event: 'upgrade', listener: UpgradeListener): unknown
}
type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

export interface Signaling {
  /** Serves `/signal`. Other upgrades are left to others (a dev server's own socket) or, by default, refused. Returns its undo. */
  attach(server: UpgradingServer, others?: 'refuse' | 'leave'): () => void
  /** Answers `/healthz`, `/metrics` and a plain GET of `/signal`; false if the request is for somebody else. */
  handleHttp(request: IncomingMessage, response: ServerResponse): boolean
  /** Tells every socket that the server goes away, and resolves when they are gone; within `closeMs` and a little. */
  close(): Promise<void>
}

/** Time between two `counts` lines of the log, ms; nothing is logged while nothing changes. */
const countsMs = 60_000

export function createSignaling(options: SignalingOptions = {}): Signaling {
  const limits = withDefaults(options.limits)
  const clock = options.clock ?? systemClock
  const log = options.log ?? (() => {})
  const metrics = new Metrics()
  const store = options.store ?? new MemoryStore(limits, options.random ?? systemRandom)
  const services: Services = { store, limits, clock, metrics, log }
  const quotas = new AddressQuotas(limits)
  const connections = new Set<Connection>()
  const attached = new Set<() => void>()
  const startedAtMs = clock.monotonicMs()
  // Past four times the limit the library stops reading by itself (close code 1009); up to it we say 4413.
  const socketOptions: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    maxPayload: 4 * frameBytesMax,
    closeTimeout: limits.closeMs,
    handleProtocols: offered => (offered.has(signalingSubprotocol) ? signalingSubprotocol : false),
  }
  const sockets = new WebSocketServer(socketOptions)
  let isStopping = false
  let countsLogged = ''

  const cancelBeat = clock.every(limits.heartbeatMs, () => {
    for (const connection of connections) connection.beat()
    quotas.sweep(clock.monotonicMs())
  })
  const cancelCounts = clock.every(countsMs, () => void logCounts())

  async function gauges() {
    const uptimeSeconds = Math.round((clock.monotonicMs() - startedAtMs) / 1000)
    return { ...(await store.counts()), sockets: quotas.sockets, uptimeSeconds }
  }

  async function logCounts(): Promise<void> {
    const { sockets: open, rooms, members } = await gauges()
    const counts = { sockets: open, rooms, members, refused: metrics.refused }
    if (JSON.stringify(counts) === countsLogged) return
    countsLogged = JSON.stringify(counts)
    log('counts', counts)
  }

  function admit(request: IncomingMessage, address: string): 'admitted' | RefusalReason {
    if (isStopping) return 'stopping'
    if (!originAllowed(request.headers.origin, request.headers.host, options.allowOrigins ?? [])) return 'origin'
    return quotas.open(address, clock.monotonicMs())
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = remoteAddress(request, options.trustProxy ?? false)
    const verdict = admit(request, address)
    if (verdict !== 'admitted') {
      metrics.socketRefused(verdict)
      return refuse(sockets, request, socket, head, refusals[verdict])
    }
    // Tied to the TCP socket, which closes even where the handshake is never finished.
    socket.once('close', () => quotas.close(address))
    sockets.handleUpgrade(request, socket, head, webSocket => {
      metrics.socketOpened()
      const connection = new Connection(webSocket, services, () => quotas.join(address, clock.monotonicMs()))
      connections.add(connection)
      webSocket.once('close', () => connections.delete(connection))
    })
  }

  async function answer(path: string, response: ServerResponse): Promise<void> {
    const current = await gauges()
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': metricsContentType }).end(metrics.text(current))
    } else {
      const body = JSON.stringify({ status: isStopping ? 'stopping' : 'ok', ...current })
      response.writeHead(isStopping ? 503 : 200, { 'content-type': 'application/json' }).end(`${body}\n`)
    }
  }

  return {
    attach(server, others = 'refuse') {
      const onUpgrade: UpgradeListener = (request, socket, head) => {
        if (pathOf(request) === signalingPath) upgrade(request, socket, head)
        else if (others === 'refuse') refuseOverHttp(socket, 404, `the signaling socket is at ${signalingPath}`)
      }
      server.on('upgrade', onUpgrade)
      const detach = () => {
        server.off('upgrade', onUpgrade)
        attached.delete(detach)
      }
      attached.add(detach)
      return detach
    },

    handleHttp(request, response) {
      const path = pathOf(request)
      if (path === signalingPath) {
        response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'upgrade' })
        response.end('This is a WebSocket: connect to it with ws:// or wss://.\n')
        return true
      }
      if (path !== '/healthz' && path !== '/metrics') return false
      response.setHeader('cache-control', 'no-store')
      answer(path, response).catch(() => {
        metrics.storeFailed()
        log('store-failed')
        response.writeHead(503).end()
      })
      return true
    },

    async close() {
      if (isStopping) return
      isStopping = true
      log('stopping', { sockets: connections.size })
      cancelBeat()
      cancelCounts()
      const leaving = [...connections]
      for (const connection of leaving) connection.close(closeCodes.goingAway, 'the server is stopping')
      // Whoever does not answer is cut off by the library after `closeMs`.
      await Promise.all(leaving.map(connection => connection.gone()))
      for (const detach of [...attached]) detach()
      await store.end()
      log('stopped')
    },
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?')[0] ?? '/'
}
