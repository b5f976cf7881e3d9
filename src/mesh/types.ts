/** What the mesh layer tells the layers above: who is here, and the ways to talk to them. Implemented by `mesh.ts`. */
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type { LinkKind } from '../link/types.ts'

export type { LinkKind } from '../link/types.ts'
export type PeerState = 'joining' | 'alive' | 'suspect' | 'left'
/** Why a session ended: the page's goodbye, the holder's own `leave`, or a verdict of its neighbours. */
export type LeaveReason = 'closed' | 'left' | 'crashed' | 'replaced'

/** One direct link of this peer, measured here. */
export interface LinkInfo {
  readonly peer: PeerId
  readonly kind: LinkKind
  /** Round trip of the last ping, ms. */
  readonly rttMs: number | undefined
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly openedAtMs: number
}

/** How busy a peer is. `load` is slots in use / slots; 1 is full. */
export interface LoadInfo {
  readonly slots: number
  readonly busy: number
}

/** What a peer says of itself, in its own signed announcement. */
export interface Announcement {
  readonly session: SessionId
  /** Grows with each announcement of a session; the highest wins. */
  readonly sequence: number
  readonly name: string
  /** 'Chromium 156 on Linux' or 'Node 20'. For people only. */
  readonly device: string
  /** Same for all tabs of one browser profile, so that siblings can watch each other's locks. */
  readonly browser: string
  readonly capabilities: readonly string[]
  readonly load: LoadInfo
  /** Its direct links, so that everybody can draw the graph and find a route. */
  readonly links: readonly { readonly peer: PeerId; readonly kind: LinkKind; readonly rttMs: number | undefined }[]
}

/** One of the others in the room, as this peer sees it. */
export interface PeerInfo extends Omit<Announcement, 'sequence'> {
  readonly id: PeerId
  readonly state: PeerState
  /** The direct link if there is one, otherwise 'relayed'. */
  readonly link: LinkKind
  /** Measured here for a direct link; for a relayed peer the sum along the known path, if known. */
  readonly rttMs: number | undefined
  readonly joinedAtMs: number
}

export interface MeshEvents {
  'agent-join': PeerInfo
  'agent-leave': { readonly peer: PeerInfo; readonly reason: LeaveReason }
  /** Something in a PeerInfo changed: load, links, capabilities, state. */
  'agent-change': PeerInfo
  'link-open': LinkInfo
  'link-close': { readonly peer: PeerId; readonly reason: string }
}

export interface CallOptions {
  /** Milliseconds until `timeout`; default 10,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** How often to send again when no acknowledgement came; default 2. The receiver handles it once all the same. */
  readonly retries?: number
  /** `bulk` travels on a stream of its own, so that a large payload never delays a small message. Default `messages`. */
  readonly lane?: 'messages' | 'bulk'
}

export interface Incoming {
  /** The authenticated origin: the link's peer, or whoever's signature the relayed envelope carries. */
  readonly from: PeerId
  readonly topic: string
  readonly correlationId: string
  /** When the origin sent it, by its own clock, ms since 1970. */
  readonly timestamp: number
}

export type GatherOutcome =
  | { readonly peer: PeerId; readonly status: 'value'; readonly value: Payload }
  | { readonly peer: PeerId; readonly status: 'timeout' | 'disconnected' }
  | {
      readonly peer: PeerId
      readonly status: 'error'
      readonly error: { readonly code: string; readonly message: string }
    }

export type Handler = (
  payload: Payload,
  incoming: Incoming,
  signal: AbortSignal,
) => Payload | undefined | Promise<Payload | undefined>

/** The mesh, as `work` and the engine use it. All methods reject with MeshError. */
export interface Mesh {
  readonly id: PeerId
  readonly session: SessionId
  /** The others, never this peer; those who left stay out. */
  readonly peers: readonly PeerInfo[]
  readonly links: readonly LinkInfo[]
  on<Name extends keyof MeshEvents>(event: Name, listener: (detail: MeshEvents[Name]) => void): () => void
  /** Delivered at most once to the subscribers of `topic` there; resolves when the receiver acknowledged it. */
  send(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<void>
  /** To everyone else in the room. Resolves when it was handed to gossip; waits while the outgoing queue is full. */
  broadcast(topic: string, payload: Payload): Promise<void>
  subscribe(topic: string, listener: (payload: Payload, incoming: Incoming) => void): () => void
  /** One handler per topic answers `request`s. */
  handle(topic: string, handler: Handler): () => void
  request(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<Payload>
  /** Asks every peer (or `quorum` of them, whichever answer first). Never rejects for a peer's failure. */
  gather(
    topic: string,
    payload: Payload,
    options?: CallOptions & { readonly quorum?: number },
  ): Promise<readonly GatherOutcome[]>
  /** Changes what this peer announces. */
  announce(change: Partial<Pick<Announcement, 'name' | 'capabilities' | 'load'>>): void
}

export type JsonObject = { readonly [key: string]: Json }
