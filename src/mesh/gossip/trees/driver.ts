/** Lets gossipsub send each batch over a tree of its origin, and offer it over the other links. Loaded after joining: until then all links carry all. */
import * as v from 'valibot'
import type { Clock } from '../../../base/clock.ts'
import type { PeerId } from '../../../base/ids.ts'
import type { Node } from '../../node.ts'
import type { Mesh } from '../../types.ts'
import type { Posts } from '../../words.ts'
import { offerIntervalMs, originsPerWordMax, wordDelayMs } from './limits.ts'
import { Offers } from './offers.ts'
import { chokers, initialTrees } from './state.ts'
import { step, type TreesInput } from './step.ts'

export const treesTopic = 'gossip.trees'

export interface TreesOptions {
  readonly clock: Clock
  readonly mesh: Pick<Mesh, 'links' | 'on'> & Posts
  readonly node: () => Promise<Node> | undefined
  /** Of gossipsub; all batches go by it. */
  readonly topic: string
  /** Of a batch; undefined for what is none. */
  readonly originOf: (batch: Uint8Array) => PeerId | undefined
  readonly batchId: (batch: Uint8Array) => Uint8Array
  /** Tabs of this browser, which get batches of each other past all links; none where absent. */
  readonly isSibling?: (peer: PeerId) => boolean
  readonly count: (counter: string) => void
}

interface Message {
  readonly topic: string
  readonly data?: Uint8Array
}

/** What is touched of gossipsub besides its public face; the tests of this folder would notice if it were gone. */
interface Router {
  validateReceivedMessage(from: { toString(): string }, message: Message): Promise<{ readonly code: string }>
  forwardMessage(id: string, message: Message, source?: string, exclude?: ReadonlySet<string>): void
  pushGossip(to: string, ihave: { topicID: string; messageIDs: Uint8Array[] }): void
  sendRpc(to: string, rpc: { subscriptions: never[]; messages: never[] }): boolean
}

const origins = v.pipe(v.array(v.pipe(v.string(), v.maxLength(128))), v.maxLength(originsPerWordMax))
const wordSchema = v.object({ choke: origins, unchoke: origins })

/** What a neighbour is to be told; the last word about an origin counts. */
type Word = Map<PeerId, 'choke' | 'unchoke'>

export class Trees {
  readonly #options: TreesOptions
  readonly #state = initialTrees()
  readonly #offers = new Offers()
  readonly #words = new Map<PeerId, Word>()
  readonly #stops: (() => void)[]
  #router: Router | undefined

  constructor(options: TreesOptions) {
    this.#options = options
    const { clock, mesh, node } = options
    this.#stops = [
      mesh.on('link-close', ({ peer }) => this.#gone(peer)),
      mesh.onPost(treesTopic, (payload, from) => this.#told(payload, from)),
      clock.every(offerIntervalMs, () => {
        for (const [to, ids] of this.#offers.round()) this.#offer(to, ids)
      }),
    ]
    void node()?.then(running => this.#steer(running))
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #steer({ services: { pubsub } }: Node): void {
    const { topic, originOf } = this.#options
    const router = pubsub as unknown as Router
    this.#router = router
    const validate = router.validateReceivedMessage.bind(router)
    router.validateReceivedMessage = async (from, message) => {
      const result = await validate(from, message)
      const origin = message.topic === topic && message.data ? originOf(message.data) : undefined
      const via = from.toString() as PeerId
      if (origin && (result.code === 'valid' || result.code === 'duplicate'))
        this.came(origin, via, result.code === 'valid')
      return result
    }
    const forward = router.forwardMessage.bind(router)
    router.forwardMessage = (id, message, source, exclude) =>
      forward(id, message, source, new Set([...(exclude ?? []), ...this.#spared(message, source)]))
    // Out of gossipsub's mesh nothing is passed on to a neighbour but what it asks for.
    pubsub.addEventListener('gossipsub:prune', ({ detail }) => {
      if (detail.topic === topic) this.#gone(detail.peerId as PeerId)
    })
  }

  /** Who is not sent a batch: its origin, and those from whom it is kept; it will be offered to them. */
  #spared({ topic, data }: Message, source: string | undefined): PeerId[] {
    const { originOf, batchId, isSibling = () => false } = this.#options
    const origin = topic === this.#options.topic && data ? originOf(data) : undefined
    if (!origin || !data) return []
    const kept = chokers(this.#state, origin).filter(neighbour => neighbour !== source && neighbour !== origin)
    const isOfSibling = isSibling(origin)
    for (const neighbour of kept) this.#offers.add(neighbour, batchId(data), isOfSibling && isSibling(neighbour))
    return [origin, ...kept]
  }

  #offer(to: PeerId, ids: Uint8Array[]): void {
    if (ids.length === 0) return
    this.#options.count('gossip.offers')
    this.#router?.pushGossip(to, { topicID: this.#options.topic, messageIDs: ids })
    this.#router?.sendRpc(to, { subscriptions: [], messages: [] })
  }

  /** A genuine batch came from `via`, the first of its kind or one more. */
  came(origin: PeerId, via: PeerId, isFirst: boolean): void {
    this.#run({ kind: isFirst ? 'first' : 'copy', origin, via })
  }

  /** What came from this peer comes no more, though it may still be here. */
  lost(peer: PeerId): void {
    this.#run({ kind: 'gone', peer })
  }

  #gone(peer: PeerId): void {
    this.#offers.take(peer)
    this.#words.delete(peer)
    this.#run({ kind: 'gone', peer })
  }

  #told(payload: unknown, by: PeerId): void {
    const { mesh, count } = this.#options
    const word = v.safeParse(wordSchema, payload)
    if (!word.success || mesh.links.every(({ peer }) => peer !== by)) return count('dropped.malformed')
    const { choke, unchoke } = word.output as { choke: PeerId[]; unchoke: PeerId[] }
    this.#run({ kind: 'told', by, choke, unchoke })
  }

  #run(input: TreesInput): void {
    for (const effect of step(this.#state, input)) {
      if (effect.kind === 'offer') this.#offer(effect.to, this.#offers.take(effect.to))
      else this.#tell(effect.to, effect.origin, effect.kind)
    }
  }

  #tell(to: PeerId, origin: PeerId, what: 'choke' | 'unchoke'): void {
    const { clock } = this.#options
    const word = this.#words.get(to) ?? new Map()
    if (word.size === 0) clock.after(wordDelayMs, () => this.#say(to))
    this.#words.set(to, word.set(origin, what))
  }

  #say(to: PeerId): void {
    const { mesh, count } = this.#options
    const told = [...(this.#words.get(to) ?? [])]
    this.#words.delete(to)
    for (let at = 0; at < told.length; at += originsPerWordMax) {
      const some = told.slice(at, at + originsPerWordMax)
      const about = (wanted: string) => some.flatMap(([origin, what]) => (what === wanted ? [origin] : []))
      count('gossip.tree-words')
      mesh.post(to, treesTopic, { choke: about('choke'), unchoke: about('unchoke') })
    }
  }
}
