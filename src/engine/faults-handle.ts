/** `mesh.faults` on the page: each call is one request to the engine, which checks it. */
import type { PeerId } from '../base/ids.ts'
import type { FaultInfo, FaultOptions, FaultOutcome, FaultRequest, FaultTarget, HealOptions } from '../mesh/types.ts'

/** A share is the part of all messages that suffers, 0 to 1. Every fault may end by itself (`forMs`) and be the whole room's (`room`). */
export interface FaultsHandle {
  /** What is in force here, and what of it the room was told, oldest first. */
  list(): readonly FaultInfo[]
  /** No link to these: none stands for long, none is made. `direction: 'out'` or `'in'` cuts one way only. */
  cut(target: FaultTarget, options?: FaultOptions): Promise<FaultOutcome>
  /** Everything arrives so much later, each way; `jitterMs` adds up to so much more by chance. The order stays. */
  delay(target: FaultTarget, ms: number, options?: FaultOptions & { readonly jitterMs?: number }): Promise<FaultOutcome>
  jitter(target: FaultTarget, jitterMs: number, options?: FaultOptions): Promise<FaultOutcome>
  /** Loses messages beneath acknowledgement and retry. */
  drop(target: FaultTarget, share: number, options?: FaultOptions): Promise<FaultOutcome>
  duplicate(target: FaultTarget, share: number, options?: FaultOptions): Promise<FaultOutcome>
  /** Holds messages back for up to 50 ms, so that later ones overtake them. */
  reorder(target: FaultTarget, share: number, options?: FaultOptions): Promise<FaultOutcome>
  /** This peer, or those named, freeze: they hear and say nothing, and their clocks stand still. */
  pause(options?: { readonly target?: FaultTarget; readonly forMs?: number }): Promise<FaultOutcome>
  /** No link between peers of different groups, in the whole room. Whoever is in none belongs to the first; one group alone is parted from all others. */
  partition(groups: readonly (readonly PeerId[])[], options?: { readonly forMs?: number }): Promise<FaultOutcome>
  /** Ends all faults, or one of them by its id. Those of the room end everywhere. */
  heal(which?: string | HealOptions): Promise<FaultOutcome>
}

export function faultsHandle(
  request: (request: FaultRequest) => Promise<FaultOutcome>,
  list: () => readonly FaultInfo[],
): FaultsHandle {
  return {
    list,
    cut: (target, options) => request({ ...options, kind: 'cut', target }),
    delay: (target, ms, options) => request({ ...options, kind: 'delay', target, ms }),
    jitter: (target, jitterMs, options) => request({ ...options, kind: 'delay', target, ms: 0, jitterMs }),
    drop: (target, share, options) => request({ ...options, kind: 'loss', target, share }),
    duplicate: (target, share, options) => request({ ...options, kind: 'duplicate', target, share }),
    reorder: (target, share, options) => request({ ...options, kind: 'reorder', target, share }),
    pause: options => request({ ...options, kind: 'pause' }),
    partition: (groups, options) => request({ ...options, kind: 'partition', groups }),
    heal: which => request({ ...(typeof which === 'string' ? { id: which } : which), kind: 'heal' }),
  }
}
