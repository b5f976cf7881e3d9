/** Local changes of one replica on their way out: at once when it was quiet, together when they follow closely or the mesh is busy. */
import type { Clock } from '../../base/clock.ts'
import { updateBroadcastBytesMax, updatePaceMs } from '../limits.ts'

export interface OutboxOptions {
  readonly clock: Clock
  readonly combine: (updates: readonly Uint8Array[]) => Uint8Array
  /** Waits while the mesh's own queue is full: that is what holds us back. */
  readonly broadcast: (update: Uint8Array) => Promise<void>
  /** These changes fit no broadcast; the others must ask for them. */
  readonly onTooLarge: () => void
}

export class Outbox {
  readonly #options: OutboxOptions
  #waiting: Uint8Array[] = []
  #isSending = false
  #sentAtMs = Number.NEGATIVE_INFINITY

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  add(update: Uint8Array): void {
    this.#waiting.push(update)
    if (!this.#isSending) void this.#send()
  }

  async #send(): Promise<void> {
    const { clock, combine, broadcast, onTooLarge } = this.#options
    this.#isSending = true
    await Promise.resolve() // what one task changes goes together
    while (this.#waiting.length > 0) {
      const restMs = this.#sentAtMs + updatePaceMs - clock.monotonicMs()
      if (restMs > 0) await new Promise<void>(resolve => clock.after(restMs, resolve))
      const updates = this.#waiting.splice(0)
      const [first] = updates
      const update = updates.length === 1 && first ? first : combine(updates)
      // It fails only where this peer left, or has nobody to tell; who comes later asks.
      if (update.length > updateBroadcastBytesMax) onTooLarge()
      else await broadcast(update).catch(() => {})
      this.#sentAtMs = clock.monotonicMs()
    }
    this.#isSending = false
  }
}
