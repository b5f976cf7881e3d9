/** What the states of a job are called, and the line of facts under its title. Pure. */
import type { JobState, JobView } from '../../work/types.ts'
import { bytes, duration, plural } from '../format.ts'
import type { IconName } from '../look/icons.ts'

interface StateWords {
  readonly word: string
  readonly tone: 'quiet' | 'healthy' | 'failed'
  readonly shape: IconName
}

const states: Readonly<Record<JobState, StateWords>> = {
  storing: { word: 'Copying', tone: 'quiet', shape: 'ring' },
  running: { word: 'Running', tone: 'quiet', shape: 'ring' },
  reducing: { word: 'Putting together', tone: 'quiet', shape: 'ring' },
  done: { word: 'Done', tone: 'healthy', shape: 'check' },
  failed: { word: 'Failed', tone: 'failed', shape: 'alert' },
  cancelled: { word: 'Cancelled', tone: 'quiet', shape: 'cross' },
}

export function stateWords(state: JobState): StateWords {
  return states[state]
}

export function isActive(state: JobState): boolean {
  return state === 'storing' || state === 'running' || state === 'reducing'
}

export function factsOf(job: JobView, nowMs: number): string[] {
  const tookMs = (job.finishedAtMs ?? nowMs) - job.submittedAtMs
  const workers = job.perPeer.filter(part => part.done > 0).length
  return [
    bytes(job.inputBytes),
    ...(job.shards > 0 ? [plural(job.shards, 'part')] : []),
    ...(workers > 0 ? [plural(workers, 'tab')] : []),
    duration(tookMs),
    ...(job.retries > 0 ? [plural(job.retries, 'retry', 'retries')] : []),
  ]
}

/** Whether the tab may be closed, said so that nobody has to know why. */
export function closingAdvice(job: JobView): { readonly isSafe: boolean; readonly words: string } | undefined {
  if (!isActive(job.state)) return undefined
  return job.safeToClose
    ? { isSafe: true, words: 'Safe to close this tab: the job goes on without it.' }
    : { isSafe: false, words: 'Keep this tab open: the text is still being copied to another one.' }
}
