/** What the mesh layer tells the layers above: who is here, and the ways to talk to them. Implemented by `mesh.ts`. */
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type { FaultEvent } from './faults/types.ts'
import type { Priority } from './gossip/queues.ts'
import type { Announcement, LeaveReason, LinkInfo, PeerInfo } from './peer.ts'

export type * from '../link/facts.ts'
export type * from './faults/types.ts'
export type { MeshFigures } from './figures.ts'
export type { Aggregate } from './gossip/aggregate/state.ts'
export type { BroadcastQueues, Priority } from './gossip/queues.ts'
export type { HeardRumour } from './gossip/rumours/signed-rumours.ts'
export type { DropReason, GossipFigures, TopicFigures } from './gossip/topic-counts.ts'
export type { ShutdownOutcome } from './network.ts'
export type * from './peer.ts'
export type { PingOutcome, Reachability } from './reachability.ts'
export type * from './registry/types.ts'

export interface MeshEvents {
  'agent-join': PeerInfo
  'agent-leave': { readonly peer: PeerInfo; readonly reason: LeaveReason }
  /** Something in a PeerInfo changed: load, links, capabilities, state. */
  'agent-change': PeerInfo
  'link-open': LinkInfo
  /** Others were lost without a goodbye: this is one side of a split, with half or more of the known, or with fewer. */
  partition: { readonly reachable: number; readonly known: number; readonly side: 'majority' | 'minority' }
  /** They are back, or forgotten; `durationMs` since `partition`. */
  heal: { readonly reachable: number; readonly known: number; readonly durationMs: number; readonly returned: number }
  'link-close': { readonly peer: PeerId; readonly reason: string }
  /** A fault began or ended here, whoever asked for it. */
  fault: FaultEvent
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

export interface BroadcastOptions {
  /** What is `critical` never waits behind anything else, what is `low` leaves what it can of the links to the others. Default `normal`. */
  readonly priority?: Priority
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
  /**
   * To everyone else in the room. Resolves when it was handed to gossip; waits while the queue of its priority is full, and rejects with
   * `overloaded` where too many wait already.
   */
  broadcast(topic: string, payload: Payload, options?: BroadcastOptions): Promise<void>
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
