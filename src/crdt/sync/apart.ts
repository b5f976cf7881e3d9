/** Since when each of the others has been known to hold something else than this peer; for people to see. */
import type { PeerId } from '../../base/ids.ts'

export class ApartTimes {
  /** Name of a replica -> peer -> ms since 1970. */
  readonly #since = new Map<string, Map<PeerId, number>>()

  /** `isSame` is undefined where it is not known; then what was known before stays. */
  note(name: string, peer: PeerId, isSame: boolean | undefined, nowMs: number): void {
    if (isSame === undefined) return
    const since = this.#since.get(name) ?? new Map<PeerId, number>()
    this.#since.set(name, since)
    if (isSame) since.delete(peer)
    else if (!since.has(peer)) since.set(peer, nowMs)
  }

  left(peer: PeerId): void {
    for (const since of this.#since.values()) since.delete(peer)
  }

  of(name: string, peer: PeerId): number | undefined {
    return this.#since.get(name)?.get(peer)
  }
}
