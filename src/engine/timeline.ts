/** Numbers and stamps the lines of the Events panel. The page keeps the last 1,000; the engine keeps none. */
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import type { TimelineEvent } from './snapshot.ts'

export class Timeline {
  readonly #clock: Clock
  readonly #push: (event: TimelineEvent) => void
  #sequence = 0

  constructor(clock: Clock, push: (event: TimelineEvent) => void) {
    this.#clock = clock
    this.#push = push
  }

  add(kind: TimelineEvent['kind'], text: string, peer?: PeerId): void {
    const event = { sequence: ++this.#sequence, atMs: this.#clock.nowMs(), kind, text }
    this.#push(peer === undefined ? event : { ...event, peer })
  }
}
