/** A provider of links whose links suffer what the plan says. A peer that is cut off can neither be dialled nor come in. */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import type { LinkProvider, Pipe, Remote } from '../../link/types.ts'
import { conditionOf, mayLink } from './condition.ts'
import { FaultyPipe } from './faulty-pipe.ts'
import type { FaultPlan } from './state.ts'

export class FaultyLinks implements LinkProvider {
  readonly #inner: LinkProvider
  readonly #plan: FaultPlan
  readonly #clock: Clock
  readonly #random: Random
  readonly #pipes = new Set<FaultyPipe>()

  constructor(inner: LinkProvider, plan: FaultPlan, clock: Clock, random: Random) {
    this.#inner = inner
    this.#plan = plan
    this.#clock = clock
    this.#random = random
  }

  get kind() {
    return this.#inner.kind
  }

  get engaged(): ReadonlySet<PeerId> {
    return this.#inner.engaged
  }

  async dial(to: Remote, options: { readonly signal: AbortSignal }): Promise<Pipe> {
    if (!mayLink(this.#plan, to.peer)) throw new MeshError('dial-failed', 'a fault cuts the way to this peer')
    return this.#over(await this.#inner.dial(to, options))
  }

  onPipe(listener: (pipe: Pipe) => void): () => void {
    return this.#inner.onPipe(pipe => {
      if (mayLink(this.#plan, pipe.remote.peer)) listener(this.#over(pipe))
      else pipe.close('a fault cuts this link')
    })
  }

  close(): void {
    this.#inner.close()
  }

  /** The plan changed. */
  review(): void {
    for (const pipe of [...this.#pipes]) pipe.review()
  }

  #over(inner: Pipe): Pipe {
    const pipe: FaultyPipe = new FaultyPipe(inner, {
      clock: this.#clock,
      random: this.#random,
      condition: way => conditionOf(this.#plan, inner.remote.peer, way),
      onOver: () => this.#pipes.delete(pipe),
    })
    this.#pipes.add(pipe)
    return pipe
  }
}
