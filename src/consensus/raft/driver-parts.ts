/** What a driver is handed: clock, disk and wire, and who wants to hear of what. */
import type { Clock } from '../../base/clock.ts'
import type { MeshError } from '../../base/errors.ts'
import type { Batch } from '../storage/store.ts'
import type { MemberId, Membership, RaftMessage } from './messages.ts'
import type { SessionMachine } from './sessions.ts'
import type { RaftConfig, RaftView, RestoredState } from './state.ts'

export interface DriverParts {
  readonly clock: Clock
  readonly config: RaftConfig
  readonly isAutoPaced: boolean
  readonly restored: RestoredState
  /** Loaded from `restored.snapshot` already. */
  readonly machine: SessionMachine
  readonly write: (batch: Batch) => Promise<'durable' | 'fenced'>
  /** `pace` is told to followers; undefined from who leads nobody. */
  readonly send: (to: MemberId, message: RaftMessage, pace: number | undefined) => void
  readonly onRole?: (view: RaftView) => void
  readonly onMembership?: (membership: Membership) => void
  /** Something was appended, committed or applied. */
  readonly onProgress?: () => void
  readonly onDropped?: (from: MemberId, reason: string, generation: string) => void
  /** This life is over, and why: `undefined` where it was halted from outside or fenced off. */
  readonly onEnd: (error: MeshError | undefined) => void
}
