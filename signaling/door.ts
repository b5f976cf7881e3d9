/** Decides at the door, before a socket exists: is this our path, may this page use us, and is there room? */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import { type CloseCode, closeCodes, signalingSubprotocol } from '../src/link/signaling/protocol.ts'
import type { Admission } from './quotas.ts'

export interface Refusal {
  readonly code: CloseCode
  readonly httpStatus: number
  readonly reason: string
}

export const refusals = {
  origin: {
    code: closeCodes.originRefused,
    httpStatus: 403,
    reason: 'pages of this origin may not use this server (its operator can allow it: --allow-origin)',
  },
  stopping: { code: closeCodes.goingAway, httpStatus: 503, reason: 'the server is stopping' },
  'server-full': { code: closeCodes.full, httpStatus: 503, reason: 'the server is full' },
  'too-many-sockets': { code: closeCodes.rate, httpStatus: 429, reason: 'too many sockets from this address' },
  'too-many-arrivals': { code: closeCodes.rate, httpStatus: 429, reason: 'too many new sockets: wait a minute' },
} as const satisfies Record<Exclude<Admission, 'admitted'> | 'origin' | 'stopping', Refusal>

/**
 * A page cannot read the HTTP status of a failed upgrade. So a client that offers our subprotocol is let in only to be told why by a close
 * code; anyone else gets the plain HTTP status.
 */
export function refuse(
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  refusal: Refusal,
): void {
  if (!offersOurs(request)) return refuseOverHttp(socket, refusal.httpStatus, refusal.reason)
  sockets.handleUpgrade(request, socket, head, webSocket => {
    webSocket.on('error', () => webSocket.terminate())
    webSocket.close(refusal.code, refusal.reason)
  })
}

export function refuseOverHttp(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy()) // a client that never hangs up would keep it half open
  socket.end(
    [
      `HTTP/1.1 ${status} ${statusText[status] ?? ''}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  )
}

const statusText: Record<number, string> = {
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
}

function offersOurs(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some(name => name.trim() === signalingSubprotocol)
}
