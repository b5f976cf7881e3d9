/**
 * The faults in force at one peer, as a machine: what was asked for comes in, and what the links suffer can be read from it. It has no clock
 * and no chance of its own.
 *
 * Invariants:
 * 1. A fault ends when it is healed or its time is over, and by nothing else; a reload clears all.
 * 2. What the room was told and does nothing here is kept all the same, so that anybody can list it and heal it.
 * 3. One id, one fault: a command that comes twice acts once.
 */
import type { PeerId } from '../../base/ids.ts'
import type { FaultAction, FaultCommand, FaultDirection } from './types.ts'

/** Which links: all, those to some peers, or all but those to some. */
export type Links = 'all' | ReadonlySet<PeerId> | { readonly except: ReadonlySet<PeerId> }

/** What a fault does at this peer. */
export type Effect =
  | (FaultAction & { readonly links: Links; readonly direction: FaultDirection })
  | { readonly kind: 'pause' }

export interface Fault {
  readonly id: string
  readonly by: PeerId
  readonly scope: 'own' | 'room'
  readonly command: FaultCommand
  /** Several where a peer stands on both sides of a direction; none where the fault is at others only. */
  readonly effects: readonly Effect[]
  readonly sinceMs: number
  readonly untilMs: number | undefined
}

export interface FaultPlan {
  readonly self: PeerId
  readonly faults: Map<string, Fault>
}

export type Input =
  | {
      readonly kind: 'begin'
      readonly id: string
      readonly by: PeerId
      readonly scope: Fault['scope']
      readonly command: FaultCommand
      readonly forMs: number | undefined
      readonly nowMs: number
    }
  /** Neither: all of them. */
  | { readonly kind: 'heal'; readonly id?: string | undefined; readonly peer?: PeerId | undefined }
  | { readonly kind: 'tick'; readonly nowMs: number }

export type Outcome =
  | { readonly kind: 'began'; readonly fault: Fault }
  | { readonly kind: 'ended'; readonly fault: Fault; readonly reason: 'healed' | 'over' }
  /** A part of it was healed. */
  | { readonly kind: 'changed'; readonly fault: Fault }
  | { readonly kind: 'refused'; readonly reason: 'too-many' | 'known' }

export function emptyPlan(self: PeerId): FaultPlan {
  return { self, faults: new Map() }
}
