/**
 * What peers tell each other of jobs. A value from outside is checked here once.
 *
 *   job.status  broadcast   Status: how far a job is, by whoever coordinates it
 *   job.sync    request     { standings } -> { standings }: what each knows; then each fetches what is newer
 *   job.get     request     { job } -> { status }
 *   job.part    request     { of, job, ... , from } -> bytes: part of a spec or a result, see parts.ts
 *   job.run     request     { job, fence, shard } -> the first part of the partial result, or a Refusal
 *   job.holds   request     { job, fence } -> { shards }: those finished or under way there
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { JobId, PeerId, SessionId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import { hashSchema } from '../block-hash.ts'
import * as limits from '../limits.ts'
import { inputBytes } from '../shard.ts'

const natural = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))
const text = (charsMax: number) => v.pipe(v.string(), v.maxLength(charsMax))
const jobSchema = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{32}$/),
  v.transform(id => id as JobId),
)
const peerSchema = v.pipe(
  text(128),
  v.transform(id => id as PeerId),
)
const sessionSchema = v.pipe(
  text(64),
  v.transform(id => id as SessionId),
)
const shardSchema = v.pipe(natural, v.maxValue(limits.blocksMax))
const jsonSchema = v.custom<Json>(value => value !== undefined)

const phaseSchema = v.picklist(['storing', 'running', 'reducing', 'done', 'failed', 'cancelled'])
const errorSchema = v.strictObject({ code: text(64), message: text(limits.errorCharsMax) })

/** Which word on a job's fate counts; see `supersedes` in state.ts. */
const standingEntries = {
  job: jobSchema,
  /** Grows with each taking over. */
  fence: natural,
  coordinator: peerSchema,
  /** Of the coordinator: a reloaded tab has its old id but not its old job. */
  session: sessionSchema,
  /** Grows with each status of one coordinator. */
  version: natural,
  phase: phaseSchema,
}
const standingSchema = v.strictObject(standingEntries)
export type Standing = v.InferOutput<typeof standingSchema>
export type Phase = Standing['phase']

const workSchema = v.strictObject({
  peer: peerSchema,
  name: text(64),
  running: natural,
  done: natural,
  bytes: natural,
})

const statusSchema = v.strictObject({
  ...standingEntries,
  shardsDone: shardSchema,
  perPeer: v.pipe(v.array(workSchema), v.maxLength(limits.peersInStatusMax)),
  safeToClose: v.boolean(),
  retries: natural,
  finishedAtMs: v.exactOptional(natural),
  error: v.exactOptional(errorSchema),
  /** Present when done; `inline` only where it is small. */
  result: v.exactOptional(
    v.strictObject({
      hash: hashSchema,
      bytes: v.pipe(natural, v.maxValue(limits.resultBytesMax)),
      /** The canonical JSON itself. */
      inline: v.exactOptional(text(limits.resultInlineBytesMax)),
    }),
  ),
})
export type Status = v.InferOutput<typeof statusSchema>
export type JobFailure = v.InferOutput<typeof errorSchema>

export function failureOf({ code, message }: MeshError): JobFailure {
  return { code, message: message.slice(0, limits.errorCharsMax) }
}

export const syncSchema = v.strictObject({ standings: v.pipe(v.array(standingSchema), v.maxLength(limits.jobsKept)) })
export const getSchema = v.strictObject({ job: jobSchema })
export const statusReplySchema = v.strictObject({ status: statusSchema })
export const partSchema = v.variant('of', [
  v.strictObject({ of: v.literal('spec'), job: jobSchema, from: natural }),
  v.strictObject({ of: v.literal('result'), job: jobSchema, from: natural }),
  v.strictObject({ of: v.literal('partial'), job: jobSchema, shard: shardSchema, from: natural }),
])
export const runSchema = v.strictObject({ job: jobSchema, fence: natural, shard: shardSchema })
export const holdsSchema = v.strictObject({ job: jobSchema, fence: natural })
export const holdsReplySchema = v.strictObject({ shards: v.pipe(v.array(shardSchema), v.maxLength(limits.blocksMax)) })

/** Why a peer did not give a partial result. */
const refusalSchema = v.variant('status', [
  /** Too much to do, or a person there has not yet answered whether this code may run. */
  v.strictObject({ status: v.literal('busy') }),
  /** It will never run this job. */
  v.strictObject({ status: v.literal('refused') }),
  /** The asker coordinates no longer. */
  v.strictObject({ status: v.literal('stale') }),
  v.strictObject({ status: v.literal('failed'), error: errorSchema }),
])
export type Refusal = v.InferOutput<typeof refusalSchema>

const programSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('capability'),
    capability: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
    options: v.pipe(
      jsonSchema,
      v.check(options => JSON.stringify(options).length <= limits.optionsBytesMax, 'the options are too long'),
    ),
  }),
  v.strictObject({ kind: v.literal('source'), map: text(limits.sourceBytesMax), reduce: text(limits.sourceBytesMax) }),
])

const blockSchema = v.strictObject({
  hash: hashSchema,
  bytes: v.pipe(natural, v.minValue(1), v.maxValue(limits.blockBytesMax)),
  lines: natural,
  starts: v.exactOptional(v.picklist(['word', 'inside'])),
})

export const specSchema = v.pipe(
  v.strictObject({
    id: jobSchema,
    title: text(limits.titleCharsMax),
    submittedBy: peerSchema,
    submittedAtMs: natural,
    program: programSchema,
    corpus: v.exactOptional(v.literal('sample')),
    inputs: v.pipe(
      v.array(
        v.strictObject({
          name: text(limits.inputNameCharsMax),
          bytes: natural,
          blocks: v.pipe(v.array(blockSchema), v.maxLength(limits.blocksMax)),
        }),
      ),
      v.maxLength(limits.inputsMax),
    ),
    shardTimeoutMs: v.pipe(natural, v.minValue(1), v.maxValue(limits.shardTimeoutMsMax)),
  }),
  v.check(
    spec => spec.inputs.every(({ bytes, blocks }) => bytes === blocks.reduce((sum, block) => sum + block.bytes, 0)),
    'an input is not the sum of its blocks',
  ),
  v.check(spec => inputBytes(spec) <= limits.inputBytesMax, 'the inputs are too large'),
  v.check(
    spec => spec.inputs.reduce((sum, { blocks }) => sum + blocks.length, 0) <= limits.blocksMax,
    'too many blocks',
  ),
)

/** Checks a status from a peer, who may be broken or hostile. Never throws. */
export function parseStatus(value: unknown): Status | MeshError<'malformed'> {
  const parsed = v.safeParse(statusSchema, value)
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  const isWhole = (parsed.output.phase === 'done') === (parsed.output.result !== undefined)
  return isWhole ? parsed.output : new MeshError('malformed', 'a result is there if and only if a job is done')
}

export function parseRefusal(value: unknown): Refusal | MeshError<'malformed'> {
  const parsed = v.safeParse(refusalSchema, value)
  return parsed.success ? parsed.output : new MeshError('malformed', v.summarize(parsed.issues))
}
