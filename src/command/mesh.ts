/**
 * What commands need of a mesh: a part of the public handle (`MeshHandle` of src/index.ts is one, in a tab as in Node), said here because
 * this layer lies below the engine that makes handles.
 */
import type { PeerId } from '../base/ids.ts'
import type { Json } from '../base/json.ts'
import type { Decisions, DecisionsControl, DecisionsView, LeaderInfo } from '../consensus/decisions/types.ts'
import type { SyncSettings } from '../crdt/sync/state.ts'
import type { PartitionInfo } from '../mesh/partition/driver.ts'
import type {
  AgentInfo,
  AgentSpec,
  BroadcastQueues,
  FaultInfo,
  FaultOutcome,
  LinkInfo,
  MeshFigures,
  PeerInfo,
  Reachability,
} from '../mesh/types.ts'

type Deciding = Decisions & DecisionsControl

export interface CommandMesh {
  readonly id: PeerId
  readonly peers: readonly PeerInfo[]
  readonly links: readonly LinkInfo[]
  readonly leader: LeaderInfo | undefined
  readonly decisions: Pick<
    Deciding,
    'get' | 'set' | 'delete' | 'list' | 'propose' | 'stepDown' | 'verifyQuorum' | 'configure'
  >
  readonly snapshot: {
    readonly phase: string
    readonly problem: { readonly message: string } | undefined
    readonly self: { readonly name: string }
    readonly room: { readonly name: string; readonly isPrivate: boolean }
    readonly signaling: { readonly state: string }
    readonly partition?: PartitionInfo | undefined
    readonly decisions?: DecisionsView | undefined
  }
  readonly timeline: readonly { readonly atMs: number; readonly kind: string; readonly text: string }[]
  readonly agents: {
    getAll(): readonly AgentInfo[]
    register(agent: AgentSpec): Promise<AgentInfo>
  }
  readonly faults: {
    list(): readonly FaultInfo[]
    heal(id?: string): Promise<FaultOutcome>
  }
  readonly gossip: {
    settings(): Promise<SyncSettings>
    configure(change: Partial<SyncSettings>): Promise<SyncSettings>
  }
  readonly memory: {
    store(key: string, value: Json, options?: { readonly namespace?: string; readonly ttlMs?: number }): Promise<void>
    retrieve(key: string, options?: { readonly namespace?: string }): Promise<Json | undefined>
  }
  pingAll(): Promise<Reachability>
  metrics(): Promise<
    MeshFigures & { readonly queues: BroadcastQueues; readonly counters: Readonly<Record<string, number>> }
  >
}
