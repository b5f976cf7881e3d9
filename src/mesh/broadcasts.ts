/** Broadcast frames to gossipsub and back: signed in batches on the way out, verified before anything reads them on the way in. */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { encodeBatch, framesOf, isGenuineBatch, originOf } from './batch.ts'
import { decodeFrame, type Frame } from './frame.ts'
import { Gossip, gossipTopic } from './gossip.ts'
import type { Node } from './node.ts'
import type { Signer } from './signed.ts'

export interface BroadcastsOptions {
  readonly clock: Clock
  readonly signer: Signer
  readonly isCongested: () => boolean
  /** `from` signed the batch that the frame came in. */
  readonly onFrame: (from: PeerId, frame: Frame) => void
  readonly count: (counter: string) => void
}

export class Broadcasts {
  readonly #options: BroadcastsOptions
  readonly #gossip: Gossip
  /** Number of the last batch; starts at the time, so that no session repeats one of another. */
  #number: number
  #publish: (batch: Uint8Array) => Promise<unknown> = () => Promise.resolve()

  constructor(options: BroadcastsOptions) {
    this.#options = options
    const { clock, signer, isCongested, count } = options
    this.#number = clock.nowMs() * 1_000
    this.#gossip = new Gossip({
      clock,
      isCongested,
      publish: async frames => {
        count('gossip.batches-sent')
        return this.#publish(await encodeBatch(signer, ++this.#number, frames))
      },
    })
  }

  /** Resolves when the frame has a place in the queue. */
  send(frame: Uint8Array): Promise<void> {
    return this.#gossip.broadcast(frame)
  }

  /** Call once the node runs. */
  attach({ pubsub }: Node['services']): void {
    pubsub.topicValidators.set(gossipTopic, (_via, message) => this.#judge(message.data))
    pubsub.addEventListener('message', ({ detail }) => this.#receive(detail.data))
    pubsub.subscribe(gossipTopic)
    this.#publish = batch => pubsub.publish(gossipTopic, batch)
  }

  async #judge(batch: Uint8Array): Promise<TopicValidatorResult> {
    if (await isGenuineBatch(batch)) return TopicValidatorResult.Accept
    this.#options.count('dropped.signature')
    return TopicValidatorResult.Reject
  }

  #receive(batch: Uint8Array): void {
    const { onFrame, count } = this.#options
    count('gossip.batches-received')
    const from = originOf(batch)
    const frames = framesOf(batch)
    if (frames instanceof MeshError || !from) return count('dropped.malformed')
    for (const bytes of frames) {
      const frame = decodeFrame(bytes)
      if (frame instanceof MeshError || frame.header.kind !== 'broadcast') count('dropped.malformed')
      else onFrame(from, frame)
    }
  }
}
