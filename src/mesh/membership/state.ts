/**
 * Who is here, as a machine. It has no clock and no network: signed announcements, goodbyes, verdicts and hints come in (already
 * verified), events and orders come out.
 *
 * Invariants:
 * 1. A peer is a member by its own announcement only, and only with its latest session.
 * 2. A session that said goodbye never comes back. One that was given up by others comes back by announcing itself with a
 *    higher sequence than the verdict knew (SWIM's refutation, §4.2).
 * 3. A hint (signaling's "left", a lost link) starts a probe, never a verdict.
 */
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Announcement, LeaveReason, PeerState } from '../peer.ts'

export interface Member {
  readonly id: PeerId
  readonly announcement: Announcement
  readonly state: PeerState
  readonly joinedAtMs: number
}

export interface Departed {
  /** Announcements up to this sequence stay void; Infinity after a goodbye. */
  readonly sequence: number
}

export interface MembershipState {
  readonly self: PeerId
  readonly selfSession: SessionId
  readonly members: Map<PeerId, Member>
  /** By peer and then by session, so that nobody buries another's session by naming it; the peers buried longest ago are forgotten first. */
  readonly departed: Map<PeerId, Map<SessionId, Departed>>
  /** Sessions in `departed`. */
  graves: number
}

export type Input =
  | { readonly kind: 'announced'; readonly peer: PeerId; readonly announcement: Announcement; readonly nowMs: number }
  | { readonly kind: 'goodbye'; readonly peer: PeerId; readonly session: SessionId; readonly reason: 'closed' | 'left' }
  /** Another member's finding, or our own, that a session is dead. */
  | { readonly kind: 'verdict'; readonly peer: PeerId; readonly session: SessionId; readonly sequence: number }
  /** Something suggests that the session is gone. */
  | { readonly kind: 'hint'; readonly peer: PeerId; readonly session: SessionId }
  /** The member answered us, so it is alive. */
  | { readonly kind: 'heard'; readonly peer: PeerId }
  /** The last probe of a suspect went unanswered. */
  | { readonly kind: 'probe-failed'; readonly peer: PeerId; readonly session: SessionId }

export type Effect =
  | { readonly kind: 'joined'; readonly member: Member }
  | { readonly kind: 'changed'; readonly member: Member }
  | { readonly kind: 'departed'; readonly member: Member; readonly reason: LeaveReason }
  | { readonly kind: 'probe'; readonly peer: PeerId; readonly session: SessionId }
  /** Tell the room what was found. */
  | { readonly kind: 'publish-verdict'; readonly peer: PeerId; readonly session: SessionId; readonly sequence: number }
  /** Somebody gave us up: announce with a higher sequence. */
  | { readonly kind: 'refute'; readonly sequence: number }

export function membershipOf(self: PeerId, selfSession: SessionId): MembershipState {
  return { self, selfSession, members: new Map(), departed: new Map(), graves: 0 }
}
