/** Performs the check that gossip is heard by every neighbour, and repairs it where it is not. */
import type { Clock } from '../../../base/clock.ts'
import type { PeerId } from '../../../base/ids.ts'
import { initialHearing, pulseIntervalMs } from './state.ts'
import { type HearingInput, step } from './step.ts'

/** What gossip toward neighbours can be asked for; `Broadcasts` can. */
export interface NeighbourGossip {
  /** Says by gossip that this peer is there. */
  pulse(to: PeerId): void
  /** Opens the stream of gossip to this neighbour again. */
  restart(peer: PeerId): void
  /** Calls back with each neighbour of whom anything came by gossip. */
  onHeard(listener: (from: PeerId, isPulse: boolean) => void): () => void
}

export interface HearingOptions {
  readonly clock: Clock
  readonly neighbours: () => readonly PeerId[]
  readonly gossip: NeighbourGossip
  /** Over the link: nothing of you is heard here by gossip. */
  readonly complain: (to: PeerId) => void
  readonly onComplaint: (listener: (by: PeerId) => void) => () => void
  readonly remake: (peer: PeerId) => void
  readonly count: (counter: string) => void
}

export class Hearing {
  readonly #options: HearingOptions
  readonly #state
  readonly #stops: (() => void)[]

  constructor(options: HearingOptions) {
    const { clock, neighbours, gossip, onComplaint } = options
    this.#options = options
    this.#state = initialHearing(clock.monotonicMs())
    const nowMs = () => clock.monotonicMs()
    const tick = () => this.#run({ kind: 'tick', nowMs: nowMs(), neighbours: neighbours() })
    this.#stops = [
      clock.every(pulseIntervalMs, tick),
      gossip.onHeard((from, isPulse) => this.#run({ kind: 'heard', from, isPulse, nowMs: nowMs() })),
      onComplaint(by => this.#run({ kind: 'told', by, nowMs: nowMs() })),
    ]
    tick()
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #run(input: HearingInput): void {
    const { gossip, complain, remake, count } = this.#options
    for (const effect of step(this.#state, input)) {
      if (effect.kind === 'pulse') gossip.pulse(effect.to)
      else if (effect.kind === 'complain') {
        count('gossip.complaints')
        complain(effect.to)
      } else if (effect.kind === 'restart') {
        count('gossip.restarts')
        gossip.restart(effect.peer)
      } else remake(effect.peer)
    }
  }
}
