/**
 * Broadcasts among the tabs of one browser: each batch goes from its origin to every tab of the same browser at once, past all links (decision 8).
 * It is heard at once, and gossipsub is told of it as of a batch that its origin sent over a link: copies of it are dropped, it is passed on to
 * neighbours who want it, and by the trees those who need not send it are asked to keep it back. Where all there are hear it so, it is not signed, and
 * gossipsub never hears of it: a signature is for those to whom a batch is passed on.
 */
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Clock } from '../../../base/clock.ts'
import type { PeerId } from '../../../base/ids.ts'
import type { Node } from '../../node.ts'
import type { Trees } from '../trees/driver.ts'
import { batchesPerShare, passOnMs, shareMs } from './limits.ts'
import type { SiblingPipes } from './pipes.ts'

export interface SiblingGossipOptions {
  readonly clock: Clock
  readonly self: PeerId
  readonly pipes: SiblingPipes
  readonly neighbours: () => readonly PeerId[]
  /** All who are here. */
  readonly others: () => Iterable<PeerId>
  readonly node: () => Promise<Node> | undefined
  /** Of gossipsub; all batches go by it. */
  readonly topic: string
  readonly originOf: (batch: Uint8Array) => PeerId | undefined
  readonly batchId: (batch: Uint8Array) => Uint8Array
  readonly batchKey: (id: Uint8Array) => string
  /** Call with each copy of a batch. */
  readonly came: (batch: Uint8Array) => void
  /** Call once with each batch. */
  readonly receive: (batch: Uint8Array) => void
  readonly receiveInTurn: (from: PeerId, batch: Uint8Array) => void
  readonly isUnsigned: (batch: Uint8Array) => boolean
  /** Call with what says a batch that is not signed to all; it resolves with false where it cannot. */
  readonly onSay: (say: (batch: Uint8Array) => Promise<boolean>) => void
  readonly libp2pId: (peer: PeerId) => Libp2pPeerId
  readonly trees: Pick<Trees, 'came' | 'lost'>
  readonly count: (counter: string) => void
}

interface Message {
  readonly topic: string
  readonly data: Uint8Array
}

/** What is touched of gossipsub besides its public face; the tests of this folder would notice if it were gone. */
interface Router {
  readonly seenCache: { has(id: string): boolean; put(id: string): void }
  readonly mcache: { put(id: { msgId: Uint8Array; msgIdStr: string }, message: Message, isValidated: boolean): void }
  publish(topic: string, data: Uint8Array, options?: object): Promise<unknown>
  selectPeersToPublish(topic: string, flood?: boolean): { readonly tosend: Set<string> }
  forwardMessage(id: string, message: Message, source: string): void
  doEmitGossip(topic: string, to: ReadonlySet<string>, ids: readonly Uint8Array[]): void
  handleReceivedMessage(from: Libp2pPeerId, message: Message): Promise<void>
}

export class SiblingGossip {
  readonly #options: SiblingGossipOptions
  /** Whom the batch that is being published reached past the links. */
  #reached: ReadonlySet<string> = new Set()
  /** Said or heard at once, and gossipsub does not know all of it yet. */
  readonly #toPassOn: Uint8Array[] = []
  /** Batches that were heard at once since then. */
  #atOnce = 0
  #shareSinceMs = 0

  constructor(options: SiblingGossipOptions) {
    this.#options = options
    options.pipes.onLost = peer => options.trees.lost(peer)
    options.onSay(batch => this.#sayToAll(batch))
    void options.node()?.then(({ services }) => this.#steer(services.pubsub as unknown as Router))
  }

  #steer(router: Router): void {
    const { topic, pipes } = this.#options
    const publish = router.publish.bind(router)
    router.publish = async (to, data, options) => {
      this.#reached = to === topic ? await this.#post(data) : new Set()
      return this.#isForAll(this.#reached) ? this.#published(router, data) : publish(to, data, options)
    }
    const select = router.selectPeersToPublish.bind(router)
    router.selectPeersToPublish = (to, flood) => {
      const selected = select(to, flood)
      if (to === topic) for (const peer of this.#reached) selected.tosend.delete(peer)
      return selected
    }
    // Tabs of this browser have each other's batches: to offer them would cost more than to say them.
    const emit = router.doEmitGossip.bind(router)
    router.doEmitGossip = (to, peers, ids) => {
      const near = to === topic ? [...peers].filter(peer => pipes.isSettled(peer as PeerId)) : []
      const isNews = (id: Uint8Array) => !this.#isOfHere(originOfId(id))
      emit(to, new Set([...peers].filter(peer => !near.includes(peer))), ids)
      if (near.length > 0) emit(to, new Set(near), ids.filter(isNews))
    }
    pipes.takeBatches((from, batch) => this.#take(router, from, batch))
  }

  #isOfHere(origin: PeerId): boolean {
    const { self, pipes } = this.#options
    return origin === self || pipes.isSettled(origin)
  }

  #isForAll(reached: ReadonlySet<string>): boolean {
    return reached.size > 0 && this.#options.neighbours().every(peer => reached.has(peer))
  }

  async #sayToAll(batch: Uint8Array): Promise<boolean> {
    const { pipes, others, neighbours, count } = this.#options
    const reached = await pipes.post(batch, () => pipes.areSettled([...others(), ...neighbours()]))
    if (reached.size > 0) count('gossip.unsigned-batches-sent')
    return reached.size > 0
  }

  async #post(batch: Uint8Array): Promise<ReadonlySet<string>> {
    const reached = await this.#options.pipes.post(batch)
    if (reached.size > 0) this.#options.count('gossip.sibling-batches-sent')
    return reached
  }

  /** No link has to carry it. */
  #published(router: Router, batch: Uint8Array): void {
    const { batchId, batchKey, came } = this.#options
    came(batch)
    router.seenCache.put(batchKey(batchId(batch)))
    this.#passOnLater(router, batch, false)
  }

  /** The pipe's end has proved who it is, so that its signature is for those only to whom the batch is passed on. */
  #take(router: Router, origin: PeerId, batch: Uint8Array): void {
    const { originOf, isUnsigned, receiveInTurn, count } = this.#options
    if (originOf(batch) !== origin) return count('dropped.malformed')
    count('gossip.sibling-batches-received')
    if (isUnsigned(batch)) receiveInTurn(origin, batch)
    else this.#takeSigned(router, origin, batch)
  }

  #takeSigned(router: Router, origin: PeerId, batch: Uint8Array): void {
    const { pipes, topic, neighbours, batchId, batchKey, libp2pId, came, receive, trees } = this.#options
    // Beyond its share it takes its turn with all others.
    if (!this.#hasShare()) return void router.handleReceivedMessage(libp2pId(origin), { topic, data: batch })
    const key = batchKey(batchId(batch))
    const isFirst = !router.seenCache.has(key)
    trees.came(origin, origin, isFirst)
    came(batch)
    if (!isFirst) return
    router.seenCache.put(key)
    receive(batch)
    this.#passOnLater(
      router,
      batch,
      neighbours().some(peer => !pipes.has(peer)),
    )
  }

  /** What all neighbours hear past the links is passed on, if at all, when all have heard it: they share the cores of one machine. */
  #passOnLater(router: Router, batch: Uint8Array, isUrgent: boolean): void {
    const waiting = this.#toPassOn.push(batch)
    if (isUrgent || waiting >= batchesPerShare) this.#passOn(router)
    else if (waiting === 1) this.#options.clock.after(passOnMs, () => this.#passOn(router))
  }

  #passOn(router: Router): void {
    const { self, topic, originOf, batchId, batchKey } = this.#options
    for (const data of this.#toPassOn.splice(0)) {
      const message = { topic, data }
      const msgId = batchId(data)
      const msgIdStr = batchKey(msgId)
      const origin = originOf(data)
      router.mcache.put({ msgId, msgIdStr }, message, true)
      if (origin && origin !== self) router.forwardMessage(msgIdStr, message, origin)
    }
  }

  #hasShare(): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#shareSinceMs >= shareMs) {
      this.#shareSinceMs = nowMs
      this.#atOnce = 0
    }
    return this.#atOnce++ < batchesPerShare
  }
}

/** Of a batch's id, as `batchId` makes it. */
function originOfId(id: Uint8Array): PeerId {
  return new TextDecoder().decode(id.subarray(1, 1 + (id[0] ?? 0))) as PeerId
}
