/** The direct links of this peer: one connection per peer, which session it is, what it carried and how long a round trip takes. */
import type { Connection } from '@libp2p/interface'
import type { Clock } from '../base/clock.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import { bufferedBytesHigh } from '../link/limits.ts'
import type { PipeConnection } from '../link/pipe-connection.ts'
import type { Announcement } from './peer.ts'
import type { LinkFacts, LinkInfo } from './types.ts'

interface Link {
  readonly connection: Connection
  readonly session: SessionId
  readonly pipe: PipeConnection | undefined
  readonly openedAtMs: number
  /** The last few round trips, ms, newest last. */
  readonly samples: number[]
  heardMs: number
  /** The round trip that was last made known, ms. */
  toldMs: number | undefined
}

/** The round trip of a link is the median of so many pings: one busy moment does not swing the graph. */
const samplesKept = 5

export class LinkTable {
  readonly #clock: Clock
  readonly #links = new Map<PeerId, Link>()
  readonly #pipes = new Map<PeerId, PipeConnection>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The newest pipe to a peer, before libp2p has upgraded it. */
  piped(pipe: PipeConnection): void {
    const peer = pipe.pipe.remote.peer
    this.#pipes.set(peer, pipe)
    pipe.addEventListener('close', () => {
      if (this.#pipes.get(peer) === pipe) this.#pipes.delete(peer)
    })
  }

  opened(connection: Connection, session: SessionId): LinkInfo {
    const peer = connection.remotePeer.toString() as PeerId
    const openedAtMs = this.#clock.nowMs()
    const heardMs = this.#clock.monotonicMs()
    this.#links.set(peer, {
      connection,
      session,
      pipe: this.#pipes.get(peer),
      openedAtMs,
      samples: [],
      heardMs,
      toldMs: undefined,
    })
    return this.#infoOf(peer) as LinkInfo
  }

  /** True where this was the peer's link; a connection that was replaced is none. */
  closed(connection: Connection): boolean {
    const peer = connection.remotePeer.toString() as PeerId
    if (this.#links.get(peer)?.connection !== connection) return false
    return this.#links.delete(peer)
  }

  connectionTo(peer: PeerId): Connection | undefined {
    return this.#links.get(peer)?.connection
  }

  sessionOf(peer: PeerId): SessionId | undefined {
    return this.#links.get(peer)?.session
  }

  has(peer: PeerId): boolean {
    return this.#links.has(peer)
  }

  get peers(): readonly PeerId[] {
    return [...this.#links.keys()]
  }

  get infos(): readonly LinkInfo[] {
    return this.peers.map(peer => this.#infoOf(peer) as LinkInfo)
  }

  /** As much of each link as other members should know; round trips to a tenth of a millisecond. */
  get announced(): Announcement['links'] {
    return this.infos.map(({ peer, kind, rttMs }) => ({
      peer,
      kind,
      ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 10) / 10 }),
    }))
  }

  get(peer: PeerId): LinkInfo | undefined {
    return this.#infoOf(peer)
  }

  /** True where the link's round trip is now noticeably another than was last told. */
  measured(peer: PeerId, sampleMs: number): boolean {
    const link = this.#links.get(peer)
    if (!link) return false
    link.samples.push(sampleMs)
    if (link.samples.length > samplesKept) link.samples.shift()
    this.heard(peer)
    const rttMs = medianOf(link.samples)
    if (link.toldMs !== undefined && Math.abs(rttMs - link.toldMs) < Math.max(2, link.toldMs / 4)) return false
    link.toldMs = rttMs
    return true
  }

  /** Anything that comes is a sign of life: a link that is busy with large things may be slow to answer pings. */
  heard(peer: PeerId): void {
    const link = this.#links.get(peer)
    if (link) link.heardMs = this.#clock.monotonicMs()
  }

  /** When anything last came, monotonic ms; -Infinity where there is no link. */
  heardMs(peer: PeerId): number {
    return this.#links.get(peer)?.heardMs ?? Number.NEGATIVE_INFINITY
  }

  /** How full the fullest link is, as a share of what it may buffer. */
  get congestion(): number {
    let bytes = 0
    for (const { pipe } of this.#links.values()) bytes = Math.max(bytes, pipe?.pipe.bufferedBytes ?? 0)
    return bytes / bufferedBytesHigh
  }

  /** What is counted of a link here; undefined where there is none. */
  countsOf(peer: PeerId): Pick<LinkFacts, 'sentMessages' | 'receivedMessages' | 'bufferedBytes'> | undefined {
    const pipe = this.#links.get(peer)?.pipe
    if (!pipe) return undefined
    const { sentFrames: sentMessages, receivedFrames: receivedMessages } = pipe
    return { sentMessages, receivedMessages, bufferedBytes: pipe.pipe.bufferedBytes }
  }

  #infoOf(peer: PeerId): LinkInfo | undefined {
    const link = this.#links.get(peer)
    if (!link) return undefined
    const { pipe, samples, openedAtMs } = link
    const rttMs = samples.length === 0 ? undefined : medianOf(samples)
    const kind = pipe?.pipe.kind ?? 'webrtc'
    return { peer, kind, rttMs, sentBytes: pipe?.sentBytes ?? 0, receivedBytes: pipe?.receivedBytes ?? 0, openedAtMs }
  }
}

function medianOf(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[samples.length >> 1] ?? 0
}
