/** Performs the check that gossip is heard by every neighbour, and repairs it where it is not. */
import type { Clock } from '../../../base/clock.ts'
import type { PeerId } from '../../../base/ids.ts'
import type { Node } from '../../node.ts'
import { NeighbourGossip } from './neighbour-gossip.ts'
import { initialHearing, pulseIntervalMs } from './state.ts'
import { type HearingInput, step } from './step.ts'

export interface HearingOptions {
  readonly clock: Clock
  readonly neighbours: () => readonly PeerId[]
  readonly node: () => Promise<Node> | undefined
  /** Of gossipsub; all gossip goes by it. */
  readonly topic: string
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
  #gossip: NeighbourGossip | undefined

  constructor(options: HearingOptions) {
    const { clock, neighbours, node, topic, onComplaint } = options
    this.#options = options
    this.#state = initialHearing(clock.monotonicMs())
    const nowMs = () => clock.monotonicMs()
    const tick = () => this.#run({ kind: 'tick', nowMs: nowMs(), neighbours: neighbours() })
    this.#stops = [
      clock.every(pulseIntervalMs, tick),
      onComplaint(by => this.#run({ kind: 'told', by, nowMs: nowMs() })),
    ]
    // Without a node nothing is heard, and there is nobody to hear us.
    void node()?.then(running => {
      this.#gossip = new NeighbourGossip(running, topic)
      this.#gossip.onHeard((from, isPulse) => this.#run({ kind: 'heard', from, isPulse, nowMs: nowMs() }))
      tick()
    })
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #run(input: HearingInput): void {
    const { complain, remake, count } = this.#options
    for (const effect of step(this.#state, input)) {
      if (effect.kind === 'pulse') this.#gossip?.pulse(effect.to)
      else if (effect.kind === 'complain') {
        count('gossip.complaints')
        complain(effect.to)
      } else if (effect.kind === 'restart') {
        count('gossip.restarts')
        this.#gossip?.restart(effect.peer)
      } else remake(effect.peer)
    }
  }
}
