/**
 * A record that carries its author's Ed25519 signature, so that it may travel through anybody: announcements, goodbyes,
 * signals, relayed messages. The purpose is signed too, so that no record can be passed off as one of another kind.
 */
import type { PrivateKey } from '@libp2p/interface'
import * as v from 'valibot'
import { fromBase64Url, toBase64Url } from '../base/bytes.ts'
import type { PeerId } from '../base/ids.ts'
import { isSignature, signing } from './ed25519.ts'

const encoder = new TextEncoder()

export type Purpose =
  | 'agents'
  | 'announcement'
  | 'broadcast'
  | 'faults'
  | 'goodbye'
  | 'host'
  | 'relay'
  | 'rumour'
  | 'sibling'
  | 'signal'
  | 'verdict'

export const signedSchema = v.strictObject({
  by: v.pipe(v.string(), v.maxLength(128)),
  /** JSON text; it is signed as text, so that no re-encoding can change it. */
  json: v.pipe(v.string(), v.maxLength(16_384)),
  signature: v.pipe(v.string(), v.maxLength(128)),
})
export type Signed = v.InferOutput<typeof signedSchema>

export interface Signer {
  readonly id: PeerId
  sign(purpose: Purpose, content: Uint8Array): Promise<Uint8Array>
}

export function signerOf(key: PrivateKey, id: PeerId): Signer {
  const sign = signing(key)
  return { id, sign: (purpose, content) => sign(bytesToSign(purpose, content)) }
}

/** A signature as base64url text. */
export async function signatureText(signer: Signer, purpose: Purpose, content: Uint8Array): Promise<string> {
  return toBase64Url(await signer.sign(purpose, content))
}

/** Like `isSignedBy`, of a signature as text. */
export async function isTextSignedBy(
  by: PeerId,
  purpose: Purpose,
  content: Uint8Array,
  text: string,
): Promise<boolean> {
  const signature = fromBase64Url(text)
  return signature !== undefined && isSignedBy(by, purpose, content, signature)
}

export async function signRecord(signer: Signer, purpose: Purpose, value: unknown): Promise<Signed> {
  const json = JSON.stringify(value)
  return { by: signer.id, json, signature: await signatureText(signer, purpose, encoder.encode(json)) }
}

/** True only where `by` made `signature` over `content` for this purpose. Never throws. */
export function isSignedBy(by: PeerId, purpose: Purpose, content: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return isSignature(by, bytesToSign(purpose, content), signature)
}

/** The content of a record whose signature holds and that fits the schema; otherwise undefined. Never throws. */
export async function openRecord<Content>(
  value: unknown,
  purpose: Purpose,
  schema: v.GenericSchema<unknown, Content>,
): Promise<{ readonly by: PeerId; readonly content: Content } | undefined> {
  const record = v.safeParse(signedSchema, value)
  if (!record.success) return undefined
  const { json, signature } = record.output
  const by = record.output.by as PeerId
  if (!(await isTextSignedBy(by, purpose, encoder.encode(json), signature))) return undefined
  try {
    const content = v.safeParse(schema, JSON.parse(json))
    return content.success ? { by, content: content.output } : undefined
  } catch {
    return undefined
  }
}

function bytesToSign(purpose: Purpose, content: Uint8Array): Uint8Array {
  const prefix = encoder.encode(`tabmesh ${purpose}\0`)
  const bytes = new Uint8Array(prefix.length + content.length)
  bytes.set(prefix)
  bytes.set(content, prefix.length)
  return bytes
}
