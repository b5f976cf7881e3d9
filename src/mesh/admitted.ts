/** Which session each peer proved at its last admission; the oldest are forgotten first, since strangers may come without end. */
import { dropOldest } from '../base/drop-oldest.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import { membersMax } from './limits.ts'

export class Admitted {
  readonly #sessions = new Map<PeerId, SessionId>()

  add(peer: PeerId, session: SessionId): void {
    this.#sessions.delete(peer)
    this.#sessions.set(peer, session)
    dropOldest(this.#sessions, membersMax)
  }

  sessionOf(peer: PeerId): SessionId | undefined {
    return this.#sessions.get(peer)
  }
}
