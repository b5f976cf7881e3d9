/** All that the Decisions panel needs of a mesh: its view, its calls, and the few faults that it offers. */
import type { PeerId } from '../../base/ids.ts'
import type { Decisions, DecisionsControl } from '../../consensus/decisions/types.ts'
import type { MeshHandle } from '../../engine/handle.ts'

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

export function decidingOf(handle: MeshHandle | undefined): Deciding {
  return { decisions: handle?.decisions, faults: handle?.faults }
}
