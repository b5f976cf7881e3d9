/** What peers tell each other for the mesh's own sake, unanswered: of members, neighbour to neighbour, and sealed signals to anybody. */
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import type { Json } from '../base/json.ts'
import type { Remote } from '../link/types.ts'
import type { Delivery } from './delivery.ts'
import { decodePayload, encodePayload, type Frame } from './frame.ts'

export interface WordsOptions {
  readonly clock: Clock
  readonly delivery: () => Delivery
  readonly neighbours: () => readonly PeerId[]
  readonly onMembership: (word: unknown, from: PeerId) => void
  readonly onSignal: (sealed: string) => void
  readonly count: (counter: string) => void
}

export class Words {
  readonly #options: WordsOptions

  constructor(options: WordsOptions) {
    this.#options = options
  }

  tell(peer: PeerId, word: Json): void {
    this.#options.delivery().tell(peer, this.#frame('membership', word))
  }

  tellNeighbours(word: Json, except?: PeerId): void {
    const frame = this.#frame('membership', word)
    for (const peer of this.#options.neighbours()) if (peer !== except) this.#options.delivery().tell(peer, frame)
  }

  /** Sends a sealed signal through the mesh, by links whose path stands. */
  signal(to: Remote, sealed: string): void {
    const sent = this.#options.delivery().sendAround(to.peer, this.#frame('signal', sealed))
    sent.catch(() => this.#options.count('signals.not-carried'))
  }

  receive(from: PeerId, frame: Frame, isDirect: boolean): void {
    const word = decodePayload(frame)
    if (frame.header.topic === 'signal' && typeof word === 'string') this.#options.onSignal(word)
    else if (frame.header.topic === 'membership' && isDirect) this.#options.onMembership(word, from)
    else this.#options.count('dropped.malformed')
  }

  #frame(topic: string, word: Json): Frame {
    const { body, kind } = encodePayload(word)
    const header = { kind: 'tell', id: 't', topic, timestamp: this.#options.clock.nowMs(), body: kind } as const
    return { header, body }
  }
}
