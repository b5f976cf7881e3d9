/** A job as people see it, made from its spec and the status that counts: the same in every tab. */
import type { Json } from '../../base/json.ts'
import { resultShownBytesMax } from '../limits.ts'
import { inputBytes } from '../shard.ts'
import type { JobSpec, JobView } from '../types.ts'
import type { Status } from './messages.ts'

const decoder = new TextDecoder()

export function viewOf(spec: JobSpec, shards: number, status: Status, result: Uint8Array | undefined): JobView {
  const isShown = status.phase === 'done' && result !== undefined && result.length <= resultShownBytesMax
  return {
    id: spec.id,
    title: spec.title,
    program: spec.program,
    submittedBy: spec.submittedBy,
    coordinator: status.coordinator,
    state: status.phase,
    inputBytes: inputBytes(spec),
    shards,
    shardsDone: status.shardsDone,
    safeToClose: status.safeToClose,
    perPeer: status.perPeer,
    submittedAtMs: spec.submittedAtMs,
    finishedAtMs: status.finishedAtMs,
    retries: status.retries,
    error: status.error,
    result: isShown ? (JSON.parse(decoder.decode(result)) as Json) : undefined,
    resultBytes: status.result?.bytes,
    resultHash: status.result?.hash,
  }
}
