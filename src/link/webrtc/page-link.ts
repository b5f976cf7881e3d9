/** One attempt on the page: simple-peer and the connection that it made, and the ICE restarts that keep the connection alive. */
import type SimplePeerType from 'simple-peer'
import SimplePeer from 'simple-peer/simplepeer.min.js'
import type { IceFacts } from '../facts.ts'
import type { SignalData } from './protocol.ts'
import { iceFactsOf } from './stats.ts'

/** Signals that wait for the end of an answer. */
const laterMax = 64

export interface PageLinkEvents {
  /** In the task that makes the connection, the only one in which a channel can be transferred (DESIGN, facts 2 and 3). */
  onConnection(connection: RTCPeerConnection): void
  onSignal(data: SignalData): void
  onState(state: IceFacts['state']): void
  onSaid(bytes: Uint8Array): void
  onEnded(reason: string): void
}

/** What simple-peer says and hears, and the restart to which it belongs. */
interface Signal {
  readonly type?: string
  readonly candidate?: unknown
  readonly round?: number
}

export class PageLink {
  readonly #peer: SimplePeerType.Instance
  readonly #isInitiator: boolean
  #connection: RTCPeerConnection | undefined
  /** ICE restarts of this connection so far; both ends count the same ones. */
  #round = 0
  /** An offer of ours for the latest one waits for its answer. */
  #isRestarting = false
  /** An offer of the other end is being answered here. */
  #isAnswering = false
  /** The latest offer that came meanwhile, and its candidates. */
  #later: SignalData[] = []

  constructor(isInitiator: boolean, iceServers: RTCIceServer[], events: PageLinkEvents) {
    this.#isInitiator = isInitiator
    const keep = (connection: RTCPeerConnection) => {
      this.#connection = connection
      events.onConnection(connection)
    }
    class Connection extends RTCPeerConnection {
      constructor(config?: RTCConfiguration) {
        super(config)
        keep(this)
      }
    }
    const peer: SimplePeerType.Instance = new SimplePeer({
      initiator: isInitiator,
      trickle: true,
      config: { iceServers },
      wrtc: { RTCPeerConnection: Connection, RTCSessionDescription, RTCIceCandidate },
    })
    this.#peer = peer
    let reason = 'closed'
    peer.on('signal', data => {
      const isAnswer = data.type === 'answer'
      if (isAnswer) this.#isAnswering = false
      // Nobody waits for an answer to an offer that another followed.
      if (!isAnswer || this.#later.length === 0)
        events.onSignal(JSON.stringify(this.#round > 0 ? { ...data, round: this.#round } : data))
      if (isAnswer) queueMicrotask(() => this.#goOn())
    })
    peer.on('data', (data: Uint8Array) => events.onSaid(new Uint8Array(data)))
    // A restart may change no state of ICE: a whole path is told of when both descriptions are exchanged.
    const tellState = () => {
      const state = this.#connection?.iceConnectionState
      const isWhole = state === 'connected' || state === 'completed'
      if (state && !(isWhole && this.#isRestarting)) events.onState(state)
    }
    peer.on('iceStateChange', tellState)
    peer.on('signalingStateChange', tellState)
    peer.on('error', error => {
      reason = error.message
    })
    peer.on('close', () => events.onEnded(reason))
  }

  signal(data: SignalData): void {
    const signal = JSON.parse(data) as Signal
    const round = signal.round ?? 0
    const isOffer = signal.type === 'offer'
    // After a cut, several offers come at once. One that came while another is answered would end the connection.
    if (isOffer && this.#isAnswering) {
      this.#later = [data]
      return
    }
    if (this.#later.length > 0 && round !== this.#round) {
      if (this.#later.length < laterMax) this.#later.push(data)
      return
    }
    // The answer to an offer that was taken back would end the connection, and a candidate for it leads nowhere.
    if (!isOffer && round !== this.#round) return
    if (isOffer) {
      this.#round = round
      this.#isAnswering = true
    }
    if (signal.type === 'answer') this.#isRestarting = false
    this.#peer.signal(data)
  }

  #goOn(): void {
    if (this.#isAnswering || this.#peer.destroyed) return
    for (const data of this.#later.splice(0)) this.signal(data)
  }

  async restart(): Promise<void> {
    const connection = this.#connection
    if (!this.#isInitiator || !connection || this.#peer.destroyed) return
    this.#round++
    this.#isRestarting = true
    // The last offer was lost on its way, and simple-peer makes no other before it is answered.
    if (connection.signalingState === 'have-local-offer') await connection.setLocalDescription({ type: 'rollback' })
    connection.restartIce()
    ;(this.#peer as SimplePeerType.Instance & { negotiate(): void }).negotiate()
  }

  async facts(): Promise<IceFacts | undefined> {
    const connection = this.#connection
    if (!connection) return undefined
    const report = await connection.getStats()
    return iceFactsOf(connection.iceConnectionState, report as unknown as ReadonlyMap<string, unknown>)
  }

  say(bytes: Uint8Array): void {
    if (this.#peer.connected) this.#peer.send(bytes)
  }

  close(): void {
    this.#peer.destroy()
  }
}
