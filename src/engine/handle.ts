/**
 * What the page holds of the engine: the public API of one joined mesh. Snapshots are kept current by pushes, calls return
 * promises that reject with MeshError. `globalThis.mesh` in the console is one of these.
 */
import type { JobId, PeerId, SessionId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type { CallOptions, GatherOutcome, Incoming, LeaveReason, LinkInfo, PeerInfo } from '../mesh/types.ts'
import type { JobProgram, JobView } from '../work/types.ts'
import type { MeshSnapshot, TimelineEvent } from './snapshot.ts'

export interface HandleEvents {
  'agent-join': PeerInfo
  'agent-leave': { readonly peer: PeerInfo; readonly reason: LeaveReason }
  'agent-change': PeerInfo
  'link-open': LinkInfo
  'link-close': { readonly peer: PeerId; readonly reason: string }
  job: JobView
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

export interface MeshHandle {
  readonly id: PeerId
  readonly session: SessionId
  readonly peers: readonly PeerInfo[]
  readonly links: readonly LinkInfo[]
  readonly jobs: readonly JobView[]
  readonly snapshot: MeshSnapshot
  /** The last 1,000 things that happened, oldest first. */
  readonly timeline: readonly TimelineEvent[]
  /** The link that invites others into this room. */
  readonly inviteUrl: string

  on<Name extends keyof HandleEvents>(event: Name, listener: (detail: HandleEvents[Name]) => void): () => void
  send(to: PeerId, topic: string, payload: Payload, options?: CallOptions): Promise<void>
  broadcast(topic: string, payload: Payload): Promise<void>
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
  /** Links to a peer directly, or lets the link go: for labs and tests; the overlay does both by itself. */
  connect(peer: PeerId): Promise<void>
  cut(peer: PeerId): Promise<void>
  rename(name: string): Promise<void>
  leave(options?: { readonly reason?: string }): Promise<void>
}
