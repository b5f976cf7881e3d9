/** Anti-entropy: now and then two peers compare what they know of jobs, so that a lost broadcast heals and a newcomer catches up. */
import * as v from 'valibot'
import type { JobId, PeerId } from '../../base/ids.ts'
import type { Mesh } from '../../mesh/types.ts'
import { parse } from '../blocks/exchange.ts'
import { getSchema, type Standing, type Status, statusReplySchema, syncSchema } from './messages.ts'

export interface SyncOptions {
  readonly mesh: Mesh
  readonly standings: () => readonly Standing[]
  readonly statusOf: (job: JobId) => Status | undefined
  /** Whether this word on a job would be news. */
  readonly isNews: (standing: Standing) => boolean
  readonly onStatus: (status: unknown, from: PeerId) => void
  readonly count: (counter: string) => void
}

export class Sync {
  readonly #options: SyncOptions
  readonly #offs: (() => void)[]

  constructor(options: SyncOptions) {
    this.#options = options
    this.#offs = [
      options.mesh.handle('job.sync', (payload, { from }) => {
        const { standings } = parse(syncSchema, payload)
        void this.#fetchNews(from, standings)
        return { standings: options.standings() }
      }),
      options.mesh.handle('job.get', payload => {
        const status = options.statusOf(parse(getSchema, payload).job)
        return { status: status ?? null }
      }),
    ]
  }

  /** Compares with `peer`, both ways. */
  async with(peer: PeerId): Promise<void> {
    const { mesh, standings, count } = this.#options
    try {
      const reply = await mesh.request(peer, 'job.sync', { standings: standings() })
      const parsed = v.safeParse(syncSchema, reply)
      if (parsed.success) await this.#fetchNews(peer, parsed.output.standings)
      else count('job-malformed')
    } catch {
      count('job-sync-failed') // the next round asks another
    }
  }

  close(): void {
    for (const off of this.#offs) off()
  }

  async #fetchNews(peer: PeerId, standings: readonly Standing[]): Promise<void> {
    const { mesh, isNews, onStatus, count } = this.#options
    for (const { job } of standings.filter(isNews)) {
      const reply = await mesh.request(peer, 'job.get', { job }, { lane: 'bulk' }).catch(() => undefined)
      const parsed = v.safeParse(statusReplySchema, reply)
      if (parsed.success) onStatus(parsed.output.status, peer)
      else count('job-sync-failed')
    }
  }
}
