/** Watches a mesh for partitions, by its own events and the clock. */
import type { Clock } from '../../base/clock.ts'
import type { Mesh, MeshEvents } from '../types.ts'
import { figuresOf, type PartitionFigures, type PartitionState, partitionOf, type Side } from './state.ts'
import { step } from './step.ts'

/** What is remembered grows old, and a peer without links becomes isolated, at this grain, ms. */
const tickMs = 1_000

export interface PartitionInfo extends PartitionFigures {
  /** The side of a split that this peer is on; undefined while there is none. */
  readonly side: Side | undefined
  /** Since when there is a split, ms since 1970. */
  readonly sinceMs?: number
}

export interface PartitionDriverOptions {
  readonly clock: Clock
  readonly on: Mesh['on']
  readonly links: () => number
  readonly isolatedAfterMs: number
  readonly emit: <Name extends 'partition' | 'heal'>(name: Name, detail: MeshEvents[Name]) => void
  /** Neighbours should compare at once what they know. */
  readonly onHeal: () => void
}

export class PartitionDriver {
  readonly #options: PartitionDriverOptions
  readonly #state: PartitionState
  readonly #stops: (() => void)[]

  constructor(options: PartitionDriverOptions) {
    const { on, clock, links } = options
    this.#options = options
    this.#state = partitionOf(options.isolatedAfterMs)
    this.#stops = [
      on('agent-join', ({ id }) => this.#step({ kind: 'joined', peer: id })),
      on('agent-leave', ({ peer, reason }) =>
        this.#step({ kind: 'departed', peer: peer.id, isCrash: reason === 'crashed' }),
      ),
      clock.every(tickMs, () => this.#step({ kind: 'links', count: links() })),
    ]
  }

  get info(): PartitionInfo {
    const { clock } = this.#options
    const { side, sinceMs } = this.#state
    const nowMs = clock.monotonicMs()
    const split = side && { sinceMs: Math.round(clock.nowMs() - (nowMs - sinceMs)) }
    return { side, ...split, ...figuresOf(this.#state, nowMs) }
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #step(told: Timed<Parameters<typeof step>[1]>): void {
    const input = { ...told, nowMs: this.#options.clock.monotonicMs() } as Parameters<typeof step>[1]
    for (const { kind, ...detail } of step(this.#state, input)) {
      this.#options.emit(kind, detail as MeshEvents['partition'] & MeshEvents['heal'])
      if (kind === 'heal') this.#options.onHeal()
    }
  }
}

type Timed<Given> = Given extends unknown ? Omit<Given, 'nowMs'> : never
