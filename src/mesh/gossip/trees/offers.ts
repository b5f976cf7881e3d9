/** Ids of batches that were kept from neighbours who choke us, until they are offered. */
import type { PeerId } from '../../../base/ids.ts'
import { offeredBatchesMax, silentBatchesMax } from './limits.ts'

interface Kept {
  /** Since the last round. What is so fresh is most likely still on its way by the tree. */
  fresh: Uint8Array[]
  ripe: Uint8Array[]
  /** Told only when asked for. */
  silent: Uint8Array[]
}

export class Offers {
  readonly #kept = new Map<PeerId, Kept>()

  /** `isSilent` where it comes to the neighbour from its origin itself: no round offers it. */
  add(neighbour: PeerId, id: Uint8Array, isSilent: boolean): void {
    const kept = this.#kept.get(neighbour) ?? { fresh: [], ripe: [], silent: [] }
    this.#kept.set(neighbour, kept)
    const [ids, idsMax] = isSilent ? [kept.silent, silentBatchesMax] : [kept.fresh, offeredBatchesMax]
    ids.push(id)
    if (ids.length > idsMax) ids.shift()
  }

  /** A round: what is as old as one goes. */
  *round(): Generator<[PeerId, Uint8Array[]]> {
    for (const [neighbour, kept] of this.#kept) {
      if (kept.ripe.length > 0) yield [neighbour, kept.ripe]
      if (kept.fresh.length === 0 && kept.silent.length === 0) this.#kept.delete(neighbour)
      kept.ripe = kept.fresh
      kept.fresh = []
    }
  }

  /** All that waits for one neighbour. */
  take(neighbour: PeerId): Uint8Array[] {
    const kept = this.#kept.get(neighbour)
    this.#kept.delete(neighbour)
    return kept ? [...kept.silent, ...kept.ripe, ...kept.fresh] : []
  }
}
