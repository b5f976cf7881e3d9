/**
 * What peers say about shared state (docs/protocol.md). Names are `memory`, or `doc/` and a document's name.
 *
 *   shared.update  broadcast  name | update
 *   shared.digest  broadcast, request -> the other's    { digests: { name: 16 hex digits }, urgent? }
 *   shared.pull    request    name | vector             -> total (u32) | transfer (u32) | the first piece of the update
 *   shared.chunk   request    { transfer, offset }      -> the piece that begins there
 *
 * `name |` is its length in bytes (u16, big endian) and the name in UTF-8.
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { digestsMax, documentBytesMax, documentNameCharsMax } from '../limits.ts'
import type { Digests } from './state.ts'

export const updateTopic = 'shared.update'
export const digestTopic = 'shared.digest'
export const pullTopic = 'shared.pull'
export const chunkTopic = 'shared.chunk'

/** The memory store is a replica like any document. */
export const memoryName = 'memory'
const documentPrefix = 'doc/'

export function documentReplica(name: string): string {
  return `${documentPrefix}${name}`
}

/** The document's name; undefined for the memory store. */
export function documentOf(replica: string): string | undefined {
  return replica.startsWith(documentPrefix) ? replica.slice(documentPrefix.length) : undefined
}

const nameCharsMax = documentPrefix.length + documentNameCharsMax
const nameSchema = v.pipe(
  v.string(),
  v.maxLength(nameCharsMax),
  v.check(name => name === memoryName || (name.startsWith(documentPrefix) && name.length > documentPrefix.length)),
)
const digestsSchema = v.strictObject({
  digests: v.pipe(
    v.record(nameSchema, v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/))),
    v.check(digests => Object.keys(digests).length <= digestsMax),
  ),
  urgent: v.optional(v.literal(true)),
})
const chunkSchema = v.strictObject({
  transfer: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffffffff)),
  offset: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(documentBytesMax)),
})
export type ChunkRequest = v.InferOutput<typeof chunkSchema>

export type DigestsWord = { readonly digests: { readonly [name: string]: string }; readonly urgent?: true }

export function digestsWord(digests: Digests, isUrgent = false): DigestsWord {
  return { digests: Object.fromEntries(digests), ...(isUrgent && { urgent: true as const }) }
}

export function parseDigests(payload: unknown): { digests: Digests; isUrgent: boolean } | MeshError<'malformed'> {
  const parsed = v.safeParse(digestsSchema, payload)
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  return { digests: new Map(Object.entries(parsed.output.digests)), isUrgent: parsed.output.urgent ?? false }
}

export function parseChunkRequest(payload: unknown): ChunkRequest | MeshError<'malformed'> {
  const parsed = v.safeParse(chunkSchema, payload)
  return parsed.success ? parsed.output : new MeshError('malformed', v.summarize(parsed.issues))
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const lengthBytes = 2

export function encodeNamed(name: string, bytes: Uint8Array): Uint8Array {
  const nameBytes = encoder.encode(name)
  const whole = new Uint8Array(lengthBytes + nameBytes.length + bytes.length)
  whole[0] = nameBytes.length >> 8
  whole[1] = nameBytes.length & 255
  whole.set(nameBytes, lengthBytes)
  whole.set(bytes, lengthBytes + nameBytes.length)
  return whole
}

/** Checks what a peer sent, who may be broken or hostile. Never throws. */
export function decodeNamed(payload: unknown): { name: string; bytes: Uint8Array } | MeshError<'malformed'> {
  const malformed = new MeshError('malformed', 'no name with bytes')
  if (!(payload instanceof Uint8Array) || payload.length < lengthBytes) return malformed
  const end = lengthBytes + (((payload[0] ?? 0) << 8) | (payload[1] ?? 0))
  if (payload.length < end) return malformed
  try {
    const name = v.safeParse(nameSchema, decoder.decode(payload.subarray(lengthBytes, end)))
    return name.success ? { name: name.output, bytes: payload.subarray(end) } : malformed
  } catch {
    return malformed
  }
}

/** An answer to `shared.pull`: how long the update is, where to fetch the rest of it, and its first piece. */
export interface PullAnswer {
  readonly total: number
  readonly transfer: number
  readonly first: Uint8Array
}

const answerHeaderBytes = 8

export function encodeAnswer({ total, transfer, first }: PullAnswer): Uint8Array {
  const bytes = new Uint8Array(answerHeaderBytes + first.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, total)
  view.setUint32(4, transfer)
  bytes.set(first, answerHeaderBytes)
  return bytes
}

export function decodeAnswer(payload: unknown): PullAnswer | MeshError<'malformed'> {
  if (!(payload instanceof Uint8Array) || payload.length < answerHeaderBytes)
    return new MeshError('malformed', 'an answer without a header')
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const total = view.getUint32(0)
  const transfer = view.getUint32(4)
  const first = payload.subarray(answerHeaderBytes)
  const isWhole = transfer === 0 ? first.length === total : first.length > 0 && first.length < total
  if (total > documentBytesMax || !isWhole) return new MeshError('malformed', 'an answer of the wrong length')
  return { total, transfer, first }
}
