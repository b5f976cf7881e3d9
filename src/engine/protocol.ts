/** Between a page and its engine. Both are of one build, so nothing here is validated: it was where it entered. */
import type { MeshErrorCode } from '../base/errors.ts'
import type { JobId, PeerId, SessionId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type { Decisions, DecisionsControl } from '../consensus/decisions/types.ts'
import type { ConnectionFacts } from '../link/diagnosis.ts'
import type { LoggedDial } from '../link/dials.ts'
import type { PresetName } from '../mesh/presets.ts'
import type {
  AgentInfo,
  AgentSpec,
  BroadcastOptions,
  CallOptions,
  FaultOutcome,
  FaultRequest,
  GatherOutcome,
  Incoming,
  LinkFacts,
  Reachability,
  ShutdownOutcome,
} from '../mesh/types.ts'
import type { GossipCalls } from './gossip-handle.ts'
import type { HandleEvents, JobRequest, Metrics } from './handle.ts'
import type { KeptView } from './room-keeping.ts'
import type { RoomSettings, SettingsChange } from './room-settings.ts'
import type { SharedApi, SharedPush } from './shared-rpc.ts'
import type { MeshSnapshot, TimelineEvent } from './snapshot.ts'

export interface StartConfig {
  readonly room: string
  readonly secret: string | undefined
  readonly name: string | undefined
  readonly signalingUrl: string
  readonly iceServers: RTCIceServer[]
  /** Go on although a room of this name is open under another key. */
  readonly separate: boolean
  readonly preset: PresetName | undefined
  readonly maxAgents: number | undefined
  /** Capabilities whose functions live on the page. */
  readonly capabilities: readonly string[]
  /** Of this peer as an agent. */
  readonly type: string | undefined
  readonly region: string | undefined
  /** Whether others may ask for faults here; undefined: in private rooms. */
  readonly roomFaults: boolean | undefined
  readonly onShutdown: 'ask' | 'leave' | 'ignore'
  /** Where this tab was before it was reloaded. */
  readonly former: { readonly slot: number; readonly session: string } | undefined
  readonly timing: 'auto' | 'lab' | 'internet'
  readonly siblingPipes: boolean
  /** Where the page was served from, to load the sample from. */
  readonly baseUrl: string
}

/** The first message to the worker, with the ports that everything else uses. */
export interface Boot {
  readonly kind: 'boot'
  readonly config: StartConfig
  readonly rpc: MessagePort
  /** On which the page serves PageServices. */
  readonly services: MessagePort
  readonly links: MessagePort
}

/** Pushed by the engine, in order. */
export type Push =
  | SharedPush
  | { readonly kind: 'snapshot'; readonly snapshot: MeshSnapshot }
  | { readonly kind: 'timeline'; readonly event: TimelineEvent }
  | {
      readonly [Name in PushedEvent]: {
        readonly kind: 'event'
        readonly name: Name
        readonly detail: HandleEvents[Name]
      }
    }[PushedEvent]
  | { readonly kind: 'topic'; readonly subscription: number; readonly payload: Payload; readonly incoming: Incoming }
  /** Admitted with one link, or confirmed to be alone. `slot` and `session` are kept for a reload. */
  | {
      readonly kind: 'ready'
      readonly slot: number | undefined
      readonly session: SessionId
      /** As the tabs of this browser are listed. */
      readonly browser: string
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

export type PushedEvent = Exclude<keyof HandleEvents, 'snapshot' | 'timeline'>

/** What an engine knows of its links; whether they can exist at all, the page knows. */
export type EngineFacts = Omit<ConnectionFacts, 'isSecureContext' | 'hasWebRtc' | 'dials'> & {
  readonly dials: readonly LoggedDial[]
}

/** Call options that can cross a port: a signal becomes an id that `abort` names. */
export type WireCallOptions = Omit<CallOptions, 'signal'> & { readonly abortId?: number }

/** What the page asks of the decisions; the options of a call come beside its arguments. */
export type DecisionCalls = Omit<Decisions & DecisionsControl, 'watch'>

export type WireJobRequest = Omit<JobRequest, 'signal' | 'onProgress'>

/** What the page may ask of its engine, over comlink. */
export interface EngineApi extends SharedApi {
  send(to: PeerId, topic: string, payload: Payload, options: WireCallOptions): Promise<void>
  /** Many at once; what failed stands at the index of the broadcast that did. */
  broadcast(
    broadcasts: readonly { readonly topic: string; readonly payload: Payload; readonly options?: BroadcastOptions }[],
  ): Promise<Readonly<Record<number, { readonly code: MeshErrorCode; readonly message: string }>>>
  subscribe(topic: string, subscription: number): void
  unsubscribe(subscription: number): void
  handle(topic: string, handler: (payload: Payload, incoming: Incoming) => Promise<Payload | undefined>): number
  unhandle(handle: number): void
  request(to: PeerId, topic: string, payload: Payload, options: WireCallOptions): Promise<Payload>
  gather(
    topic: string,
    payload: Payload,
    options: WireCallOptions & { quorum?: number },
  ): Promise<readonly GatherOutcome[]>
  submit(capability: string, input: Payload, options: { timeoutMs?: number; abortId?: number }): Promise<Payload>
  startJob(job: WireJobRequest): Promise<JobId>
  cancelJob(id: JobId): Promise<void>
  retryJob(id: JobId): Promise<void>
  jobResult(id: JobId): Promise<Json>
  decide<Name extends keyof DecisionCalls>(
    name: Name,
    args: Parameters<DecisionCalls[Name]>,
    options: WireCallOptions,
  ): Promise<unknown>
  /** Tell each decision as it is applied, or none any more. */
  watchDecisions(isWatched: boolean): void
  /** The page is about to be frozen. */
  freezing(): void
  abort(abortId: number): void
  ping(peer: PeerId): Promise<number>
  pingAll(timeoutMs: number | undefined): Promise<Reachability>
  metrics(): Promise<Metrics>
  gossip(name: keyof GossipCalls, args: readonly unknown[]): Promise<unknown>
  faults(request: FaultRequest): Promise<FaultOutcome>
  registerAgent(agent: AgentSpec): Promise<AgentInfo>
  deregisterAgent(id: string): Promise<void>
  kept(): Promise<KeptView>
  settings(change: SettingsChange | undefined, options: WireCallOptions): Promise<RoomSettings>
  shutdown(reason: string): Promise<ShutdownOutcome>
  connect(peer: PeerId): Promise<void>
  cut(peer: PeerId): Promise<void>
  linkFacts(peer: PeerId): Promise<LinkFacts>
  dials(): readonly LoggedDial[]
  connectionFacts(): Promise<EngineFacts>
  /** The page came back to the front, from sleep, or online. */
  probe(): Promise<void>
  rename(name: string): void
  leave(): Promise<void>
}
