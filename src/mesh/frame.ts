/**
 * One message on the wire: a JSON header, then the payload as JSON text or as it is.
 *
 *   header length (u16, big endian) | header (JSON) | body
 *
 * Together with the sender, which the link or a signature proves, it is the envelope
 * { type, from, to or 'broadcast', payload, timestamp, correlationId }. There is no `from` field to lie in.
 */
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { Payload } from '../base/json.ts'
import { headerBytesMax, messageBytesMax, relayHopsMax, topicCharsMax } from './limits.ts'

const idText = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const peerText = v.pipe(v.string(), v.maxLength(128))

const headerSchema = v.strictObject({
  /** `tell` is the mesh's own: unacknowledged, for members and signals. */
  kind: v.picklist(['send', 'request', 'ack', 'reply', 'error', 'broadcast', 'tell']),
  id: idText,
  /** The envelope's `type`: what subscribers and handlers are registered for. */
  topic: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(topicCharsMax))),
  timestamp: v.pipe(v.number(), v.finite()),
  body: v.picklist(['none', 'json', 'bytes']),
  /** Present on a message that travels through others. */
  relay: v.optional(
    v.strictObject({
      from: peerText,
      to: peerText,
      /** The session meant, so that nothing is replayed to a later one. */
      session: idText,
      /** Links it may still cross. Not signed: each hop lowers it. */
      hops: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(relayHopsMax)),
      signature: v.pipe(v.string(), v.maxLength(128)),
    }),
  ),
})
export type Header = v.InferOutput<typeof headerSchema>

export interface Frame {
  readonly header: Header
  readonly body: Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const nothing = new Uint8Array(0)

/** The body and its kind. Throws `too-large`, or `malformed` for what JSON cannot carry. */
export function encodePayload(
  payload: Payload | undefined,
  bytesMax = messageBytesMax,
): Pick<Frame, 'body'> & { kind: Header['body'] } {
  const body = payload === undefined ? nothing : payload instanceof Uint8Array ? payload : encodeJson(payload)
  if (body.byteLength > bytesMax)
    throw new MeshError('too-large', `a payload of ${body.byteLength} bytes is over the limit of ${bytesMax}`)
  return { body, kind: payload === undefined ? 'none' : payload instanceof Uint8Array ? 'bytes' : 'json' }
}

function encodeJson(payload: Payload): Uint8Array {
  let text: string | undefined
  try {
    text = JSON.stringify(payload)
  } catch (error) {
    throw new MeshError('malformed', 'a payload must be plain JSON or a Uint8Array', { cause: error })
  }
  if (text === undefined) throw new MeshError('malformed', 'a payload must be plain JSON or a Uint8Array')
  return encoder.encode(text)
}

export function decodePayload(frame: Frame): Payload | undefined | MeshError<'malformed'> {
  if (frame.header.body === 'none') return undefined
  if (frame.header.body === 'bytes') return frame.body
  try {
    return JSON.parse(decoder.decode(frame.body)) as Payload
  } catch {
    return new MeshError('malformed', 'the body is not JSON')
  }
}

export function encodeFrame(frame: Frame): Uint8Array {
  const header = encoder.encode(JSON.stringify(frame.header))
  const bytes = new Uint8Array(2 + header.length + frame.body.length)
  bytes[0] = header.length >> 8
  bytes[1] = header.length & 255
  bytes.set(header, 2)
  bytes.set(frame.body, 2 + header.length)
  return bytes
}

/** Checks a frame from a peer, who may be broken or hostile. Never throws. */
export function decodeFrame(bytes: Uint8Array): Frame | MeshError<'malformed' | 'too-large'> {
  const length = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
  if (length === 0 || length > headerBytesMax || bytes.length < 2 + length)
    return new MeshError('malformed', 'the header does not fit')
  if (bytes.length - 2 - length > messageBytesMax) return new MeshError('too-large', 'the body is over the limit')
  try {
    const header = v.safeParse(headerSchema, JSON.parse(decoder.decode(bytes.subarray(2, 2 + length))))
    if (!header.success) return new MeshError('malformed', v.summarize(header.issues))
    return { header: header.output, body: bytes.slice(2 + length) }
  } catch {
    return new MeshError('malformed', 'the header is not JSON')
  }
}
