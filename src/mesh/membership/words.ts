/** What neighbours tell each other of members, checked where it enters. */
import * as v from 'valibot'
import { peerSchema, sessionSchema } from '../announcement.ts'
import { membersMax } from '../limits.ts'
import { signedSchema } from '../signed.ts'
import { digestParts } from '../spread/state.ts'

const sequence = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const part = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(digestParts - 1))
const lines = v.pipe(v.array(v.strictTuple([peerSchema, sessionSchema, sequence])), v.maxLength(membersMax))

export const wordSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('members'), announcements: v.pipe(v.array(signedSchema), v.maxLength(membersMax)) }),
  v.strictObject({ kind: v.literal('goodbye'), record: signedSchema }),
  v.strictObject({ kind: v.literal('verdict'), record: signedSchema }),
  /** Sums of the list's parts: equal sums, equal lists. */
  v.strictObject({
    kind: v.literal('digest'),
    sums: v.pipe(
      v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1))),
      v.length(digestParts),
    ),
  }),
  /** The parts that differed, line by line. */
  v.strictObject({ kind: v.literal('lines'), parts: v.pipe(v.array(part), v.maxLength(digestParts)), lines }),
  v.strictObject({ kind: v.literal('want'), peers: v.pipe(v.array(peerSchema), v.maxLength(membersMax)) }),
  /** Of lines that were told: who has been given up here, and up to which sequence. */
  v.strictObject({ kind: v.literal('buried'), lines }),
])

/** What one neighbour tells another of members. */
export type MembershipWord = v.InferInput<typeof wordSchema>

/** What a member is asked to try. */
export const subjectSchema = v.strictObject({ peer: peerSchema, session: sessionSchema })
