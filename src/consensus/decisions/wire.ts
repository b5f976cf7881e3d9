/**
 * What hosts say to each other, checked where it enters. Raft's messages travel as bundles of letters: what one task brings about
 * for one peer goes together. A bundle that is larger than one message of the mesh likes goes in parts.
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { signedSchema } from '../../mesh/signed.ts'
import { ID_LENGTH_MAX, PACE_MAX } from '../raft/limits.ts'
import { type Envelope, type MemberId, parseEnvelope } from '../raft/messages.ts'
import { batchReadsMax, bundleMessagesMax, hostRecordsMax, keyCharsMax, partsMax, refusalCharsMax } from './limits.ts'
import { timingSchema } from './timing.ts'
import type { TimingChoice } from './types.ts'

export const topics = {
  bundle: 'decisions.raft',
  part: 'decisions.part',
  hosts: 'decisions.hosts',
  leader: 'decisions.leader',
  state: 'decisions.state',
  command: 'decisions.command',
  read: 'decisions.read',
  handOver: 'decisions.hand-over',
  retire: 'decisions.retire',
  order: 'decisions.order',
} as const

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(ID_LENGTH_MAX))
const member = v.pipe(
  id,
  v.transform(text => text as MemberId),
)
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** One Raft message with its address, and the pace of a leader that sends it; with its heartbeats its timing too. */
export interface Letter extends Envelope {
  readonly pace: number | undefined
  readonly timing?: TimingChoice | undefined
}

const letterSchema = v.object({
  pace: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(PACE_MAX))),
  timing: v.optional(timingSchema),
})
const bundleSchema = v.pipe(v.array(v.unknown()), v.maxLength(bundleMessagesMax))

/** The letters of a bundle; whatever is malformed is counted by the caller and the rest is read. */
export function parseBundle(value: unknown): (Letter | MeshError<'malformed'>)[] {
  const bundle = v.safeParse(bundleSchema, value)
  if (!bundle.success) return [new MeshError('malformed', v.summarize(bundle.issues))]
  return bundle.output.map(letter => {
    const outer = v.safeParse(letterSchema, letter)
    if (!outer.success) return new MeshError('malformed', v.summarize(outer.issues))
    const { pace: _, timing: __, ...inner } = letter as { pace?: unknown; timing?: unknown }
    const envelope = parseEnvelope(inner)
    return envelope instanceof MeshError ? envelope : { ...envelope, ...outer.output, pace: outer.output.pace }
  })
}

export const partSchema = v.pipe(
  v.strictObject({ id: natural, at: natural, of: v.pipe(natural, v.maxValue(partsMax)), text: v.string() }),
  v.check(({ at, of }) => at < of, 'a part beyond the last'),
)

/** Which history of the room a peer follows, and how much was decided in it as far as it knows. */
const generationSchema = v.strictObject({
  id,
  bornAtMs: natural,
  parent: v.optional(v.strictObject({ generation: id, decided: natural })),
  decided: natural,
})
export type GenerationInfo = v.InferOutput<typeof generationSchema>

const ids = v.pipe(v.array(member), v.maxLength(hostRecordsMax))

/** Whose votes count, and the commit index of whoever knows it from a log: of two the later holds. */
const rosterSchema = v.strictObject({ voters: ids, outgoing: ids, learners: ids, asOf: natural })
export type Roster = v.InferOutput<typeof rosterSchema>

/** What a peer answers when it is asked what it knows. */
export const stateSchema = v.strictObject({
  generation: v.nullable(generationSchema),
  roster: rosterSchema,
  leader: v.nullable(v.strictObject({ member, term: natural })),
  records: v.pipe(v.array(signedSchema), v.maxLength(hostRecordsMax)),
  timing: v.optional(timingSchema),
})
export type PeerState = v.InferOutput<typeof stateSchema>

export const hostsSchema = v.strictObject({
  generation: generationSchema,
  /** Only the leader tells: those who keep no copy would not hear of a change otherwise. */
  roster: v.optional(rosterSchema),
  records: v.pipe(v.array(signedSchema), v.maxLength(hostRecordsMax)),
})

export const leaderSchema = v.strictObject({
  generation: id,
  member,
  term: natural,
  reason: v.picklist(['first', 'timeout', 'leader-gone', 'handover']),
})

export const commandSchema = v.strictObject({
  generation: id,
  session: v.pipe(v.string(), v.maxLength(ID_LENGTH_MAX)),
  sequence: natural,
  /** Null registers a session. */
  command: v.unknown(),
})
export const readSchema = v.strictObject({
  generation: id,
  reads: v.pipe(
    v.array(
      v.variant('kind', [
        v.strictObject({ kind: v.literal('key'), key: v.pipe(v.string(), v.maxLength(keyCharsMax)) }),
        v.strictObject({ kind: v.literal('prefix'), prefix: v.pipe(v.string(), v.maxLength(keyCharsMax)) }),
      ]),
    ),
    v.maxLength(batchReadsMax),
  ),
})
export type Reads = v.InferOutput<typeof readSchema>['reads']

const cell = v.strictObject({ key: v.string(), value: v.custom<Json>(value => value !== undefined), version: natural })
type Json = import('../../base/json.ts').Json

const elsewhere = v.strictObject({
  /** Certainly not done here; asked again, elsewhere or later, it may be. */
  kind: v.literal('elsewhere'),
  leader: v.nullable(v.strictObject({ member, term: natural })),
  reason: v.string(),
})
/** Accepted, and then this member ended before it knew. */
const lost = v.strictObject({ kind: v.literal('lost') })

export const commandAnswerSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('done'),
    index: natural,
    term: natural,
    outcome: v.variant('kind', [
      v.strictObject({ kind: v.literal('registered'), session: v.string() }),
      v.strictObject({ kind: v.literal('executed'), result: v.unknown() }),
      v.strictObject({ kind: v.literal('repeated'), result: v.unknown() }),
      v.strictObject({ kind: v.literal('superseded') }),
      v.strictObject({ kind: v.literal('expired') }),
    ]),
  }),
  elsewhere,
  lost,
])
export type CommandAnswer = v.InferOutput<typeof commandAnswerSchema>

export const readAnswerSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('values'), index: natural, values: v.array(v.array(cell)) }),
  elsewhere,
])
export type ReadsAnswer = v.InferOutput<typeof readAnswerSchema>

/** What any peer may ask of whoever leads. */
export const orderSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('verify'), generation: id }),
  /** Meant for the leader of this term: asked again after it obeyed, it deposes nobody else. */
  v.strictObject({ kind: v.literal('step-down'), generation: id, term: natural, target: v.optional(member) }),
  v.strictObject({ kind: v.literal('configure'), generation: id, timing: timingSchema }),
])
export type Order = v.InferOutput<typeof orderSchema>

export const orderAnswerSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('done') }),
  v.strictObject({ kind: v.literal('verified'), index: natural, term: natural, answered: ids, silent: ids }),
  v.strictObject({
    kind: v.literal('refused'),
    code: v.picklist(['no-quorum', 'invalid-option', 'timeout']),
    message: v.pipe(v.string(), v.maxLength(refusalCharsMax)),
  }),
  elsewhere,
])
export type OrderAnswer = v.InferOutput<typeof orderAnswerSchema>

export const retireSchema = v.strictObject({ generation: id, member })
export const handOverAnswerSchema = v.nullable(v.strictObject({ member }))
