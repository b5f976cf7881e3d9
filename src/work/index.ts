/** Jobs and tasks at one peer: what the engine composes. */
import type { Clock } from '../base/clock.ts'
import type { JobId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type { Random } from '../base/random.ts'
import type { Mesh } from '../mesh/types.ts'
import { BlockExchange } from './blocks/exchange.ts'
import type { BlockStore } from './blocks/store.ts'
import { capabilityTask } from './capability-task.ts'
import { type JobRequest, takeIn } from './intake.ts'
import type { AllowSource } from './job/consent.ts'
import { Jobs } from './job/driver.ts'
import { announceLoad } from './load.ts'
import type { Runner, TaskFunction } from './runner.ts'
import type { Sample } from './sample.ts'
import { Slots } from './slots.ts'
import { type TaskRequest, Tasks } from './tasks.ts'
import type { JobView } from './types.ts'

export interface WorkOptions {
  readonly mesh: Mesh
  readonly store: BlockStore
  readonly runner: Runner
  readonly clock: Clock
  readonly random: Random
  /** `browser` as this tab announces it; `name` as it is now. */
  readonly self: { readonly browser: string; readonly name: () => string }
  /** The corpus that the origin serves, where there is one. */
  readonly sample?: Sample
  /** The application's own capabilities, for `submit`. */
  readonly capabilities?: Readonly<Record<string, TaskFunction>>
  /** Whether a stranger's typed source may run here; without it, it may not. A promise waits for a person. */
  readonly allowSource?: AllowSource
  readonly onChange?: (job: JobView) => void
  /** Counts what was dropped or went wrong, by name. */
  readonly count?: (counter: string) => void
}

export interface Work {
  /** Newest first; the same objects until something changes. */
  readonly jobs: readonly JobView[]
  /** Resolves when the job's inputs are read and the job is announced. */
  startJob(request: JobRequest): Promise<JobId>
  cancelJob(id: JobId): Promise<void>
  /** Runs a failed job again; what peers still hold of it is not computed anew. */
  retryJob(id: JobId): Promise<void>
  jobResult(id: JobId): Promise<Json>
  submit(task: TaskRequest): Promise<Payload>
  close(): void
}

export function createWork(options: WorkOptions): Work {
  const { mesh, store, runner, clock, random, self, sample, allowSource } = options
  const count = options.count ?? (() => {})
  const load = announceLoad(mesh, clock, runner.slots)
  const slots = new Slots(runner.slots, busy => {
    load.busy(busy)
    jobs.loadChanged()
  })
  const exchange = new BlockExchange({
    mesh,
    store,
    fromOrigin: async hash => sample?.block(hash),
    isWanted: (job, hash, from) => jobs.wants(job, hash, from),
    count,
  })
  const onChange = options.onChange ?? (() => {})
  const jobs: Jobs = new Jobs({
    mesh,
    store,
    exchange,
    runner,
    slots,
    clock,
    random,
    self,
    allowSource,
    onChange,
    count,
  })
  const functions = new Map(Object.entries(options.capabilities ?? {}))
  for (const name of runner.capabilities) {
    const task = capabilityTask(runner, name)
    if (task && !functions.has(name)) functions.set(name, task)
  }
  const tasks = new Tasks(mesh, slots, runner.slots, functions)
  mesh.announce({ capabilities: [...new Set([...runner.capabilities, ...functions.keys()])] })

  let lastSubmittedAtMs = 0
  return {
    get jobs() {
      return jobs.views
    },
    async startJob(request) {
      await runner.check(request.program)
      // Two jobs of one peer never look alike, so their ids differ.
      lastSubmittedAtMs = Math.max(clock.nowMs(), lastSubmittedAtMs + 1)
      const spec = await takeIn(request, { submittedBy: mesh.id, submittedAtMs: lastSubmittedAtMs, store, sample })
      jobs.start(spec)
      return spec.id
    },
    cancelJob: async id => jobs.cancel(id),
    retryJob: async id => jobs.retry(id),
    jobResult: async id => JSON.parse(new TextDecoder().decode(jobs.result(id))) as Json,
    submit: task => tasks.submit(task),
    close() {
      jobs.close()
      tasks.close()
      exchange.close()
      load.close()
    },
  }
}
