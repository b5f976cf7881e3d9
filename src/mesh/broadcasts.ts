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

/** A link's other end is expected to listen to gossip within this time, ms; after it nobody waits for it. */
const listenWaitMs = 1_000
const listenPollMs = 5

export interface BroadcastsOptions {
  readonly clock: Clock
  /** Direct neighbours, all of whom should hear what this peer says first. */
  readonly neighbours: () => readonly PeerId[]
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
  /** Neighbours that are known to listen, or were waited for in vain. */
  readonly #listeners = new Set<PeerId>()
  #listens: (peer: PeerId) => boolean = () => false
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
        // Said right after joining, or right after somebody joined, it must not fall between link and gossip.
        await Promise.all(options.neighbours().map(peer => this.listening(peer)))
        return this.#publish(await encodeBatch(signer, ++this.#number, frames))
      },
    })
  }

  /** Resolves when the frame has a place in the queue. */
  send(frame: Uint8Array): Promise<void> {
    return this.#gossip.broadcast(frame)
  }

  /** Resolves once this neighbour hears broadcasts; at the latest `listenWaitMs` after it was first asked for. */
  async listening(peer: PeerId): Promise<void> {
    if (this.#listeners.has(peer)) return
    for (let waitedMs = 0; waitedMs < listenWaitMs && !this.#listens(peer); waitedMs += listenPollMs)
      await new Promise<void>(resolve => this.#options.clock.after(listenPollMs, resolve))
    if (this.#options.neighbours().includes(peer)) this.#listeners.add(peer)
  }

  /** The link to this neighbour is gone; over its next one it has to be heard anew. */
  lost(peer: PeerId): void {
    this.#listeners.delete(peer)
  }

  /** Call once the node runs. */
  attach({ pubsub }: Node['services']): void {
    this.#listens = peer => pubsub.getSubscribers(gossipTopic).some(subscriber => subscriber.toString() === peer)
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
