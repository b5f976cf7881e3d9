/**
 * What peers tell each other unanswered: of members, neighbour to neighbour; sealed signals to anybody; and posts of the layers
 * above, which have answers and retries of their own.
 */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type { Remote } from '../link/types.ts'
import type { Delivery } from './delivery.ts'
import { decodePayload, encodePayload, type Frame } from './frame.ts'
import type { LaneName } from './lanes.ts'

const postPrefix = 'post:'

export interface WordsOptions {
  readonly clock: Clock
  readonly delivery: () => Delivery
  readonly onMembership: (word: unknown, from: PeerId) => void
  readonly onSignal: (sealed: string) => void
  readonly count: (counter: string) => void
}

type Reader = (payload: Payload, from: PeerId) => void

/** Best effort: a post arrives once, or not at all. */
export interface Posts {
  /** To anybody in the room; relayed where there is no link. Never throws for what happens on the way. */
  post(to: PeerId, topic: string, payload: Payload, lane?: LaneName): void
  /** One reader for each topic. `from` is proved by the link or by a signature. */
  onPost(topic: string, reader: Reader): () => void
}

export class Words implements Posts {
  readonly #options: WordsOptions
  readonly #readers = new Map<string, Reader>()
  /** Called when a neighbour says that it hears nothing of us by gossip. */
  onUnheard: (by: PeerId) => void = () => {}

  constructor(options: WordsOptions) {
    this.#options = options
  }

  tell(peer: PeerId, word: Json): void {
    this.#options.delivery().tell(peer, this.#frame('membership', word))
  }

  /** To a neighbour of whom nothing is heard by gossip. */
  complain(neighbour: PeerId): void {
    this.#options.delivery().tell(neighbour, this.#frame('gossip', 'unheard'))
  }

  /** Sends a sealed signal through the mesh, by links whose path stands. */
  signal(to: Remote, sealed: string): void {
    const sent = this.#options.delivery().sendAround(to.peer, this.#frame('signal', sealed))
    sent.catch(() => this.#options.count('signals.not-carried'))
  }

  post(to: PeerId, topic: string, payload: Payload, lane: LaneName = 'messages'): void {
    const sent = this.#options.delivery().send(to, this.#frame(`${postPrefix}${topic}`, payload), lane)
    sent.catch(() => this.#options.count('posts.not-sent'))
  }

  onPost(topic: string, reader: Reader): () => void {
    this.#readers.set(`${postPrefix}${topic}`, reader)
    return () => void this.#readers.delete(`${postPrefix}${topic}`)
  }

  receive(from: PeerId, frame: Frame, isDirect: boolean): void {
    const word = decodePayload(frame)
    const { topic = '' } = frame.header
    if (topic === 'signal' && typeof word === 'string') this.#options.onSignal(word)
    else if (topic === 'membership' && isDirect) this.#options.onMembership(word, from)
    else if (topic === 'gossip' && word === 'unheard' && isDirect) this.onUnheard(from)
    else if (topic.startsWith(postPrefix) && word !== undefined && !(word instanceof MeshError))
      this.#read(topic, word, from)
    else this.#options.count('dropped.malformed')
  }

  #read(topic: string, payload: Payload, from: PeerId): void {
    const reader = this.#readers.get(topic)
    if (!reader) return this.#options.count('dropped.post')
    try {
      reader(payload, from)
    } catch {
      this.#options.count('subscriber-failed')
    }
  }

  #frame(topic: string, word: Payload): Frame {
    const { body, kind } = encodePayload(word)
    const header = { kind: 'tell', id: 't', topic, timestamp: this.#options.clock.nowMs(), body: kind } as const
    return { header, body }
  }
}
