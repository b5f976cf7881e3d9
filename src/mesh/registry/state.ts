/**
 * The registry as a machine: verified records of peers and their comings and goings go in, what to tell the application comes out.
 *
 * Invariants:
 * 1. A peer alone says which agents live at it; its newest record of its newest session counts.
 * 2. An agent is listed only while its peer is a member: it goes with it, for the same reason.
 * 3. What was told as registered is told as deregistered once, whatever order words come in.
 */
import type { PeerId } from '../../base/ids.ts'
import type { PeerInfo } from '../peer.ts'
import type { AgentRecord } from './record.ts'
import type { AgentInfo, RegistryEvents } from './types.ts'

/** As much of a member as an agent is made of. */
export type Host = Pick<PeerInfo, 'id' | 'session' | 'name' | 'capabilities' | 'load' | 'state' | 'joinedAtMs'>

export interface RegistryState {
  /** Of members, and of some who are not members yet. */
  readonly records: Map<PeerId, AgentRecord>
  readonly hosts: Map<PeerId, Host>
  /** What the application was told of, by peer and id. */
  readonly agents: Map<PeerId, ReadonlyMap<string, AgentInfo>>
  /** Capability -> ids of the agents that have it. */
  readonly byCapability: Map<string, Set<string>>
}

export type Input =
  | { readonly kind: 'record'; readonly peer: PeerId; readonly record: AgentRecord }
  /** It joined, or something about it changed. */
  | { readonly kind: 'host'; readonly host: Host }
  | {
      readonly kind: 'departed'
      readonly peer: PeerId
      readonly session: string
      readonly reason: Exclude<RegistryEvents['agent-deregistered']['reason'], 'deregistered'>
    }

export type Effect = {
  readonly [Name in keyof RegistryEvents]: { readonly kind: Name; readonly detail: RegistryEvents[Name] }
}[keyof RegistryEvents]

export function emptyRegistry(): RegistryState {
  return { records: new Map(), hosts: new Map(), agents: new Map(), byCapability: new Map() }
}
