/**
 * What passes between the engine and the sandbox frame. The frame is our code, but what comes from it is a stranger's in the end:
 * it is checked here.
 */
import * as v from 'valibot'
import { resultBytesMax } from '../../work/limits.ts'
import { messageCharsMax } from './limits.ts'

export type FrameCall =
  | { readonly kind: 'start'; readonly id: number; readonly script: string; readonly input: SandboxInput }
  | { readonly kind: 'stop'; readonly id: number }

export type SandboxInput =
  | { readonly call: 'check' }
  | {
      readonly call: 'map'
      readonly bytesMax: number
      readonly pieces: readonly { readonly bytes: Uint8Array; readonly context: MapContext }[]
    }
  | { readonly call: 'reduce'; readonly bytesMax: number; readonly partials: readonly Uint8Array[] }

/** The second argument of a typed map function. */
interface MapContext {
  /** The file's name. */
  readonly input: string
  /** From 0, over all texts that map is called with. */
  readonly shard: number
  /** Number of the text's first line in its file, from 1. */
  readonly firstLine: number
}

const id = v.pipe(v.number(), v.integer(), v.minValue(0))
const text = v.pipe(v.string(), v.maxLength(messageCharsMax))
const replySchema = v.variant('kind', [
  /** The function was read without a mistake. */
  v.strictObject({ kind: v.literal('ready'), id }),
  v.strictObject({
    kind: v.literal('done'),
    id,
    bytes: v.custom<Uint8Array>(value => value instanceof Uint8Array && value.length <= resultBytesMax),
  }),
  v.strictObject({ kind: v.literal('failed'), id, code: v.picklist(['function-failed', 'too-large']), message: text }),
  v.strictObject({ kind: v.literal('stopped'), id }),
])
export type FrameReply = v.InferOutput<typeof replySchema>

/** Undefined for what no frame of ours would say. */
export function parseFrameReply(value: unknown): FrameReply | undefined {
  const parsed = v.safeParse(replySchema, value)
  return parsed.success ? parsed.output : undefined
}
