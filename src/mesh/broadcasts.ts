/** Broadcast frames to gossipsub and back: signed in batches on the way out, verified before anything reads them on the way in. */
import type { TopicValidatorResult } from '@libp2p/gossipsub'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { bufferedBytesHigh } from '../link/limits.ts'
import { encodeUnsigned, framesOf, isGenuineBatch, numberOf, originOf, signBatch } from './batch.ts'
import { decodeFrame, type Frame } from './frame.ts'
import type { BroadcastQueues, Priority } from './gossip/queues.ts'
import type { TopicCounts } from './gossip/topic-counts.ts'
import { Gossip, gossipTopic } from './gossip.ts'
import { Inbox } from './inbox.ts'
import { batchesPerTurn } from './limits.ts'
import type { Node } from './node.ts'
import type { Signer } from './signed.ts'

/**
 * A link's other end is expected to listen to gossip within this time, ms, or where answers take long, in the time of so many: a link that is
 * made anew too soon makes a busy room busier. No broadcast waits longer than the first for it.
 */
const listenWaitMs = 3_000
const listenTrips = 10
/** How often it is looked at: the longer it takes the more seldom, ms. */
const listenPollMsMin = 5
const listenPollMsMax = 250
const listenPollGrowth = 1.25

export interface BroadcastsOptions {
  readonly clock: Clock
  /** Direct neighbours, all of whom should hear what this peer says first. */
  readonly neighbours: () => readonly PeerId[]
  /** Nobody else is in the room. */
  readonly isAlone: () => boolean
  readonly signer: Signer
  /** What a round trip takes when it takes long, ms. */
  readonly slowMs: () => number
  /** How full the fullest link is; 1 is as much as it may buffer. */
  readonly congestion: () => number
  /** Who counts, if anybody does. */
  readonly topics: () => TopicCounts | undefined
  /** Gossip to this neighbour did not start: its link must be made anew. */
  readonly onDeaf: (peer: PeerId) => void
  /** `from` signed the batch that the frame came in. */
  readonly onFrame: (from: PeerId, frame: Frame) => void
  readonly count: (counter: string) => void
}

/** As gossipsub has them: its own enumeration would bring all of it along, which is loaded later. */
const accept = 'accept' as TopicValidatorResult
const ignore = 'ignore' as TopicValidatorResult
const reject = 'reject' as TopicValidatorResult

/** What is touched of gossipsub besides its public face; `listening` would notice if it were gone. */
interface Router {
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream?: { readonly writeBufferLength?: number } }>
  onPeerDisconnected(peer: Libp2pPeerId): void
}

export class Broadcasts {
  /** Says a batch to all there are, each of whom knows by the way it comes who said it; false where it cannot, and nobody heard of it. */
  sayNear: (batch: Uint8Array) => Promise<boolean> = async () => false
  readonly #options: BroadcastsOptions
  readonly #gossip: Gossip
  /** Batches, by the neighbour over which they came. */
  readonly #inbox: Inbox
  /** Number of the last batch; starts at the time, so that no session repeats one of another. */
  #number: number
  /** Batches that are being inflated, or wait for one that is. */
  #opening = 0
  #opened: Promise<void> = Promise.resolve()
  /** Neighbours that do not hear broadcasts yet. */
  readonly #deaf = new Map<PeerId, Promise<void>>()
  #listens: (peer: PeerId) => boolean = () => false
  readonly #attached = Promise.withResolvers<(batch: Uint8Array) => Promise<unknown>>()
  readonly #linked = Promise.withResolvers<void>()
  /** The first link is there, or was waited for. */
  #wasLinked = false
  /** Bytes of gossip that wait for the neighbour that reads slowest; gossipsub itself would never ask. */
  #backlog: () => number = () => 0

  constructor(options: BroadcastsOptions) {
    this.#options = options
    const { clock, signer, congestion, topics, count } = options
    this.#inbox = new Inbox({ clock, count, perTurn: batchesPerTurn })
    this.#number = clock.nowMs() * 1_000
    this.#gossip = new Gossip({
      clock,
      congestion: () => Math.max(congestion(), this.#backlog() / bufferedBytesHigh),
      publish: async frames => {
        count('gossip.batches-sent')
        const number = ++this.#number
        const batch = await encodeUnsigned(signer.id, number, frames)
        topics()?.batch('sent', number)
        if (await this.sayNear(batch)) return
        // Said right after joining, or right after somebody joined, it must not fall between link and gossip.
        const publish = await this.#attached.promise
        await this.#allListening()
        await signBatch(signer, batch)
        return publish(batch)
      },
    })
  }

  /** Resolves when the frame has a place in its queue. Rejects with `overloaded`. */
  send(frame: Uint8Array, priority?: Priority): Promise<void> {
    return this.#gossip.broadcast(frame, priority)
  }

  /** What waits to leave, by priority. */
  get waiting(): BroadcastQueues {
    return this.#gossip.waiting
  }

  /**
   * Resolves once this neighbour hears broadcasts, or is none any more. A link over which gossip does not start in time is of no use,
   * and is made anew.
   */
  async listening(peer: PeerId): Promise<void> {
    this.#linked.resolve()
    if (this.#listens(peer)) return
    const waiting = this.#deaf.get(peer) ?? this.#untilListening(peer).finally(() => this.#deaf.delete(peer))
    this.#deaf.set(peer, waiting)
    return waiting
  }

  async #untilListening(peer: PeerId): Promise<void> {
    const { clock, neighbours, slowMs, onDeaf } = this.#options
    let pollMs = listenPollMsMin
    for (let waitedMs = 0; !this.#listens(peer) && neighbours().includes(peer); waitedMs += pollMs) {
      if (waitedMs >= Math.max(listenWaitMs, listenTrips * slowMs())) return onDeaf(peer)
      pollMs = Math.min(listenPollMsMax, pollMs * listenPollGrowth)
      await new Promise<void>(resolve => clock.after(pollMs, resolve))
    }
  }

  async #allListening(): Promise<void> {
    const { neighbours, isAlone } = this.#options
    // Who was let in past all links waits for the first of its own.
    if (!this.#wasLinked && !isAlone()) {
      await this.#patiently(this.#linked.promise)
      this.#wasLinked = true
    }
    const waits = neighbours().flatMap(peer => (this.#listens(peer) ? [] : [this.listening(peer)]))
    if (waits.length > 0) await this.#patiently(Promise.all(waits))
  }

  async #patiently(what: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.#options.clock.after(listenWaitMs, resolve)
    await Promise.race([what, promise]).finally(stop)
  }

  /**
   * Call before the node runs. libp2p tells gossipsub late that a connection is gone, perhaps after the next one to the same peer
   * is there, whose streams it would then take away (DESIGN, fact 4). So gossipsub is told at once, and not a second time.
   */
  prepare(node: Node): void {
    const router = node.services.pubsub as unknown as Router
    const forget = router.onPeerDisconnected.bind(router)
    const isConnected = (peer: Libp2pPeerId) => node.getConnections(peer).some(({ status }) => status === 'open')
    router.onPeerDisconnected = peer => {
      if (!isConnected(peer)) forget(peer)
    }
    node.addEventListener('connection:close', ({ detail }) => router.onPeerDisconnected(detail.remotePeer))
  }

  /** Call once the node runs. */
  attach({ pubsub }: Pick<Node['services'], 'pubsub'>): void {
    const { streamsOutbound } = pubsub as unknown as Router
    this.#listens = peer =>
      streamsOutbound.has(peer) && pubsub.getSubscribers(gossipTopic).some(subscriber => subscriber.toString() === peer)
    this.#backlog = () => {
      let bytes = 0
      for (const { rawStream } of streamsOutbound.values()) bytes = Math.max(bytes, rawStream?.writeBufferLength ?? 0)
      return bytes
    }
    pubsub.topicValidators.set(gossipTopic, (via, message) => this.#judge(via.toString() as PeerId, message.data))
    pubsub.addEventListener('message', ({ detail }) => this.receive(detail.data))
    pubsub.subscribe(gossipTopic)
    this.#attached.resolve(batch => pubsub.publish(gossipTopic, batch))
  }

  /** Call with each copy that gossipsub looks at. */
  came(batch: Uint8Array): void {
    this.#options.topics()?.came(numberOf(batch))
  }

  /** Nothing is checked, passed on or heard before its turn comes; what a flood brings too much is not. */
  async #judge(via: PeerId, batch: Uint8Array): Promise<TopicValidatorResult> {
    const { promise, resolve } = Promise.withResolvers<TopicValidatorResult>()
    const isTaken = this.#inbox.push(via, batch.length, () => resolve(this.#check(via, batch)))
    return isTaken ? promise : ignore
  }

  /** What comes from its origin itself, Noise has authenticated: its signature is for those who hear it from others. */
  async #check(via: PeerId, batch: Uint8Array): Promise<TopicValidatorResult> {
    if (originOf(batch) === via || (await isGenuineBatch(batch))) return accept
    this.#options.count('dropped.signature')
    return reject
  }

  /** Of a genuine batch, once: at once, or where more came from there than its share, in its turn. */
  receiveInTurn(from: PeerId, batch: Uint8Array): void {
    this.#inbox.push(from, batch.length, () => this.receive(batch))
  }

  /** Of a genuine batch, once. Batches are read in the order in which they came: what is deflated takes a moment, and what comes meanwhile waits for it. */
  receive(batch: Uint8Array): void {
    this.#options.count('gossip.batches-received')
    const frames = framesOf(batch)
    if (!(frames instanceof Promise) && this.#opening === 0) return this.#read(batch, frames)
    this.#opening++
    this.#opened = this.#opened.then(async () => {
      const inflated = await frames
      this.#opening--
      this.#read(batch, inflated)
    })
  }

  #read(batch: Uint8Array, frames: Uint8Array[] | MeshError): void {
    const { onFrame, topics, count } = this.#options
    const from = originOf(batch)
    if (frames instanceof MeshError || !from) return count('dropped.malformed')
    const said = topics()?.batch('received', numberOf(batch))
    for (const bytes of frames) {
      const frame = decodeFrame(bytes)
      if (frame instanceof MeshError || frame.header.kind !== 'broadcast') {
        count('dropped.malformed')
        continue
      }
      said?.(frame.header.topic ?? '', bytes.length)
      onFrame(from, frame)
    }
  }
}
