/** What the engine pushes to the page: the whole state in one plain object, at most once a frame, by the engine's own clock. */
import type { MeshErrorCode } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import type { DecisionsView } from '../consensus/decisions/types.ts'
import type { AwayAgent } from '../consensus/keeping/records.ts'
import type { SharedView } from '../crdt/shared.ts'
import type { PartitionInfo } from '../mesh/partition/driver.ts'
import type { AgentInfo, FaultInfo, LinkInfo, PeerInfo } from '../mesh/types.ts'
import type { JobView } from '../work/types.ts'
import type { RoomSettings } from './room-settings.ts'

/** The steps of joining, in order; each carries its state for the console's progress line. */
export type JoinStep = 'identity' | 'signaling' | 'dialling' | 'admitted'
export type Phase = 'joining' | 'alone' | 'joined' | 'failed' | 'left'

export interface MeshSnapshot {
  readonly phase: Phase
  readonly steps: readonly {
    readonly step: JoinStep
    readonly state: 'waiting' | 'running' | 'done' | 'failed'
    readonly detail?: string
  }[]
  /** Set in phase `failed`, and for problems that a person can do something about while the mesh works. */
  readonly problem: { readonly code: MeshErrorCode; readonly message: string } | undefined
  readonly self: {
    readonly id: PeerId
    readonly session: SessionId
    readonly name: string
    readonly device: string
    readonly capabilities: readonly string[]
    readonly load: { readonly slots: number; readonly busy: number }
    readonly joinedAtMs: number | undefined
  }
  readonly room: { readonly name: string; readonly isPrivate: boolean }
  readonly signaling: { readonly state: 'connecting' | 'connected' | 'down'; readonly url: string }
  readonly peers: readonly PeerInfo[]
  readonly links: readonly LinkInfo[]
  /** Who can be reached of those that are known, and on which side of a split this tab is. */
  readonly partition?: PartitionInfo
  readonly jobs: readonly JobView[]
  /** Undefined until the tab has joined and begun to decide. */
  readonly decisions?: DecisionsView
  /** Undefined until shared state is loaded, shortly after joining. */
  readonly shared: SharedView | undefined
  readonly counters: Readonly<Record<string, number>>
  /** Every peer, this one included, and the agents registered at them. */
  readonly agents: readonly AgentInfo[]
  /** Agents whose peers are not here, the latest 64; the room remembers them for a day. */
  readonly away: readonly AwayAgent[]
  /** What the room has set for everybody, as far as this tab knows; undefined until it does. */
  readonly settings?: RoomSettings | undefined
  /** In force here, or told to the room. */
  readonly faults: readonly FaultInfo[]
  /** Somebody has asked all to end, and a person is to say whether this tab does. */
  readonly shutdown:
    | { readonly by: PeerId; readonly name: string; readonly reason: string; readonly atMs: number }
    | undefined
}

/** One line of the Events panel. */
export interface TimelineEvent {
  readonly sequence: number
  readonly atMs: number
  readonly kind: 'peer' | 'link' | 'signaling' | 'job' | 'message' | 'fault' | 'problem' | 'decision'
  readonly text: string
  readonly peer?: PeerId
}
