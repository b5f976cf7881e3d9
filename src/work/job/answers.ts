/** What a peer answers about its jobs: runs shards for a coordinator, tells what it holds, serves parts of what is large. */
import { MeshError, toMeshError } from '../../base/errors.ts'
import type { JobId, PeerId } from '../../base/ids.ts'
import type { Payload } from '../../base/json.ts'
import type { Mesh } from '../../mesh/types.ts'
import { parse } from '../blocks/exchange.ts'
import type { Consent } from './consent.ts'
import type { JobEntry } from './entry.ts'
import type { Executor } from './executor.ts'
import { failureOf, holdsSchema, partSchema, type Refusal, runSchema } from './messages.ts'
import { partFrom } from './parts.ts'
import { isFinal } from './state.ts'

export interface AnswersOptions {
  readonly mesh: Mesh
  readonly executor: Executor
  /** The job, fetched from `from` where it is not known yet. */
  readonly learn: (job: JobId, from: PeerId) => Promise<JobEntry | undefined>
  readonly known: (job: JobId) => JobEntry | undefined
  readonly consentTo: (entry: JobEntry) => Consent
  readonly canRun: (entry: JobEntry) => boolean
}

/** Registers the handlers; the returned function removes them. */
export function answerFor(options: AnswersOptions): () => void {
  const { mesh, executor, learn, known } = options
  const offs = [
    mesh.handle('job.run', async (payload, { from }) => {
      const { job, fence, shard } = parse(runSchema, payload)
      const entry = await learn(job, from)
      return entry ? await runFor(from, entry, fence, shard, options) : refuse({ status: 'busy' })
    }),
    mesh.handle('job.holds', payload => ({ shards: executor.holds(parse(holdsSchema, payload).job) })),
    mesh.handle('job.part', payload => {
      const wanted = parse(partSchema, payload)
      const whole =
        wanted.of === 'partial'
          ? executor.kept(wanted.job, wanted.shard)
          : wanted.of === 'spec'
            ? known(wanted.job)?.specBytes
            : known(wanted.job)?.result?.bytes
      return whole ? partFrom(whole, wanted.from) : { missing: true }
    }),
  ]
  return () => {
    for (const off of offs) off()
  }
}

async function runFor(
  from: PeerId,
  entry: JobEntry,
  fence: number,
  number: number,
  { executor, consentTo, canRun }: AnswersOptions,
): Promise<Payload> {
  const { status } = entry.state
  const shard = entry.shards[number]
  if (!shard || !canRun(entry)) return refuse({ status: 'refused' })
  // A cancelled or finished job, or one that another has taken over since.
  if (fence < status.fence || isFinal(status.phase)) {
    const isRetried = status.phase === 'failed' && fence > status.fence
    if (!isRetried) return refuse({ status: 'stale' })
  }
  const consent = consentTo(entry)
  if (consent !== 'granted') return refuse({ status: consent === 'pending' ? 'busy' : 'refused' })
  try {
    return partFrom(await executor.run(entry.spec, shard, [entry.spec.submittedBy, from]), 0)
  } catch (error) {
    const failure = toMeshError(error, 'function-failed')
    if (failure.code === 'overloaded' || failure.code === 'disconnected') return refuse({ status: 'busy' })
    if (failure.code === 'unsupported') return refuse({ status: 'refused' })
    if (failure.code === 'cancelled' || failure.code === 'aborted') return refuse({ status: 'stale' })
    return refuse({ status: 'failed', error: failureOf(failure) })
  }
}

function refuse(refusal: Refusal): Payload {
  return refusal
}

/** What cannot be done with a job that this peer does not have. */
export function unknownJob(job: JobId): MeshError {
  return new MeshError('invalid-option', `There is no job ${job} here.`)
}
