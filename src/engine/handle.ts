/**
 * What the page holds of the engine: the public API of one joined mesh. Snapshots are kept current by pushes, calls return
 * promises that reject with MeshError. `globalThis.mesh` in the console is one of these.
 */
import type { MeshErrorCode } from '../base/errors.ts'
import type { JobId, PeerId, SessionId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type {
  DecidedChange,
  DecidedCommand,
  DecisionOptions,
  Decisions,
  DecisionsControl,
  LeaderInfo,
} from '../consensus/decisions/types.ts'
import type {
  Aggregate,
  BroadcastOptions,
  BroadcastQueues,
  CallOptions,
  Diagnosis,
  DialRecord,
  FaultEvent,
  GatherOutcome,
  Incoming,
  LeaveReason,
  LinkFacts,
  LinkInfo,
  MeshEvents,
  MeshFigures,
  PeerInfo,
  Reachability,
  RegistryEvents,
  ShutdownOutcome,
} from '../mesh/types.ts'
import type { JobProgram, JobView } from '../work/types.ts'
import type { AgentsHandle } from './agents-handle.ts'
import type { FaultsHandle } from './faults-handle.ts'
import type { GossipHandle } from './gossip-handle.ts'
import type { KeptView } from './room-keeping.ts'
import type { SettingsHandle } from './settings-handle.ts'
import type { MemoryHandle, SharedHandle } from './shared-handle.ts'
import type { MeshSnapshot, TimelineEvent } from './snapshot.ts'

export interface HandleEvents extends RegistryEvents {
  'agent-join': PeerInfo
  'agent-leave': { readonly peer: PeerInfo; readonly reason: LeaveReason }
  'agent-change': PeerInfo
  'link-open': LinkInfo
  'link-close': { readonly peer: PeerId; readonly reason: string }
  partition: MeshEvents['partition']
  heal: MeshEvents['heal']
  job: JobView
  /** A fault began or ended at this peer, whoever asked for it. */
  fault: FaultEvent
  /** Somebody asks all to end; this tab does as its `onShutdown` has it. */
  'network-shutdown': { readonly by: PeerId; readonly reason: string }
  /** Somebody else leads the decisions, or nobody. */
  leader: LeaderInfo | undefined
  /** Each change of the register, and each decided command, as it is applied here. */
  decision: DecidedChange | DecidedCommand
  /** Something that a person may do something about, such as a full disk; whatever can goes on. */
  problem: { readonly code: MeshErrorCode; readonly message: string }
  /** The whole state, at most once every 16 ms, also in a hidden tab. */
  snapshot: MeshSnapshot
  timeline: TimelineEvent
}

export interface JobRequest {
  readonly title?: string
  readonly program: JobProgram
  /** Files, or named texts; 200 MB in all at most. `sample` stands for the corpus that is served with the console. */
  readonly inputs: readonly (File | { readonly name: string; readonly text: string })[] | 'sample'
  /** Milliseconds one shard may take on one peer; default 30,000. */
  readonly shardTimeoutMs?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (job: JobView) => void
}

/** Figures, what waits to be broadcast, and what was counted since this tab joined. */
export type Metrics = MeshFigures & {
  readonly queues: BroadcastQueues
  readonly counters: Readonly<Record<string, number>>
}

export interface MeshHandle {
  readonly id: PeerId
  readonly session: SessionId
  readonly peers: readonly PeerInfo[]
  readonly links: readonly LinkInfo[]
  readonly jobs: readonly JobView[]
  /** Who leads the decisions, as far as this tab knows. */
  readonly leader: LeaderInfo | undefined
  /** What the whole mesh decides: a linearizable register, and its keeper's controls. */
  readonly decisions: Decisions & DecisionsControl
  readonly snapshot: MeshSnapshot
  /** The last 1,000 things that happened, oldest first. */
  readonly timeline: readonly TimelineEvent[]
  /** Who is here to do what. */
  readonly agents: AgentsHandle
  /** Faults put into links on purpose, for labs and tests. */
  readonly faults: FaultsHandle
  /** Rumours that last, numbers of the whole mesh, and the settings of gossip. */
  readonly gossip: GossipHandle
  /** The link that invites others into this room. */
  readonly inviteUrl: string
  /** Documents that all edit together. */
  readonly shared: SharedHandle
  /** What all remember together. */
  readonly memory: MemoryHandle
  /** Settings of the whole room, kept when all tabs are closed. */
  readonly settings: SettingsHandle

  on<Name extends keyof HandleEvents>(event: Name, listener: (detail: HandleEvents[Name]) => void): () => void
  send(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<void>
  /** Options: `priority`. Waits while the queue of its priority is full; rejects with `overloaded` where too many wait. */
  broadcast(topic: string, payload: Payload, options?: BroadcastOptions): Promise<void>
  subscribe(topic: string, listener: (payload: Payload, incoming: Incoming) => void): () => void
  handle(
    topic: string,
    handler: (payload: Payload, incoming: Incoming) => Payload | undefined | Promise<Payload | undefined>,
  ): () => void
  request(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<Payload>
  gather(
    topic: string,
    payload: Payload,
    options?: CallOptions & { readonly quorum?: number },
  ): Promise<readonly GatherOutcome[]>

  /**
   * Count, sum, mean, least and greatest of the numbers that all peers give under this name, within a thousandth; no number asks only. What a
   * tab gave counts until it gives another, withdraws it (`mesh.gossip.withdraw`) or leaves. Takes a few seconds, and O(log N) rounds.
   */
  aggregate(name: string, value?: number): Promise<Aggregate>
  /** Decides any JSON for the whole mesh; resolves when a quorum has it. The same as `decisions.propose`. */
  propose(command: Json, options?: DecisionOptions): Promise<{ readonly index: number; readonly term: number }>

  /** One call of a capability on the best peer that offers it (this one included). Rejects with `no-capable-agent`. */
  submit(task: {
    readonly capability: string
    readonly input: Payload
    readonly timeoutMs?: number
    readonly signal?: AbortSignal
  }): Promise<Payload>
  /** A job over many inputs, shared by all tabs; resolves with its final result. */
  map(job: JobRequest): Promise<Json>
  /** Starts a job and resolves with its id as soon as it is announced. */
  startJob(job: JobRequest): Promise<JobId>
  cancelJob(id: JobId): Promise<void>
  /** Runs the failed shards of a failed job again. */
  retryJob(id: JobId): Promise<void>
  /** The whole final result; fetched from a peer that holds it when this tab does not. */
  jobResult(id: JobId): Promise<Json>

  ping(peer: PeerId): Promise<{ readonly rttMs: number }>
  /** Asks every peer whether it is there. Never rejects for a peer's silence. */
  pingAll(options?: { readonly timeoutMs?: number }): Promise<Reachability>
  /** Share of peers reachable, mean time of delivery, messages per second, now; and what was counted since this tab joined. */
  metrics(): Promise<Metrics>
  /** Links to a peer directly, or lets the link go: for labs and tests; the overlay does both by itself. */
  connect(peer: PeerId): Promise<void>
  cut(peer: PeerId): Promise<void>
  /** How a direct link stands now, the page's `getStats` included. Rejects with `unreachable` where there is none. */
  linkFacts(peer: PeerId): Promise<LinkFacts>
  /** How the last dials went, oldest first: 8 of each peer and 256 in all at most. */
  dials(): Promise<readonly DialRecord[]>
  /** "Why can't I connect?": looks at everything that a link needs, within 6 s. */
  diagnose(): Promise<Diagnosis>
  /** What the room keeps of itself: agents that are away, how it was linked last, its settings. */
  kept(): Promise<KeptView>
  rename(name: string): Promise<void>
  /** Asks everybody to end, each as its own `onShutdown` has it, and leaves. Default reason: `task_complete`. */
  shutdown(options?: { readonly reason?: string }): Promise<ShutdownOutcome>
  leave(options?: { readonly reason?: string }): Promise<void>
}
