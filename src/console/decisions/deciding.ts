/** All that the Decisions panel needs of a mesh: its view, its calls, and the few faults that it offers. */
import type { PeerId } from '../../base/ids.ts'
import type { Decisions, DecisionsControl, DecisionsView } from '../../consensus/decisions/types.ts'
import type { MeshHandle } from '../../engine/handle.ts'
import type { MeshSnapshot } from '../../engine/snapshot.ts'

/** Faults that the panel offers beside a member. */
export interface MemberFaults {
  /** These peers hear and say nothing for a while. */
  pause(options: { readonly target: readonly PeerId[]; readonly forMs: number }): Promise<unknown>
  /** No link between this peer and that one. */
  cut(peer: PeerId): Promise<unknown>
  /** Everything that was broken on purpose is whole again. */
  heal(): Promise<unknown>
}

export interface Deciding {
  readonly decisions: (Decisions & DecisionsControl) | undefined
  /** Undefined where faults cannot be made. */
  readonly faults: MemberFaults | undefined
}

/** What an engine that decides adds to its snapshot and its handle. An engine need not. */
type WithView = MeshSnapshot & { readonly decisions?: DecisionsView }
type WithCalls = MeshHandle & Partial<Deciding>

export function decisionsView(snapshot: MeshSnapshot | undefined): DecisionsView | undefined {
  return (snapshot as WithView | undefined)?.decisions
}

export function decidingOf(handle: MeshHandle | undefined): Deciding {
  const { decisions, faults } = (handle ?? {}) as Partial<WithCalls>
  return { decisions, faults }
}
