/** A member as this peer sees it: what it announced, and how it is linked from here. */
import type { PeerId } from '../base/ids.ts'
import type { LinkTable } from './link-table.ts'
import type { Member } from './membership/state.ts'
import type { PeerInfo } from './peer.ts'

export function peerInfoOf(member: Member, links: LinkTable, phi?: number): PeerInfo {
  const { id, state, joinedAtMs } = member
  const { sequence: _, ...announcement } = member.announcement
  const link = links.get(id)
  return {
    ...announcement,
    id,
    state,
    joinedAtMs,
    ...(phi !== undefined && { phi: Math.round(phi * 100) / 100 }),
    link: link?.kind ?? 'relayed',
    rttMs: link?.rttMs ?? (link ? undefined : relayedRttMs(member, links)),
  }
}

/** The shortest way over one neighbour, from what both of its links measured; undefined where it is further away. */
function relayedRttMs(member: Member, links: LinkTable): number | undefined {
  let best: number | undefined
  for (const { peer, rttMs } of member.announcement.links) {
    const near = links.get(peer)?.rttMs
    if (near === undefined || rttMs === undefined) continue
    best = Math.min(best ?? Number.POSITIVE_INFINITY, near + rttMs)
  }
  return best
}

/** Who announces links to whom. */
export function graphOf(members: Iterable<Member>): ReadonlyMap<PeerId, readonly PeerId[]> {
  return new Map([...members].map(({ id, announcement }) => [id, announcement.links.map(link => link.peer)]))
}

export function suspectsOf(members: Iterable<Member>): PeerId[] {
  return [...members].flatMap(({ id, state }) => (state === 'suspect' ? [id] : []))
}
