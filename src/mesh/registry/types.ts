/** Who is here to do something: every peer is an agent, and may register others that it speaks for. */
import type { PeerId } from '../../base/ids.ts'
import type { LeaveReason } from '../peer.ts'

/** `idle` and `busy` by the load of the peer that it lives at; `suspect` while that peer is. */
export type AgentState = 'idle' | 'busy' | 'suspect'

export interface AgentInfo {
  /** A peer's own id, or `PEER/ID` for an agent registered there. */
  readonly id: string
  /** Where it lives. */
  readonly peer: PeerId
  /** Whether it is the peer itself. */
  readonly isPeer: boolean
  readonly name: string
  /** `coordinator`, `worker`, `validator`, or whatever else the room agrees on. */
  readonly type: string
  readonly capabilities: readonly string[]
  readonly region: string | undefined
  readonly state: AgentState
  /** By the clock of its peer, ms since 1970; for a peer, when it was seen to join. */
  readonly sinceMs: number
}

export interface AgentSpec {
  /** 1 to 64 letters, digits, `.`, `_` or `-`. Registered again, it is changed. Default: its type and a number. */
  readonly id?: string
  readonly name?: string
  /** Default `worker`. */
  readonly type?: string
  readonly capabilities?: readonly string[]
  readonly region?: string
}

export interface RegistryEvents {
  'agent-registered': AgentInfo
  'agent-updated': AgentInfo
  'agent-deregistered': { readonly agent: AgentInfo; readonly reason: 'deregistered' | LeaveReason }
}

/** Where a peer's agents are kept over a reload. What comes out of it is checked. */
export interface AgentStore {
  load(): Promise<unknown>
  save(stored: unknown): Promise<void>
}
