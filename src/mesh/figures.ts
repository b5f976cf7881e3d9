/**
 * How well connected a peer is, how long messages take and how many there are: figures of the last few seconds, counted as they come. Loaded
 * after joining; what was said before is not counted.
 */
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import { type GossipFigures, TopicCounts } from './gossip/topic-counts.ts'
import { deliverySamplesMax, figuresWindowMs, membersMax } from './limits.ts'
import { nextHop } from './routing.ts'
import type { LinkInfo, Mesh, PeerInfo } from './types.ts'

export interface MeshFigures {
  readonly atMs: number
  /** Of those known in this room, the others: who can be reached over links that stand. Who was given up and did not return counts as not. */
  readonly connectivity: { readonly share: number; readonly reachable: number; readonly known: number }
  /** Half the time from sending to the receiver's acknowledgement, retries included; undefined before there was one. */
  readonly delivery: { readonly meanMs: number | undefined; readonly samples: number }
  /** Messages of applications and of the mesh's own upper layers, per second; without acknowledgements and repeats. */
  readonly throughput: { readonly sentPerSecond: number; readonly receivedPerSecond: number }
  /** What became of broadcasts since this peer was usable, topic by topic. */
  readonly gossip: GossipFigures
}

/** Counts per second over a window that slides by whole seconds. It is on the way of every message. */
class Rate {
  /** The present second, and what was counted in it. */
  #second = 0
  #count = 0
  /** Seconds before it, oldest first, those without anything left out. */
  #past: { readonly second: number; readonly count: number }[] = []

  add(atMs: number): void {
    const second = Math.floor(atMs / 1_000)
    if (second !== this.#second) this.#begin(second)
    this.#count++
  }

  /** The second that has just begun is left out. */
  perSecond(nowMs: number, sinceMs: number): number {
    const now = Math.floor(nowMs / 1_000)
    if (now !== this.#second) this.#begin(now)
    const first = Math.max(now - figuresWindowMs / 1_000, Math.floor(sinceMs / 1_000))
    const sum = this.#past.reduce((total, { second, count }) => (second >= first ? total + count : total), 0)
    return now > first ? sum / (now - first) : 0
  }

  #begin(second: number): void {
    if (this.#count > 0) this.#past.push({ second: this.#second, count: this.#count })
    this.#past = this.#past.filter(past => past.second >= second - figuresWindowMs / 1_000)
    this.#second = second
    this.#count = 0
  }
}

export class Figures {
  readonly topics = new TopicCounts()
  readonly #clock: Clock
  readonly #sinceMs: number
  readonly #sent = new Rate()
  readonly #received = new Rate()
  readonly #deliveries: { readonly atMs: number; readonly tookMs: number }[] = []
  /** Given up and not seen since. */
  readonly #lost = new Set<PeerId>()

  constructor(clock: Clock, on: Mesh['on']) {
    this.#clock = clock
    this.#sinceMs = clock.monotonicMs()
    on('agent-join', ({ id }) => this.#lost.delete(id))
    on('agent-leave', ({ peer, reason }) => {
      if (reason !== 'crashed') this.#lost.delete(peer.id)
      else if (this.#lost.size < membersMax) this.#lost.add(peer.id)
    })
  }

  sent(): void {
    this.#sent.add(this.#clock.monotonicMs())
  }

  received(): void {
    this.#received.add(this.#clock.monotonicMs())
  }

  /** A message was acknowledged so long after it was first sent. */
  acknowledged(tookMs: number): void {
    this.#deliveries.push({ atMs: this.#clock.monotonicMs(), tookMs: tookMs / 2 })
    if (this.#deliveries.length > deliverySamplesMax) this.#deliveries.shift()
  }

  read(self: PeerId, peers: readonly PeerInfo[], links: readonly LinkInfo[]): MeshFigures {
    const nowMs = this.#clock.monotonicMs()
    const reachable = reachableOf(self, peers, links)
    const known = peers.length + this.#lost.size
    const recent = this.#deliveries.filter(({ atMs }) => atMs >= nowMs - figuresWindowMs)
    const sum = recent.reduce((total, { tookMs }) => total + tookMs, 0)
    return {
      atMs: this.#clock.nowMs(),
      connectivity: { share: known === 0 ? 1 : reachable / known, reachable, known },
      delivery: { meanMs: recent.length === 0 ? undefined : sum / recent.length, samples: recent.length },
      throughput: {
        sentPerSecond: this.#sent.perSecond(nowMs, this.#sinceMs),
        receivedPerSecond: this.#received.perSecond(nowMs, this.#sinceMs),
      },
      gossip: this.topics.read(),
    }
  }
}

/** How many are alive, and have a known path of links from here. */
function reachableOf(self: PeerId, peers: readonly PeerInfo[], links: readonly LinkInfo[]): number {
  const graph = new Map(peers.map(peer => [peer.id, peer.links.map(link => link.peer)]))
  const neighbours = links.map(link => link.peer)
  const avoid = new Set([self])
  return peers.filter(({ id, state }) => state !== 'suspect' && nextHop(neighbours, id, graph, avoid) !== undefined)
    .length
}
