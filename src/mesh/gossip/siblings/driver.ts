/**
 * Broadcasts among the tabs of one browser: each batch goes from its origin to every tab of the same browser at once, past all links (decision 8).
 * It is heard at once, and gossipsub is told of it as of a batch that its origin sent over a link: copies of it are dropped, it is passed on to
 * neighbours who want it, and by the trees those who need not send it are asked to keep it back. While a fault acts here (`mesh.faults`) links alone carry batches: so what
 * a fault shows is what it does to links.
 */
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Clock } from '../../../base/clock.ts'
import type { PeerId, SessionId } from '../../../base/ids.ts'
import { bufferedBytesHigh, frameBytesMax } from '../../../link/limits.ts'
import type { LinkProvider, Pipe } from '../../../link/types.ts'
import type { FaultInfo } from '../../faults/types.ts'
import type { Node } from '../../node.ts'
import type { Mesh, PeerInfo } from '../../types.ts'
import type { Trees } from '../trees/driver.ts'
import { batchesPerShare, drainWaitMs, lostAfterMs, passOnMs, redialMs, settledMs, shareMs } from './limits.ts'

export interface SiblingGossipOptions {
  readonly clock: Clock
  readonly mesh: Pick<Mesh, 'id' | 'peers' | 'on'>
  readonly session: SessionId
  /** The same for all tabs of one browser. */
  readonly browser: string
  readonly links: LinkProvider
  readonly neighbours: () => readonly PeerId[]
  readonly faults: { readonly list: readonly FaultInfo[] }
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
  readonly #pipes = new Map<PeerId, Pipe>()
  /** Since when there is a pipe, by its peer. */
  readonly #sinceMs = new Map<PeerId, number>()
  readonly #stops: (() => void)[]
  readonly #closing = new AbortController()
  /** Whom the batch that is being published reached past the links. */
  #reached: readonly PeerId[] = []
  /** Heard at once, and not passed on yet. */
  readonly #toPassOn: { readonly message: Message; readonly origin: PeerId }[] = []
  /** Batches that were heard at once since then. */
  #atOnce = 0
  #shareSinceMs = 0
  #router: Router | undefined
  #drained: () => void = () => {}

  constructor(options: SiblingGossipOptions) {
    this.#options = options
    const { clock, mesh, links, node } = options
    this.#stops = [
      links.onPipe(pipe => this.use(pipe)),
      mesh.on('agent-join', peer => void this.#dial(peer)),
      mesh.on('agent-leave', ({ peer }) => this.#left(peer)),
      mesh.on('fault', () => this.#review()),
      clock.every(redialMs, () => this.#dialAll()),
    ]
    this.#dialAll()
    void node()?.then(running => this.#steer(running))
  }

  /** Whether batches go to and from this peer past the links. */
  reaches(peer: PeerId): boolean {
    return this.#pipes.has(peer)
  }

  /** Whether it may be supposed that other tabs of this browser have their pipes to this peer as well. */
  isSettled(peer: PeerId): boolean {
    const sinceMs = this.#sinceMs.get(peer)
    return sinceMs !== undefined && this.#options.clock.monotonicMs() - sinceMs >= settledMs
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.#closing.abort()
    this.#options.links.close()
  }

  #dialAll(): void {
    for (const peer of this.#options.mesh.peers) void this.#dial(peer)
  }

  /** Of two tabs the later dials: the other listens already. */
  async #dial({ id: peer, session, browser }: PeerInfo): Promise<void> {
    const { session: own, browser: ownBrowser, links } = this.#options
    if (browser !== ownBrowser || own < session || this.#isFaulty) return
    if (this.#pipes.get(peer)?.remote.session === session || links.engaged.has(peer)) return
    // Who does not answer is asked again: its own engine may just be loading this.
    await links.dial({ peer, session }, { signal: this.#closing.signal }).then(
      pipe => this.use(pipe),
      () => {},
    )
  }

  /** A pipe to a tab of this browser: from now on batches go over it. */
  use(pipe: Pipe): void {
    const { peer } = pipe.remote
    if (this.#isFaulty) return pipe.close('a fault acts here')
    const from = this.#options.libp2pId(peer) // once: to make it takes longer than to read a batch
    this.#pipes.set(peer, pipe)
    this.#sinceMs.set(peer, this.#options.clock.monotonicMs())
    pipe.open({
      onFrame: batch => this.#take(from, peer, batch),
      onDrain: () => this.#drained(),
      onClose: () => this.#closed(pipe),
    })
  }

  #closed(pipe: Pipe): void {
    const { clock, mesh, trees } = this.#options
    const { peer } = pipe.remote
    if (this.#pipes.get(peer) !== pipe) return
    this.#pipes.delete(peer)
    this.#sinceMs.delete(peer)
    this.#drained()
    // Mostly it leaves, and then nobody need send again what it says no more.
    clock.after(lostAfterMs, () => {
      if (!this.reaches(peer) && mesh.peers.some(({ id }) => id === peer)) trees.lost(peer)
    })
  }

  get #isFaulty(): boolean {
    return this.#options.faults.list.some(({ actsHere }) => actsHere)
  }

  #review(): void {
    if (!this.#isFaulty) return this.#dialAll()
    for (const pipe of [...this.#pipes.values()]) pipe.close('a fault acts here')
  }

  #left({ id, session }: PeerInfo): void {
    const pipe = this.#pipes.get(id)
    if (pipe?.remote.session === session) pipe.close('its tab left')
  }

  #steer({ services: { pubsub } }: Node): void {
    const { topic } = this.#options
    const router = pubsub as unknown as Router
    this.#router = router
    const publish = router.publish.bind(router)
    router.publish = async (to, data, options) => {
      this.#reached = to === topic ? await this.#post(data) : []
      return publish(to, data, options)
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
      const near = to === topic ? [...peers].filter(peer => this.isSettled(peer as PeerId)) : []
      const isNews = (id: Uint8Array) => !this.#isOfHere(originOfId(id))
      emit(to, new Set([...peers].filter(peer => !near.includes(peer))), ids)
      if (near.length > 0) emit(to, new Set(near), ids.filter(isNews))
    }
  }

  #isOfHere(origin: PeerId): boolean {
    return origin === this.#options.mesh.id || this.isSettled(origin)
  }

  /** To every tab that takes it; resolves with whom it went to. */
  async #post(batch: Uint8Array): Promise<readonly PeerId[]> {
    if (this.#pipes.size === 0 || batch.length > frameBytesMax) return []
    if (this.#full.length > 0) await this.#draining()
    for (const pipe of this.#pipes.values()) pipe.send(batch)
    this.#options.count('gossip.sibling-batches-sent')
    return [...this.#pipes.keys()]
  }

  get #full(): Pipe[] {
    return [...this.#pipes.values()].filter(pipe => pipe.bufferedBytes >= bufferedBytesHigh)
  }

  /** The pipe to whoever has not drained by then ends: it learns what it missed from others. */
  async #draining(): Promise<void> {
    const { clock, count } = this.#options
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = clock.after(drainWaitMs, resolve)
    this.#drained = () => {
      if (this.#full.length === 0) resolve()
    }
    await promise
    stop()
    this.#drained = () => {}
    for (const pipe of this.#full) {
      count('gossip.siblings-stalled')
      pipe.close('it takes nothing in')
    }
  }

  /** The pipe's end has proved who it is, so that its signature is for those only to whom the batch is passed on. */
  #take(from: Libp2pPeerId, origin: PeerId, batch: Uint8Array): void {
    const { topic, originOf, batchId, batchKey, came, receive, trees, count } = this.#options
    const router = this.#router
    if (originOf(batch) !== origin) return count('dropped.malformed')
    if (!router) return
    count('gossip.sibling-batches-received')
    const message = { topic, data: batch }
    // Beyond its share it takes its turn with all others.
    if (!this.#hasShare()) return void router.handleReceivedMessage(from, message)
    const msgIdStr = batchKey(batchId(batch))
    const isFirst = !router.seenCache.has(msgIdStr)
    trees.came(origin, origin, isFirst)
    if (!isFirst) return came(batch)
    router.seenCache.put(msgIdStr)
    receive(batch)
    this.#passOnLater(message, origin)
  }

  /** While all neighbours are tabs of this browser, which heard it themselves, whatever else there is to do can wait until all have. */
  #passOnLater(message: Message, origin: PeerId): void {
    const { clock, neighbours } = this.#options
    this.#toPassOn.push({ message, origin })
    const isUrgent = neighbours().some(peer => !this.reaches(peer)) || this.#toPassOn.length >= batchesPerShare
    if (isUrgent) this.#passOn()
    else if (this.#toPassOn.length === 1) clock.after(passOnMs, () => this.#passOn())
  }

  #passOn(): void {
    const { batchId, batchKey, came } = this.#options
    for (const { message, origin } of this.#toPassOn.splice(0)) {
      const msgId = batchId(message.data)
      const msgIdStr = batchKey(msgId)
      came(message.data)
      this.#router?.mcache.put({ msgId, msgIdStr }, message, true)
      this.#router?.forwardMessage(msgIdStr, message, origin)
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
