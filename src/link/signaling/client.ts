/** The client of the signaling server: joins, rejoins with backoff, and says in words what a refusal means. */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { RoomHash, SessionId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import type { Rendezvous, RendezvousEvents, RendezvousMember } from '../rendezvous.ts'
import {
  type ClientMessage,
  closeCodes,
  parseServerFrame,
  type ServerMessage,
  signalingSubprotocol,
  signalingVersion,
} from './protocol.ts'

/** Reconnects wait from this, doubling, to the cap, each time by chance between half and the whole. */
const backoffMinMs = 250
const backoffMaxMs = 15_000
/** An idle socket is asked this often, and given up when nothing came for twice as long. */
const pingIntervalMs = 10_000
/** After a hint that the network changed, a socket that says nothing for so long is given up, ms. */
const probeMs = 2_000

export interface SignalingClientOptions {
  readonly url: string
  readonly clock: Clock
  readonly random: Random
  /** Node passes its own; a tab's is the browser's. */
  readonly WebSocket?: typeof globalThis.WebSocket
}

interface Joined {
  readonly room: { readonly hash: RoomHash; readonly tag: string }
  readonly session: SessionId
  hello: string
  readonly events: RendezvousEvents
}

export class SignalingClient implements Rendezvous {
  readonly url: string
  readonly #options: SignalingClientOptions
  #socket: WebSocket | undefined
  #joined: Joined | undefined
  #isWelcome = false
  /** Refused for good: it does not try again. */
  #isFinal = false
  #failures = 0
  #heardMs = 0
  #stopTimers: () => void = () => {}

  constructor(options: SignalingClientOptions) {
    this.url = options.url
    this.#options = options
  }

  prepare(): void {
    this.#open()
  }

  join(room: Joined['room'], member: RendezvousMember, events: RendezvousEvents): void {
    this.#joined = { room, session: member.session, hello: member.hello, events }
    events.onState('connecting')
    if (!this.#socket) this.#open()
    else if (this.#socket.readyState === 1) this.#sayJoin()
  }

  setHello(hello: string): void {
    if (!this.#joined) return
    this.#joined.hello = hello
    if (this.#isWelcome) this.#send({ kind: 'hello', hello })
  }

  signal(to: SessionId, data: string): boolean {
    return this.#isWelcome && this.#send({ kind: 'signal', to, data })
  }

  knock(data: string): void {
    this.#send({ kind: 'knock', data })
  }

  /** Tries again at once where it waits to, and otherwise finds out soon whether the socket is dead. */
  probe(): void {
    const socket = this.#socket
    if (!socket) {
      if (this.#joined && !this.#isFinal) this.#retry(this.#joined)
      return
    }
    const heardMs = this.#heardMs
    if (!this.#send({ kind: 'ping' })) return // it is being opened
    this.#options.clock.after(probeMs, () => {
      if (this.#heardMs !== heardMs || this.#socket !== socket) return
      socket.close()
      this.#closed(socket, 0)
    })
  }

  leave(): void {
    this.#send({ kind: 'leave' })
    this.#joined = undefined
    this.#stopTimers()
    this.#socket?.close()
  }

  #open(): void {
    const Socket = this.#options.WebSocket ?? globalThis.WebSocket
    const socket = new Socket(this.url, signalingSubprotocol)
    this.#socket = socket
    this.#isWelcome = false
    this.#heardMs = this.#options.clock.monotonicMs()
    socket.onopen = () => this.#sayJoin()
    socket.onmessage = event => {
      this.#heardMs = this.#options.clock.monotonicMs()
      const parsed = typeof event.data === 'string' ? parseServerFrame(event.data) : undefined
      if (parsed?.kind === 'message' && this.#joined) this.#receive(this.#joined.events, parsed.message)
    }
    socket.onclose = event => this.#closed(socket, event.code)
    socket.onerror = () => {} // `close` follows and says more
    this.#stopTimers = this.#options.clock.every(pingIntervalMs, () => this.#beat(socket))
  }

  #sayJoin(): void {
    if (!this.#joined) return // prepared, and not told yet what to join
    const { room, session, hello } = this.#joined
    this.#send({ kind: 'join', version: signalingVersion, room: room.hash, tag: room.tag, session, hello })
  }

  #beat(socket: WebSocket): void {
    const silentMs = this.#options.clock.monotonicMs() - this.#heardMs
    if (silentMs > 2 * pingIntervalMs) {
      socket.close()
      this.#closed(socket, 0) // a dead network never confirms the close
    } else this.#send({ kind: 'ping' })
  }

  #receive(events: RendezvousEvents, message: ServerMessage): void {
    if (message.kind === 'welcome') {
      this.#isWelcome = true
      this.#failures = 0
      events.onState('connected')
      events.onWelcome(message.members, message.sameTag)
    } else if (message.kind === 'joined') events.onMember(message.member)
    else if (message.kind === 'hello') events.onMember(message)
    else if (message.kind === 'left') events.onLeft(message.session)
    else if (message.kind === 'signal') events.onSignal(message.from, message.data)
    else if (message.kind === 'knock') {
      const { knock } = message
      events.onKnock(message.data, data => this.#send({ kind: 'knock-reply', knock, data }))
    } else if (message.kind === 'knock-reply') events.onKnockReply(message.data)
  }

  #send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== 1) return false
    this.#socket.send(JSON.stringify(message))
    return true
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return
    this.#stopTimers()
    this.#socket = undefined
    this.#isWelcome = false
    const joined = this.#joined
    if (!joined) return // left, or not joined yet: `join` opens another
    const { error, isFinal } = meaningOf(code, this.url)
    joined.events.onState('down', error)
    this.#isFinal = isFinal
    if (isFinal) return
    const waitMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** this.#failures++)
    const delayMs = waitMs * (0.5 + this.#options.random.next() / 2)
    this.#stopTimers = this.#options.clock.after(delayMs, () => this.#retry(joined))
  }

  #retry(joined: Joined): void {
    this.#stopTimers()
    joined.events.onState('connecting')
    this.#open()
  }
}

function meaningOf(code: number, url: string): { error: MeshError; isFinal: boolean } {
  switch (code) {
    case closeCodes.versionUnsupported:
      return { error: new MeshError('version-mismatch', 'The server was updated: reload this tab.'), isFinal: true }
    case closeCodes.originRefused: {
      const message = `The signaling server at ${url} refuses pages of this origin; its operator can allow it with --allow-origin.`
      return { error: new MeshError('signaling-unreachable', message), isFinal: true }
    }
    case closeCodes.replaced:
      return { error: new MeshError('signaling-unreachable', 'This session joined from elsewhere.'), isFinal: true }
    case closeCodes.full:
      return { error: new MeshError('room-full', 'The room is full; this tab tries again.'), isFinal: false }
    default: {
      const message = `No signaling server answers at ${url}. Links that exist go on; new peers cannot find this tab until it is back.`
      return { error: new MeshError('signaling-unreachable', message), isFinal: false }
    }
  }
}
