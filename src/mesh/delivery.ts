/**
 * Moves frames: over the direct lane where there is a link, otherwise signed and relayed through the neighbour that is nearest.
 * What arrives for us is handed up with its proven sender; what arrives for others goes on.
 */
import type { Connection } from '@libp2p/interface'
import { MeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import { decodeFrame, encodeFrame, type Frame, type Header } from './frame.ts'
import type { LaneName, Lanes } from './lanes.ts'
import { relayHopsMax } from './limits.ts'
import { type Graph, nextHop } from './routing.ts'
import { isTextSignedBy, type Signer, signatureText } from './signed.ts'

export interface DeliveryOptions {
  readonly signer: Signer
  readonly session: SessionId
  readonly lanes: Pick<Lanes, 'send'>
  readonly connectionTo: (peer: PeerId) => Connection | undefined
  readonly neighbours: () => readonly PeerId[]
  /** False while the path of this neighbour's link is broken: what is sent over it waits. */
  readonly isSound: (neighbour: PeerId) => boolean
  readonly graph: () => Graph
  /** Members of whom it is not sure that they are still there. */
  readonly doubted: () => Iterable<PeerId>
  readonly sessionOf: (peer: PeerId) => SessionId | undefined
  readonly onFrame: (from: PeerId, frame: Frame, isDirect: boolean) => void
  /** A message to this peer had to be relayed; enough of them are worth a link. */
  readonly onRelayed: (to: PeerId, bytes: number) => void
  readonly count: (counter: string) => void
}

/** The frame is encoded only where it is taken. */
export type Shortcut = (to: PeerId, encode: () => Uint8Array) => boolean

export class Delivery {
  /** Hands a frame to a tab of this browser past all links; false where it cannot. */
  shortcut: Shortcut = () => false
  readonly #options: DeliveryOptions

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** Throws `unreachable` where no known path leads, `overloaded` where the lane is full. */
  async send(to: PeerId, frame: Frame, lane: LaneName): Promise<void> {
    const connection = this.#options.connectionTo(to)
    const encode = () => encodeFrame(frame)
    // What applications say keeps the order of its link; the mesh's own words need none.
    const isOwn = frame.header.kind === 'tell'
    if ((isOwn || !connection) && this.shortcut(to, encode)) return
    if (connection) return this.#options.lanes.send(connection, encode(), lane)
    const session = this.#sessionOf(to)
    this.#options.onRelayed(to, frame.body.length)
    await this.#relay({ to, session }, frame, this.#nextTo(to), lane)
  }

  /** Like `send`, but never over the direct link, which may be the one that this is to mend. */
  async sendAround(to: PeerId, frame: Frame): Promise<void> {
    await this.#relay({ to, session: this.#sessionOf(to) }, frame, this.#soundHopTo(to), 'messages')
  }

  /** True where `sendAround` would find a way. */
  hasPath(to: PeerId): boolean {
    return this.#soundHopTo(to) !== undefined
  }

  /** To one direct neighbour, without signature or answer. Silent where there is no link, counted where its lane is full. */
  tell(neighbour: PeerId, frame: Frame): void {
    const connection = this.#options.connectionTo(neighbour)
    if (!connection) return
    try {
      this.#options.lanes.send(connection, encodeFrame(frame), 'messages')
    } catch {
      this.#options.count('tells-not-sent') // members are announced again, signals are sent again by a new dial
    }
  }

  receive(link: PeerId, bytes: Uint8Array, lane: LaneName): void {
    const frame = decodeFrame(bytes)
    if (frame instanceof MeshError) return this.#options.count(`dropped.${frame.code}`)
    const { relay } = frame.header
    if (!relay) return this.#options.onFrame(link, frame, true)
    if (relay.to === this.#options.signer.id) void this.#receiveRelayed(frame, relay)
    else if (relay.hops <= 1) this.#options.count('dropped.hops')
    else {
      const onward = { header: { ...frame.header, relay: { ...relay, hops: relay.hops - 1 } }, body: frame.body }
      if (!this.#sendBy(this.#nextTo(relay.to as PeerId, link), onward, lane))
        this.#options.count('dropped.unreachable')
    }
  }

  /** What came by a shortcut: of a sender that is proved, neighbour or not; read like what is relayed. */
  receivePast(from: PeerId, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes)
    if (frame instanceof MeshError || frame.header.relay) return this.#options.count('dropped.malformed')
    this.#options.onFrame(from, frame, false)
  }

  async #receiveRelayed(frame: Frame, relay: NonNullable<Header['relay']>): Promise<void> {
    const isForUs = relay.session === this.#options.session
    const content = signedContent(frame.header, frame.body)
    const from = relay.from as PeerId
    const isGenuine = isForUs && (await isTextSignedBy(from, 'relay', content, relay.signature))
    if (!isGenuine) return this.#options.count(isForUs ? 'dropped.signature' : 'dropped.session')
    this.#options.onFrame(from, frame, false)
  }

  #sessionOf(to: PeerId): SessionId {
    const session = this.#options.sessionOf(to)
    if (!session) throw new MeshError('no-such-peer', `nobody here has the id ${to}`)
    return session
  }

  /** Nothing is signed that cannot be sent: who waits for a path looks often. */
  async #relay(
    target: { readonly to: PeerId; readonly session: SessionId },
    frame: Frame,
    hop: PeerId | undefined,
    lane: LaneName,
  ): Promise<void> {
    const { signer } = this.#options
    const unreachable = () => new MeshError('unreachable', `no path leads to ${target.to} at the moment`)
    if (!hop) throw unreachable()
    const relay = { from: signer.id, ...target, hops: relayHopsMax, signature: '' }
    const signature = await signatureText(signer, 'relay', signedContent({ ...frame.header, relay }, frame.body))
    const relayed = { header: { ...frame.header, relay: { ...relay, signature } }, body: frame.body }
    if (!this.#sendBy(hop, relayed, lane)) throw unreachable()
  }

  /**
   * The neighbour through which `to` is nearest, by links whose path stands. Of links to `to` only those count that it announces
   * itself: others still announce those of its former session when it comes back from a reload.
   */
  #soundHopTo(to: PeerId): PeerId | undefined {
    const neighbours = this.#options.neighbours().filter(peer => peer !== to && this.#options.isSound(peer))
    const graph = new Map(this.#options.graph())
    const own = new Set(graph.get(to))
    for (const [peer, links] of graph)
      if (peer !== to && !own.has(peer) && links.includes(to))
        graph.set(
          peer,
          links.filter(other => other !== to),
        )
    return this.#hopTo(to, neighbours, graph, [this.#options.signer.id])
  }

  /** Around whoever may be gone: the questions that are to settle it would end there. Through it where there is no other way. */
  #hopTo(to: PeerId, neighbours: readonly PeerId[], graph: Graph, avoid: readonly PeerId[]): PeerId | undefined {
    const doubted = [...this.#options.doubted()].filter(peer => peer !== to)
    const around = doubted.length > 0 ? nextHop(neighbours, to, graph, new Set([...avoid, ...doubted])) : undefined
    return around ?? nextHop(neighbours, to, graph, new Set(avoid))
  }

  #nextTo(to: PeerId, cameFrom?: PeerId): PeerId | undefined {
    const { signer, neighbours, graph } = this.#options
    const avoid = cameFrom === undefined ? [signer.id] : [signer.id, cameFrom]
    return neighbours().includes(to) ? to : this.#hopTo(to, neighbours(), graph(), avoid)
  }

  #sendBy(hop: PeerId | undefined, frame: Frame, lane: LaneName): boolean {
    const connection = hop && this.#options.connectionTo(hop)
    if (!connection) return false
    try {
      this.#options.lanes.send(connection, encodeFrame(frame), lane)
      return true
    } catch {
      return false // that lane is full: relaying is best effort, and the origin tries again
    }
  }
}

/** All of a relayed frame but what changes on the way. */
function signedContent(header: Header, body: Uint8Array): Uint8Array {
  const { kind, id, topic, timestamp, body: bodyKind, relay } = header
  const text = JSON.stringify([kind, id, topic ?? '', timestamp, bodyKind, relay?.to, relay?.session])
  const head = new TextEncoder().encode(`${text}\n`)
  const content = new Uint8Array(head.length + body.length)
  content.set(head)
  content.set(body, head.length)
  return content
}
