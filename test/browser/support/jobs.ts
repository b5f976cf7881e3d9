/** Jobs as a test drives them: started in one tab, watched in any, read in all. */
import { expect } from 'vitest'
import type { JobId } from '../../../src/base/ids.ts'
import type { JobView } from '../../../src/work/types.ts'
import { canonical, sha256, type Text } from './reference.ts'
import { meshOf, type Tab } from './tabs.ts'

export interface Job {
  readonly program:
    | {
        readonly kind: 'capability'
        readonly capability: string
        readonly options: { readonly [key: string]: string | number }
      }
    | { readonly kind: 'source'; readonly map: string; readonly reduce: string }
  readonly inputs: readonly Text[] | 'sample'
  readonly shardTimeoutMs?: number
}

export async function startJob(tab: Tab, job: Job): Promise<JobId> {
  return (await meshOf(tab)).evaluate((mesh, job) => mesh.startJob(job), job)
}

/** The job as `tab` sees it, as soon as `isMet` holds there; `isMet` runs in the page. */
export async function whenJob(
  tab: Tab,
  id: JobId,
  isMet: (job: JobView) => boolean,
  timeoutMs = 60_000,
): Promise<JobView> {
  const mesh = await meshOf(tab)
  const seen = await mesh.evaluate(
    (mesh, id, condition, timeoutMs) =>
      new Promise<JobView | undefined>(resolve => {
        const isMet = new Function(`return ${condition}`)() as (job: JobView) => boolean
        const finish = () => {
          clearTimeout(late)
          for (const off of offs) off()
          resolve(mesh.jobs.find(job => job.id === id))
        }
        const check = () => mesh.jobs.some(job => job.id === id && isMet(job)) && finish()
        const offs = [mesh.on('snapshot', check), mesh.on('job', check)]
        const late = setTimeout(finish, timeoutMs)
        check()
      }),
    id,
    isMet.toString(),
    timeoutMs,
  )
  if (seen && isMet(seen)) return seen
  throw new Error(`the job did not come so far that ${isMet}; the tab sees ${JSON.stringify(seen, undefined, 1)}`)
}

/** Each tab must hold exactly `expected`: the value, its bytes, and its announced hash. */
export async function expectResult(tabs: readonly Tab[], id: JobId, expected: unknown): Promise<void> {
  const bytes = canonical(expected)
  for (const tab of tabs) {
    const view = await whenJob(
      tab,
      id,
      job => job.state === 'done' || job.state === 'failed' || job.state === 'cancelled',
    )
    expect(view.error).toBeUndefined()
    expect(view.state).toBe('done')
    const result = await (await meshOf(tab)).evaluate((mesh, id) => mesh.jobResult(id), id)
    expect(result).toEqual(expected)
    expect(canonical(result)).toBe(bytes)
    expect(view.resultHash).toBe(sha256(bytes))
    expect(view.shardsDone).toBe(view.shards)
    expect(view.perPeer.reduce((sum, { done }) => sum + done, 0)).toBe(view.shards)
  }
}
