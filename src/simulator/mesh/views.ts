/** What the machines of a simulated peer may read of each other. */
import type { PeerId } from '../../base/ids.ts'
import type { DetectorView } from '../../mesh/detector/state.ts'
import type { MembershipState } from '../../mesh/membership/state.ts'

/** `heardMs`: when anything last came on each link, ms. */
export function detectorViewOf({ members }: MembershipState, heardMs: ReadonlyMap<PeerId, number>): DetectorView {
  return {
    sessionOf: peer => members.get(peer)?.announcement.session,
    heardMs: peer => heardMs.get(peer) ?? Number.NEGATIVE_INFINITY,
    linksOf: peer => members.get(peer)?.announcement.links.map(link => link.peer) ?? [],
    sequenceOf: peer => members.get(peer)?.announcement.sequence ?? 0,
  }
}

/** Links that a peer announces. */
export function degreeOf({ members }: MembershipState, peer: PeerId): number {
  return members.get(peer)?.announcement.links.length ?? 0
}
