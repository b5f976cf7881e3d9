/**
 * A change of the memory store on the wire and on disk, as JSON: the versions that came, and the context in which to see them. What the
 * context covers, and neither `versions` nor `alive` names, is deleted.
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import { memoryKeyCharsMax, memoryReplicasMax, memoryTagCharsMax, memoryTagsMax } from '../limits.ts'
import type { ContextWords, Dots } from './context.ts'
import type { Version } from './versions.ts'

export interface Delta {
  readonly context: ContextWords
  /** Of the context, what still lies in the store although its version is not sent: the receiver has it. */
  readonly alive: Dots
  readonly versions: readonly { readonly at: readonly [namespace: string, key: string]; readonly version: Version }[]
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(memoryKeyCharsMax))
const replica = v.pipe(v.string(), v.minLength(1), v.maxLength(128))
const few = <Value>(schema: v.GenericSchema<unknown, Value>) =>
  v.pipe(
    v.record(replica, schema),
    v.check(record => Object.keys(record).length <= memoryReplicasMax),
  )
const dots = few(v.array(positive))
const json = v.custom<Json>(value => value !== undefined)
const tag = v.pipe(v.string(), v.minLength(1), v.maxLength(memoryTagCharsMax))
/** Milliseconds since 1970, as far as a Date goes. */
const time = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(8.64e15))

const contextSchema = v.strictObject({ vector: few(positive), beyond: dots })
const versionSchema = v.strictObject({
  dot: v.strictObject({ replica, number: positive }),
  stamp: v.strictObject({ ms: time, count }),
  by: v.pipe(v.string(), v.maxLength(128)),
  body: v.variant('kind', [
    v.strictObject({ kind: v.literal('value'), value: json }),
    v.strictObject({
      kind: v.literal('counter'),
      up: v.pipe(v.number(), v.finite()),
      down: v.pipe(v.number(), v.finite()),
    }),
    v.strictObject({ kind: v.literal('element'), element: json }),
  ]),
  tags: v.pipe(v.array(tag), v.maxLength(memoryTagsMax)),
  expiresAtMs: v.optional(time),
})
const deltaSchema = v.strictObject({
  context: contextSchema,
  alive: dots,
  versions: v.array(v.strictObject({ at: v.tuple([name, name]), version: versionSchema })),
})

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeJson(value: Delta | ContextWords): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/** Checks what a peer sent, or what was stored. Never throws. */
export function decodeDelta(bytes: Uint8Array): Delta | MeshError<'malformed'> {
  const parsed = v.safeParse(deltaSchema, parse(bytes))
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  const { context, alive, versions } = parsed.output
  return {
    context,
    alive,
    versions: versions.map(({ at, version }) => ({ at, version: { ...version, by: version.by as PeerId } })),
  }
}

export function decodeContext(bytes: Uint8Array): ContextWords | MeshError<'malformed'> {
  if (bytes.length === 0) return { vector: {}, beyond: {} }
  const parsed = v.safeParse(contextSchema, parse(bytes))
  return parsed.success ? parsed.output : new MeshError('malformed', v.summarize(parsed.issues))
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}
