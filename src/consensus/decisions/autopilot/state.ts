/** What Autopilot sees and remembers. It runs at the leader's host and proposes; a quorum decides (DESIGN, section 6). */
import type { MemberId, Membership, MembershipChange } from '../../raft/messages.ts'

/** One member as its leader sees it now. */
export interface Seen {
  readonly member: MemberId
  /** The peer that hosts it; undefined where nobody is known to. */
  readonly host: string | undefined
  /** What is likely to fail together: one browser profile. */
  readonly device: string | undefined
  readonly isLive: boolean
  /** It has nearly the whole log. */
  readonly isCaughtUp: boolean
  /** Its host asked to be let go. */
  readonly isLeaving: boolean
}

export interface Observation {
  readonly nowMs: number
  /** The leader. */
  readonly self: MemberId
  readonly membership: Membership
  readonly seen: readonly Seen[]
}

/** Since when something has been so, ms of a monotonic clock. */
export interface Past {
  liveSinceMs: number | undefined
  goneSinceMs: number | undefined
  /** Its host has had another member for so long. */
  surplusSinceMs: number | undefined
}

export interface AutopilotState {
  readonly past: Map<MemberId, Past>
}

export interface Plan {
  readonly change: MembershipChange
  /** For people and logs. */
  readonly why: string
}

export function autopilotState(): AutopilotState {
  return { past: new Map() }
}
