/**
 * Seeds side by side: one process for each job, a seed at a time in each. A run is what it would be alone; runs are reported as they end, and
 * listed by their seeds.
 */
import type { MeshCampaign } from './campaign.ts'
import type { MeshSimulationOptions } from './options.ts'
import type { MeshRun } from './simulation.ts'

/** A process that runs `job.ts`. */
export interface JobProcess {
  on(event: 'message', listener: (report: JobReport) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'exit', listener: (code: number | null, signal: string | null) => void): unknown
  send(order: JobOrder): unknown
  disconnect(): void
}

export interface JobOrder {
  readonly seed: number
  readonly options: MeshSimulationOptions
  readonly isTwice: boolean
}

export type JobReport =
  | { readonly kind: 'minute'; readonly seed: number; readonly minute: number }
  | { readonly kind: 'run'; readonly run: MeshRun; readonly isSame: boolean; readonly cpuSeconds: number }

export async function runInJobs(
  orders: readonly JobOrder[],
  jobs: number,
  start: () => JobProcess,
  onRun: (run: MeshRun) => void,
  onMinute: (seed: number, minute: number) => void,
): Promise<MeshCampaign & { readonly cpuSeconds: number }> {
  const waiting = [...orders]
  const runs: MeshRun[] = []
  const nondeterministic: number[] = []
  let cpuSeconds = 0
  const take = (report: Extract<JobReport, { kind: 'run' }>) => {
    runs.push(report.run)
    if (!report.isSame) nondeterministic.push(report.run.seed)
    cpuSeconds += report.cpuSeconds
    onRun(report.run)
  }
  const work = async (): Promise<void> => {
    const job = new Job(start(), onMinute)
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) take(await job.run(next))
    } finally {
      job.end()
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, orders.length) }, work))
  const bySeed = (one: number, other: number) => one - other
  return {
    runs: runs.sort((one, other) => bySeed(one.seed, other.seed)),
    nondeterministic: nondeterministic.sort(bySeed),
    cpuSeconds,
  }
}

class Job {
  readonly #process: JobProcess
  #resolve: (report: Extract<JobReport, { kind: 'run' }>) => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor(process: JobProcess, onMinute: (seed: number, minute: number) => void) {
    this.#process = process
    this.#process.on('message', report => {
      if (report.kind === 'run') this.#resolve(report)
      else onMinute(report.seed, report.minute)
    })
    this.#process.on('error', error => this.#reject(error))
    this.#process.on('exit', (code, signal) => this.#reject(new Error(`a job ended with ${signal ?? code}`)))
  }

  run(order: JobOrder): Promise<Extract<JobReport, { kind: 'run' }>> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#process.send(order)
    })
  }

  end(): void {
    this.#process.disconnect()
  }
}
