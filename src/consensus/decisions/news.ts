/** What peers tell each other of histories, hosts and leaders: told to all when it changes, and to whoever asks. */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { Mesh } from '../../mesh/types.ts'
import type { Council } from './council.ts'
import type { History } from './history.ts'
import type { HostedMember } from './hosted.ts'
import { askIntervalMs, hostRefreshMs, peersAskedMax } from './limits.ts'
import type { Timing } from './timing.ts'
import { hostsSchema, leaderSchema, type PeerState, topics } from './wire.ts'

export interface NewsOptions {
  readonly clock: Clock
  readonly mesh: Pick<Mesh, 'handle' | 'subscribe' | 'broadcast'>
  readonly council: Council
  readonly history: History
  readonly timing: Timing
  readonly count: (counter: string) => void
}

export class News {
  readonly #options: NewsOptions
  readonly #stops: (() => void)[]
  /** When each peer was last asked what it knows, monotonic ms. */
  readonly #askedAtMs = new Map<PeerId, number>()
  #isClosed = false

  constructor(options: NewsOptions) {
    this.#options = options
    const { mesh, clock } = options
    this.#stops = [
      mesh.handle(topics.state, () => this.state() as unknown as Json),
      mesh.subscribe(topics.hosts, (payload, { from }) => void this.heardHosts(payload, from)),
      mesh.subscribe(topics.leader, (payload, { from }) => this.heardLeader(payload, from)),
      clock.every(hostRefreshMs, () => this.tellHosts()),
    ]
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
  }

  state(): PeerState {
    const { council, timing } = this.#options
    const leader = council.leader ? { member: council.leader.member, term: council.leader.term } : null
    const records = council.table.records.map(({ signed }) => signed)
    return {
      generation: council.generation ?? null,
      roster: council.roster,
      leader,
      records,
      timing: { ...timing.choice },
    }
  }

  async ask(peer: PeerId): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - (this.#askedAtMs.get(peer) ?? Number.NEGATIVE_INFINITY) < askIntervalMs || this.#isClosed) return
    this.#askedAtMs.delete(peer)
    this.#askedAtMs.set(peer, nowMs)
    const [oldest] = this.#askedAtMs.keys()
    if (this.#askedAtMs.size > peersAskedMax && oldest !== undefined) this.#askedAtMs.delete(oldest)
    await this.#options.history.ask(peer)
  }

  async told(state: PeerState, from: PeerId): Promise<void> {
    await this.#take(state.records, from)
    this.#options.council.toldRoster(state.roster, from)
    if (state.leader) this.#options.council.toldLeader(state.leader.member, state.leader.term)
    // Who has no member hears no heartbeats.
    const isLeaders = this.#options.council.leader?.host === from && !this.#options.council.hasCopy
    if (isLeaders && state.timing && !this.#options.timing.hears(state.timing))
      this.#options.count('decisions.dropped.timing')
    this.#options.council.changed()
  }

  async #take(records: PeerState['records'], from: PeerId): Promise<void> {
    for (const signed of records) {
      const news = await this.#options.council.table.receive(signed)
      if (news === undefined) this.#options.count('decisions.dropped.signature')
      if (!news) continue
      const hosted = this.#options.council.hosted.get(news.member)
      // Another host opened our disk after us: the lock should have prevented it, the epoch decides.
      if (hosted && hosted.record.epoch < news.epoch) {
        hosted.release()
        this.#options.council.table.add(news)
      }
      if (from !== news.peer) this.#options.count('decisions.hosts-by-hearsay')
    }
    this.#options.council.changed()
  }

  async heardHosts(payload: unknown, from: PeerId): Promise<void> {
    const parsed = v.safeParse(hostsSchema, payload)
    if (!parsed.success) return this.#options.count('decisions.dropped.malformed')
    await this.#options.history.meet(parsed.output.generation, from)
    const { council } = this.#options
    if (council.generationId !== parsed.output.generation.id) return
    if (parsed.output.roster) council.toldRoster(parsed.output.roster, from)
    await this.#take(parsed.output.records, from)
  }

  heardLeader(payload: unknown, from: PeerId): void {
    const parsed = v.safeParse(leaderSchema, payload)
    if (!parsed.success) return this.#options.count('decisions.dropped.malformed')
    const { generation, member, term, reason } = parsed.output
    if (generation !== this.#options.council.generationId) return
    this.#options.council.noteElection({ term, member, host: from, reason })
    this.#options.council.toldLeader(member, term)
  }

  tellHosts(hosted: readonly HostedMember[] = [...this.#options.council.hosted.values()]): void {
    const { council } = this.#options
    const { generation } = council
    if (!generation || hosted.length === 0) return
    const records = hosted.map(({ record }) => record.signed)
    this.tell(topics.hosts, {
      generation,
      records,
      ...(council.leading && { roster: council.roster }),
    } as unknown as Json)
  }

  tell(topic: string, news: Json): void {
    if (this.#isClosed) return
    this.#options.mesh.broadcast(topic, news).catch(() => this.#options.count('decisions.news-not-told'))
  }
}
