/**
 * A batch of broadcast frames on the wire, signed once by its origin:
 *
 *   id length (u8) | PeerId (UTF-8) | number (f64) | signature (64 bytes) | frames, each with its length (u32)
 *
 * Of many frames, what stands in place of them is 0xffffffff and the same deflated: their headers are much alike, and between tabs it is the
 * bytes that cost, several times over (docs/performance.md).
 *
 * gossipsub runs without signatures of its own (StrictNoSign): ours is verified once per batch, after duplicates are dropped,
 * with a key imported once per peer; gossipsub's own cost a key import and a check for every copy that arrives.
 */
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { deflate, inflate } from './deflate.ts'
import { batchBytes, broadcastBytesMax, headerBytesMax } from './limits.ts'
import { isSignedBy, type Signer } from './signed.ts'

const lengthBytes = 4
const numberBytes = 8
const signatureBytes = 64
const peerIdBytesMax = 128
/** Of the signature, in a batch's id. */
const signatureHeadBytes = 16
const idBytesMax = 1 + peerIdBytesMax + numberBytes + signatureHeadBytes
/** Stands where a frame's length would, which is never so large. */
const deflatedMark = 0xffffffff
/** Less than this is sent as it is: it is not worth the time. */
const deflateFromBytes = 2_048
/** Deflated it must be no more than this part of what it was. */
const worthwhileShare = 0.8
/** A full batch, and the largest frame that may have gone into it as the first. */
const inflatedBytesMax = 2 * (batchBytes + broadcastBytesMax + headerBytesMax)

type Frames = Uint8Array[] | MeshError<'malformed'>

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** What a batch adds to the frames it carries, bytes, for a queue that fills it up to a size. */
export const bytesPerFrame = lengthBytes

/** With zeros where the signature belongs. `number` never repeats for one origin: it starts at the time of the session, in ms, and grows. */
export async function encodeUnsigned(
  origin: PeerId,
  number: number,
  frames: readonly Uint8Array[],
): Promise<Uint8Array> {
  const id = encoder.encode(origin)
  const body = await smaller(joined(frames))
  const bodyAt = 1 + id.length + numberBytes + signatureBytes
  const bytes = new Uint8Array(bodyAt + body.length)
  bytes[0] = id.length
  bytes.set(id, 1)
  new DataView(bytes.buffer).setFloat64(1 + id.length, number)
  bytes.set(body, bodyAt)
  return bytes
}

/** Signs what `encodeUnsigned` made, in place. */
export async function signBatch(signer: Signer, batch: Uint8Array): Promise<void> {
  batch.set(await signer.sign('broadcast', signedContent(batch)), signatureAt(batch))
}

/** Of a batch that its origin only said to those who know that it comes from there. */
export function isUnsigned(batch: Uint8Array): boolean {
  return signatureOf(batch).every(byte => byte === 0)
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + lengthBytes + frame.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const frame of frames) {
    view.setUint32(at, frame.length)
    bytes.set(frame, at + lengthBytes)
    at += lengthBytes + frame.length
  }
  return bytes
}

async function smaller(frames: Uint8Array): Promise<Uint8Array> {
  if (frames.length < deflateFromBytes) return frames
  const deflated = await deflate(frames)
  if (!deflated || deflated.length > frames.length * worthwhileShare) return frames
  const body = new Uint8Array(lengthBytes + deflated.length)
  new DataView(body.buffer).setUint32(0, deflatedMark)
  body.set(deflated, lengthBytes)
  return body
}

/** Who a batch says it is from; to be believed after `isGenuineBatch`. */
export function originOf(batch: Uint8Array): PeerId | undefined {
  const length = batch[0] ?? 0
  if (length === 0 || length > peerIdBytesMax || batch.length < signatureAt(batch) + signatureBytes) return undefined
  return decoder.decode(batch.subarray(1, 1 + length)) as PeerId
}

/** What its origin numbered it; NaN for what is no batch. */
export function numberOf(batch: Uint8Array): number {
  const at = 1 + (batch[0] ?? 0)
  if (batch.length < at + numberBytes) return Number.NaN
  return new DataView(batch.buffer, batch.byteOffset, batch.byteLength).getFloat64(at)
}

/** The same for every copy of a batch; includes a piece of the signature, so that a forged one cannot take a genuine one's place. */
export function batchId(batch: Uint8Array): Uint8Array {
  return batch.slice(0, signatureAt(batch) + signatureHeadBytes)
}

/** The key that counts copies of one batch as one: a character for each byte. What is longer than an id can be comes from who is broken or hostile. */
export function batchKey(id: Uint8Array): string {
  return String.fromCharCode(...id.subarray(0, idBytesMax))
}

/** True only where the origin signed all of it. Never throws. */
export async function isGenuineBatch(batch: Uint8Array): Promise<boolean> {
  const from = originOf(batch)
  if (!from) return false
  return isSignedBy(from, 'broadcast', signedContent(batch), signatureOf(batch))
}

/** The frames of a batch from a peer, who may be broken or hostile; those that are deflated take a moment. Never throws, never rejects. */
export function framesOf(batch: Uint8Array): Frames | Promise<Frames> {
  const body = batch.subarray(signatureAt(batch) + signatureBytes)
  if (body.length < lengthBytes || viewOf(body).getUint32(0) !== deflatedMark) return apart(body)
  return inflate(body.subarray(lengthBytes), inflatedBytesMax).then(frames =>
    frames ? apart(frames) : new MeshError('malformed', 'a batch that cannot be inflated'),
  )
}

function apart(body: Uint8Array): Frames {
  const view = viewOf(body)
  const frames: Uint8Array[] = []
  for (let at = 0; at < body.length; ) {
    if (at + lengthBytes > body.length) return new MeshError('malformed', 'a batch ends in the middle of a length')
    const length = view.getUint32(at)
    at += lengthBytes
    if (at + length > body.length) return new MeshError('malformed', 'a batch ends in the middle of a frame')
    frames.push(body.subarray(at, at + length))
    at += length
  }
  return frames
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function signatureAt(batch: Uint8Array): number {
  return 1 + (batch[0] ?? 0) + numberBytes
}

function signatureOf(batch: Uint8Array): Uint8Array {
  const at = signatureAt(batch)
  return batch.slice(at, at + signatureBytes)
}

/** Everything but the signature. */
function signedContent(batch: Uint8Array): Uint8Array {
  const at = signatureAt(batch)
  const content = new Uint8Array(batch.length - signatureBytes)
  content.set(batch.subarray(0, at))
  content.set(batch.subarray(at + signatureBytes), at)
  return content
}
