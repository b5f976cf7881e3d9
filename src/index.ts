/** tabmesh: open a tab and it is a peer. The public API; everything else is an implementation detail. */
export { MeshError, type MeshErrorCode } from './base/errors.ts'
export type { BlockHash, JobId, PeerId, RoomHash, SessionId } from './base/ids.ts'
export type { Json, Payload } from './base/json.ts'
export type * from './consensus/decisions/types.ts'
export type { AwayAgent, Topology } from './consensus/keeping/records.ts'
export type { AgentsHandle } from './engine/agents-handle.ts'
export type { FaultsHandle } from './engine/faults-handle.ts'
export type { GossipHandle } from './engine/gossip-handle.ts'
export type { HandleEvents, JobRequest, MeshHandle, Metrics } from './engine/handle.ts'
export type { CapabilityFunction, JoinOptions } from './engine/join-options.ts'
export { joinMesh } from './engine/page.ts'
export type { KeptView } from './engine/room-keeping.ts'
export type { RoomSettings, SettingsChange } from './engine/room-settings.ts'
export type { SettingsHandle } from './engine/settings-handle.ts'
export type {
  Awareness,
  Doc,
  Entry,
  MemoryChange,
  MemoryHandle,
  SharedHandle,
  SyncSettings,
} from './engine/shared-handle.ts'
export type { JoinStep, MeshSnapshot, Phase, TimelineEvent } from './engine/snapshot.ts'
export type { PresetName } from './mesh/presets.ts'
export type * from './mesh/types.ts'
export type * from './work/types.ts'
