/** Which news cannot wait, and how long a change gathers before it is announced. */
import { announceIntervalMs } from '../limits.ts'
import type { Announcement } from '../peer.ts'

/** In a large room links change somewhere all the time, and everybody hears of it: this much longer for each member, ms. */
const linksPerMemberMs = 10

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

/** How long changes gather. */
export function announceDelayMs(isOnlyLinks: boolean, members: number): number {
  return isOnlyLinks ? Math.max(announceIntervalMs, linksPerMemberMs * members) : announceIntervalMs
}
