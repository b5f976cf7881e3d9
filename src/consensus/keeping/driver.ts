/** Keeps what the room is, at the peer where the leader lives: it looks, and writes what differs from what is kept. */
import type { Clock } from '../../base/clock.ts'
import type { OwnKeys } from '../decisions/own-keys.ts'
import { keepIntervalMs, keepPauseMsMax, keepTimeoutMs, lookIntervalMs, restIntervalMs } from './limits.ts'
import { agentsPrefix, KeptReader, topologyKey } from './records.ts'
import { type KeepState, keepState, type RoomNow } from './state.ts'
import { step } from './step.ts'

export interface KeepingOptions {
  readonly own: Pick<OwnKeys, 'here' | 'write' | 'isLeading'>
  readonly clock: Clock
  readonly room: () => RoomNow
  readonly count: (counter: string) => void
}

export class Keeping {
  readonly #options: KeepingOptions
  readonly #reader = new KeptReader()
  readonly #stop: () => void
  /** Of this leader's reign; undefined while it lives elsewhere. */
  #state: KeepState | undefined
  /** Not before; longer each time nothing came of a write, such as where the register is full. */
  #writeFromMs = Number.NEGATIVE_INFINITY
  #pauseMs = keepIntervalMs
  #lookedAtMs = Number.NEGATIVE_INFINITY
  /** Looks that follow because something happened: what it comes to shows at the second one. */
  #looks = 0
  #isWriting = false

  constructor(options: KeepingOptions) {
    this.#options = options
    this.#stop = options.clock.every(lookIntervalMs, () => void this.#tick())
  }

  /** Something about the room, or about what is kept, is different. */
  changed(): void {
    this.#looks = 2
  }

  close(): void {
    this.#stop()
  }

  async #tick(): Promise<void> {
    const { own, clock } = this.#options
    if (!own.isLeading) {
      this.#state = undefined
      return
    }
    // A new leader first hears who is here.
    if (!this.#state) {
      this.#state = keepState()
      this.changed()
      return
    }
    const nowMs = clock.monotonicMs()
    const isDue = this.#looks > 0 || nowMs - this.#lookedAtMs >= restIntervalMs
    if (!isDue || this.#isWriting || nowMs < this.#writeFromMs) return
    this.#looks = Math.max(0, this.#looks - 1)
    this.#lookedAtMs = nowMs
    await this.#keep(this.#state)
  }

  async #keep(state: KeepState): Promise<void> {
    const { own, clock, room, count } = this.#options
    const [agents, topology] = [own.here(agentsPrefix), own.here(topologyKey)]
    if (!agents || !topology) return
    count('keeping.looks')
    const kept = this.#reader.read(
      agents,
      topology.find(({ key }) => key === topologyKey),
    )
    const changes = step(state, { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs(), room: room(), kept })
    if (changes.length === 0) return
    this.#isWriting = true
    const isKept = await own.write(changes, { timeoutMs: keepTimeoutMs }).then(
      written => written > 0,
      () => false, // no quorum, or another leader: whoever leads looks again
    )
    this.#isWriting = false
    count(isKept ? 'keeping.writes' : 'keeping.writes-failed')
    this.#pauseMs = isKept ? keepIntervalMs : Math.min(2 * this.#pauseMs, keepPauseMsMax)
    this.#writeFromMs = clock.monotonicMs() + this.#pauseMs
    this.changed() // more may be left
  }
}
