/** Who looks at simulated peers from outside is told what they decide. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { PartitionEffect } from '../../mesh/partition/state.ts'
import type { Announcement, LeaveReason } from '../../mesh/peer.ts'
import type { SimPeer } from './peer.ts'

export interface Watch {
  joined(self: SimPeer, peer: PeerId, announcement: Announcement): void
  changed(self: SimPeer, peer: PeerId, announcement: Announcement): void
  departed(self: SimPeer, peer: PeerId, session: SessionId, reason: LeaveReason): void
  /** This peer's own verdict. */
  judged(self: SimPeer, peer: PeerId, session: SessionId): void
  links(self: SimPeer): void
  divided(self: SimPeer, effect: PartitionEffect): void
}
