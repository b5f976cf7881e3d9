/** The signed goodbyes of sessions that ended, for neighbours who missed them; the oldest are forgotten first. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import { departedMax } from '../limits.ts'
import type { Signed } from '../signed.ts'

export class Graves {
  readonly #records = new Map<string, Signed>()

  add(peer: PeerId, session: SessionId, goodbye: Signed): void {
    this.#records.set(`${peer} ${session}`, goodbye)
    for (const oldest of this.#records.keys()) {
      if (this.#records.size <= departedMax) break
      this.#records.delete(oldest)
    }
  }

  get(peer: PeerId, session: SessionId): Signed | undefined {
    return this.#records.get(`${peer} ${session}`)
  }
}
