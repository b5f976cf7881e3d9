/** Peers with jobs, on the fake mesh, and ways to wait for what they should come to. */

import { createInlineRunner } from '../../../src/agent/inline-runner.ts'
import type { JobId } from '../../../src/base/ids.ts'
import { systemClock, systemRandom } from '../../../src/base/system.ts'
import { type BlockStore, createMemoryStore } from '../../../src/work/blocks/store.ts'
import { createWork, type Work, type WorkOptions } from '../../../src/work/index.ts'
import type { JobView } from '../../../src/work/types.ts'
import { type FakeMesh, FakeNetwork } from './fake-mesh.ts'

export interface LabPeer {
  readonly mesh: FakeMesh
  readonly work: Work
  readonly store: BlockStore
  readonly counts: Map<string, number>
}

export class Lab {
  readonly network = new FakeNetwork()
  readonly #peers: LabPeer[] = []

  join(name: string, options: Partial<WorkOptions> & { browser?: string } = {}): LabPeer {
    const browser = options.browser ?? `browser of ${name}`
    const mesh = this.network.join(name, { browser })
    const store = options.store ?? createMemoryStore()
    const counts = new Map<string, number>()
    const work = createWork({
      mesh,
      store,
      runner: createInlineRunner(),
      clock: systemClock,
      random: systemRandom,
      self: { browser, name: () => name },
      count: counter => counts.set(counter, (counts.get(counter) ?? 0) + 1),
      ...options,
    })
    const peer = { mesh, work, store, counts }
    this.#peers.push(peer)
    return peer
  }

  /** As when a tab crashes. */
  drop(peer: LabPeer): void {
    this.network.drop(peer.mesh)
    peer.work.close()
  }

  close(): void {
    for (const peer of this.#peers) this.drop(peer)
  }
}

export async function until<T>(what: string, probe: () => T | undefined | false, timeoutMs = 50_000): Promise<T> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    const value = probe()
    if (value !== undefined && value !== false) return value
    if (performance.now() > endMs) throw new Error(`still waiting: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

export function viewAt({ work }: LabPeer, id: JobId): JobView | undefined {
  return work.jobs.find(job => job.id === id)
}

export function ended(peer: LabPeer, id: JobId): Promise<JobView> {
  return until(`the end of the job at ${peer.mesh.info.name}`, () => {
    const view = viewAt(peer, id)
    return view && ['done', 'failed', 'cancelled'].includes(view.state) && view
  })
}
