/** Which news cannot wait, and how long a change gathers before it is announced. */
import type { PeerId } from '../../base/ids.ts'
import { announceIntervalMs, digestIntervalMs } from '../limits.ts'
import type { Announcement } from '../peer.ts'

/** In a large room links change somewhere all the time, and everybody hears of it: this much longer for each member, ms. */
const linksPerMemberMs = 30
/** So much of it where nothing of our links is announced yet: nobody else finds the way to us. */
const firstShare = 1 / 10

/** Lists of so many are compared as often as any; larger ones cost more, and are compared more seldom in proportion. */
const comparedMembers = 150

/** How often lists are compared with a neighbour, ms. */
export function compareEveryMs(members: number): number {
  return digestIntervalMs * Math.max(1, members / comparedMembers)
}

/** True where only links differ, or nothing: routes are found all the same, and the picture may lag. */
export function isOnlyOfLinks(former: Announcement, next: Announcement): boolean {
  if (former.session !== next.session || former.name !== next.name || former.device !== next.device) return false
  if (former.load.slots !== next.load.slots || former.load.busy !== next.load.busy) return false
  const { capabilities } = next
  return (
    former.capabilities.length === capabilities.length &&
    former.capabilities.every((capability, at) => capability === capabilities[at])
  )
}

/**
 * In a large room: true where nobody would learn anything from announcing these links. A link counts if either end announces it, and
 * those of who is gone are gone by themselves.
 */
export function isCovered(
  self: PeerId,
  former: Announcement['links'],
  now: Announcement['links'],
  members: ReadonlyMap<PeerId, { readonly announcement: Announcement }>,
): boolean {
  if (members.size <= comparedMembers) return false
  const has = (links: Announcement['links'] | undefined, peer: PeerId) => links?.some(link => link.peer === peer)
  const isKnown = (peer: PeerId) => has(former, peer) || has(members.get(peer)?.announcement.links, self)
  return now.every(link => isKnown(link.peer)) && former.every(({ peer }) => has(now, peer) || !members.has(peer))
}

/** How long changes gather. */
export function announceDelayMs(isOnlyLinks: boolean, members: number, announcedLinks: number): number {
  const share = announcedLinks === 0 ? firstShare : 1
  return isOnlyLinks ? Math.max(announceIntervalMs, share * linksPerMemberMs * members) : announceIntervalMs
}
