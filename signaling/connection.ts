/**
 * One socket from a client: reads frames within their limits, in order, and sends what its mailbox receives.
 * What the messages mean is `membership.ts`; this file is about the pipe.
 */
import type { WebSocket } from 'ws'
import type { Clock } from '../src/base/clock.ts'
import {
  type ClientMessage,
  type CloseCode,
  closeCodes,
  frameBytesMax,
  knockRoomsMax,
  parseClientFrame,
  type ServerMessage,
  type SignalingErrorCode,
} from '../src/link/signaling/protocol.ts'
import type { SignalingLimits } from './limits.ts'
import type { Log } from './log.ts'
import { Membership } from './membership.ts'
import type { Metrics } from './metrics.ts'
import type { RoomStore } from './store.ts'
import { TokenBucket } from './token-bucket.ts'

/** What all sockets of a server share. */
export interface Services {
  readonly store: RoomStore
  readonly limits: SignalingLimits
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Log
}

export class Connection {
  readonly #socket: WebSocket
  readonly #services: Services
  readonly #membership: Membership
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket
  readonly #patience: TokenBucket
  /** All that this socket asked for, one after the other, so that a slow store cannot reorder it. */
  #work: Promise<void> = Promise.resolve()
  readonly #closed: Promise<void>
  #waiting = 0
  #missed = 0
  #isOpen = true
  #closedWith: CloseCode | undefined
  #outsideSinceMs: number

  constructor(socket: WebSocket, services: Services, mayJoin: () => boolean) {
    const { limits, clock } = services
    const nowMs = clock.monotonicMs()
    this.#socket = socket
    this.#services = services
    this.#messages = new TokenBucket(limits.messagesBurst, limits.messagesPerSecond, nowMs)
    this.#bytes = new TokenBucket(limits.bytesBurst, limits.bytesPerSecond, nowMs)
    this.#patience = new TokenBucket(limits.refusalsBurst, limits.refusalsPerSecond, nowMs)
    this.#outsideSinceMs = nowMs
    this.#membership = new Membership({
      ...services,
      mayJoin,
      send: frame => this.#send(frame),
      reply: message => this.#reply(message),
      fail: (code, message) => this.#error(code, message),
      close: (code, reason) => this.close(code, reason),
    })
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary))
    socket.on('pong', () => {
      this.#missed = 0
    })
    // Not `events.once`: that would reject at an 'error', which here is only a client's broken frame.
    this.#closed = new Promise(resolve => {
      socket.on('close', code => {
        services.metrics.socketClosed(this.#closedWith ?? code)
        this.#end('closed')
        resolve()
      })
    })
    // The library closes the socket itself (a frame that breaks RFC 6455, or one past its hard limit, code 1009).
    socket.on('error', error => services.log('socket-failed', { code: errorCodeOf(error) }))
  }

  /** Called once per heartbeat: asks for a sign of life, and drops a socket that gave none or joins nothing. */
  beat(): void {
    const { limits, clock } = this.#services
    if (!this.#isOpen) return
    if (this.#missed >= limits.missedHeartbeats)
      return this.close(closeCodes.heartbeatTimeout, 'no answer to heartbeats', 'timeout')
    const nowMs = clock.monotonicMs()
    if (this.#membership.isInside) this.#outsideSinceMs = nowMs
    else if (nowMs - this.#outsideSinceMs >= limits.joinMs) return this.close(closeCodes.joinTimeout, 'joined no room')
    // While we do not read, an answer could not reach us.
    if (!this.#socket.isPaused) this.#missed += 1
    this.#socket.ping()
  }

  /** Tells the others at once; the socket itself may take `closeMs` to say goodbye. */
  close(code: CloseCode, reason: string, left: 'closed' | 'timeout' = 'closed'): void {
    if (!this.#isOpen) return
    this.#closedWith = code
    this.#end(left)
    this.#socket.resume()
    this.#socket.close(code, reason)
  }

  /** Resolves when the socket is closed and all that it asked for is done, its departure included. */
  async gone(): Promise<void> {
    await this.#closed
    await this.#work
  }

  #end(left: 'closed' | 'timeout'): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#enqueue(() => this.#membership.end(left))
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!this.#isOpen) return
    const { metrics } = this.#services
    metrics.received(data.length)
    this.#missed = 0
    if (isBinary) return this.close(closeCodes.malformed, 'frames are JSON text')
    if (data.length > frameBytesMax) return this.close(closeCodes.tooLarge, `a frame is at most ${frameBytesMax} bytes`)
    const parsed = parseClientFrame(data.toString('utf8'))
    if (parsed.kind === 'not-json') return this.close(closeCodes.malformed, 'frames are JSON text')
    if (parsed.kind === 'version-unsupported') return this.close(closeCodes.versionUnsupported, parsed.message)
    // A knock is sent on to as many rooms, so it costs as much.
    const cost = parsed.kind === 'message' && parsed.message.kind === 'knock' ? knockRoomsMax : 1
    const nowMs = this.#services.clock.monotonicMs()
    const isInRate = this.#messages.take(cost, nowMs) && this.#bytes.take(data.length, nowMs)
    if (!isInRate) return this.#refuse('rate', 'too many messages: slow down', closeCodes.rate)
    if (parsed.kind !== 'message') return this.#refuse(parsed.kind, parsed.message, closeCodes.malformed)
    metrics.handled(parsed.message.kind)
    this.#accept(parsed.message)
  }

  #accept(message: ClientMessage): void {
    this.#waiting += 1
    if (this.#waiting >= this.#services.limits.waitingMessages) this.#socket.pause()
    this.#enqueue(async () => {
      this.#waiting -= 1
      if (this.#socket.isPaused && this.#waiting === 0) this.#socket.resume()
      // Handled even if the socket closed meanwhile: a last signal or a `leave` is what the others wait for.
      await this.#membership.handle(message)
    })
  }

  #enqueue(task: () => Promise<void>): void {
    this.#work = this.#work.then(task).catch(() => {
      this.#services.metrics.storeFailed()
      this.#services.log('store-failed')
      this.close(closeCodes.internal, 'the server failed')
    })
  }

  #refuse(code: SignalingErrorCode, message: string, closeCode: CloseCode): void {
    if (!this.#patience.take(1, this.#services.clock.monotonicMs())) return this.close(closeCode, message)
    this.#error(code, message)
  }

  #error(code: SignalingErrorCode, message: string): void {
    this.#services.metrics.answeredError(code)
    this.#reply({ kind: 'error', code, message })
  }

  #reply(message: ServerMessage): void {
    this.#send(JSON.stringify(message))
  }

  #send(frame: string): void {
    if (!this.#isOpen) return
    if (this.#socket.bufferedAmount + frame.length > this.#services.limits.bufferedBytes) {
      this.close(closeCodes.tooSlow, 'reads too slowly')
      // Behind all that waits the close frame would hardly get through.
      return this.#socket.terminate()
    }
    // Frames are ASCII (hex, base64url and words of ours), so characters are bytes.
    this.#services.metrics.sent(frame.length)
    this.#socket.send(frame)
  }
}

function errorCodeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
