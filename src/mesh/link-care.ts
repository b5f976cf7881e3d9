/** Links that heal: what suggests that one is dead leads to a probe, and no answer to a new path under the link. And what is known of each. */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { DialLog } from '../link/dials.ts'
import type { CandidateType, LinkFacts } from '../link/facts.ts'
import type { LinkProvider } from '../link/types.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { LinkTable } from './link-table.ts'

/** A link that does not answer a probe by then gets a new path, ms. */
const probeMs = 1_500
/** A link whose path is being mended may be silent this many times as long as another. */
const mendingPatience = 2

export interface LinkCareOptions {
  readonly clock: Clock
  readonly links: LinkTable
  readonly provider: () => LinkProvider
  readonly heartbeat: () => Heartbeat
  /** Asks the rendezvous too whether its connection lives. */
  readonly probeRendezvous: () => void
  /** A link on which nothing came for so long is given up, ms. */
  readonly timeoutMs: number
  readonly retire: (peer: PeerId) => void
}

export class LinkCare {
  readonly dials: DialLog
  readonly #options: LinkCareOptions

  constructor(options: LinkCareOptions) {
    this.#options = options
    this.dials = new DialLog(options.clock)
  }

  /** The page came back, or the network did: nothing may be as it was. */
  async probe(): Promise<void> {
    const { links, probeRendezvous } = this.#options
    probeRendezvous()
    await Promise.all(links.peers.map(peer => this.isAlive(peer, probeMs)))
  }

  /** Asks a peer; where no answer comes, the path of the link to it may be what is dead. */
  async isAlive(peer: PeerId, timeoutMs: number): Promise<boolean> {
    const rttMs = await this.#options.heartbeat().probe(peer, timeoutMs, undefined)
    if (rttMs === undefined) this.quiet(peer)
    return rttMs !== undefined
  }

  /** Less was heard on a link than should be: its connection may not have noticed yet that the path is gone. */
  quiet(peer: PeerId): void {
    const { links, provider } = this.#options
    if (links.has(peer)) provider().mend?.(peer)
  }

  /** Nothing was heard on this link for the time of a heartbeat's patience. */
  silent(peer: PeerId): void {
    const { clock, links, provider, timeoutMs, retire } = this.#options
    const isMending = provider().broken?.has(peer) ?? false
    if (!isMending || clock.monotonicMs() - links.heardMs(peer) > mendingPatience * timeoutMs) retire(peer)
  }

  /** Which kinds of address this machine finds for itself now. */
  async candidates(): Promise<readonly CandidateType[] | undefined> {
    return this.#options.provider().candidates?.()
  }

  /** Rejects with `unreachable` where there is no direct link. */
  async facts(peer: PeerId): Promise<LinkFacts> {
    const { links, provider } = this.#options
    const path = (await provider().path?.(peer)) ?? { restarts: 0, ice: undefined }
    const info = links.get(peer)
    const counts = links.countsOf(peer)
    if (!info || !counts) throw new MeshError('unreachable', `there is no direct link to ${peer}`)
    return { ...info, ...counts, ...path }
  }
}
