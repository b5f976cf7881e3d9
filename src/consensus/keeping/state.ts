/**
 * Keeping as a machine: what the room is now and what is kept of it go in, what to write comes out.
 *
 * Invariants
 * K1  A room at rest that is kept as it is writes nothing: there is no write that another one follows by itself, but for those that time
 *     brings about, and each of these happens once.
 * K2  Whose peer is here is kept as it says; whose peer is gone stays as it was, marked with when that was noticed, for `awayMsMax`.
 * K3  What is kept is within its limits; who is here goes before who is away, and who left later before who left earlier.
 * K4  A topology without links replaces none: a tab that is alone shows how the room last was.
 */
import type { PeerId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { LinkKind } from '../../mesh/peer.ts'
import type { AgentInfo } from '../../mesh/registry/types.ts'
import type { Kept } from './records.ts'

/** The room as its leader's host sees it now. */
export interface RoomNow {
  /** Everybody who is here, this peer included. */
  readonly peers: readonly { readonly id: PeerId; readonly name: string }[]
  readonly agents: readonly AgentInfo[]
  readonly links: readonly { readonly between: readonly [PeerId, PeerId]; readonly kind: LinkKind }[]
}

export interface Observation {
  /** Ms since 1970, for what is written down. */
  readonly nowMs: number
  /** For what is waited for. */
  readonly monotonicMs: number
  readonly room: RoomNow
  readonly kept: Kept
}

/** To happen only if the key holds what is expected; `undefined` is "not there". */
export interface Change {
  readonly key: string
  readonly expected: Json | undefined
  readonly value: Json | undefined
}

export interface KeepState {
  /** Since when an agent's own peer, being here, has not named it; monotonic ms. */
  readonly unnamedSinceMs: Map<string, number>
  /** The topology at the last look: what changes all the time is not worth keeping yet. */
  seenTopology: string | undefined
  topologyAtMs: number | undefined
}

export function keepState(): KeepState {
  return { unnamedSinceMs: new Map(), seenTopology: undefined, topologyAtMs: undefined }
}
