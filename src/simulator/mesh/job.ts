/** The process of one job: runs each seed that it is sent. */
import type { JobOrder, JobReport } from './jobs.ts'
import { runMesh } from './simulation.ts'

function report(told: JobReport): void {
  process.send?.(told)
}

process.on('message', ({ seed, options, isTwice }: JobOrder) => {
  const before = process.cpuUsage()
  const run = runMesh(seed, options, undefined, minute => report({ kind: 'minute', seed, minute }))
  const isSame = !isTwice || runMesh(seed, options).traceHash === run.traceHash
  const { user, system } = process.cpuUsage(before)
  report({ kind: 'run', run, isSame, cpuSeconds: (user + system) / 1e6 })
})
