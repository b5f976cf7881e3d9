/** Tells a new neighbour of everybody, once it hears broadcasts: whoever is a member can be spoken to. */
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Broadcasts } from './broadcasts.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { LinkTable } from './link-table.ts'
import type { MembershipDriver } from './membership/driver.ts'

export interface Introducers {
  readonly broadcasts: Broadcasts
  readonly membership: MembershipDriver
  readonly links: LinkTable
  readonly heartbeat: Heartbeat
}

export async function introduce(peer: PeerId, session: SessionId, parts: Introducers): Promise<void> {
  const { broadcasts, membership, links, heartbeat } = parts
  await broadcasts.listening(peer)
  if (links.sessionOf(peer) === session) await membership.linked(peer, session)
  await heartbeat.opened(peer)
}
