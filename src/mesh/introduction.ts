/** Tells a new neighbour of everybody, once it hears broadcasts: whoever is a member can be spoken to. */
import type { PeerId } from '../base/ids.ts'
import type { Json } from '../base/json.ts'
import type { Broadcasts } from './broadcasts.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { MembershipDriver } from './membership/driver.ts'
import type { Words } from './words.ts'

export interface Introducers {
  readonly broadcasts: Broadcasts
  readonly membership: MembershipDriver
  readonly words: Words
  readonly heartbeat: Heartbeat
}

export async function introduce(peer: PeerId, parts: Introducers): Promise<void> {
  await parts.broadcasts.listening(peer)
  for (const word of await parts.membership.introduction()) parts.words.tell(peer, word as unknown as Json)
  await parts.heartbeat.opened(peer)
}
