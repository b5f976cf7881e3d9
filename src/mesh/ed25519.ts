/**
 * Ed25519 with each key imported once: libp2p's own functions import it anew for every signature, which costs more than the
 * signature does. Where WebCrypto has no Ed25519 (Chromium before 137), libp2p's are used as they are.
 */
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '../base/ids.ts'
import { membersMax } from './limits.ts'

type Bytes = Uint8Array<ArrayBuffer>
type Verify = (content: Uint8Array, signature: Uint8Array) => Promise<boolean>

const algorithm = { name: 'Ed25519' }
/** PKCS #8 header of an Ed25519 private key (RFC 8410, section 7); the 32-byte seed follows. */
const pkcs8Header = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32)
const seedBytes = 32

/** Signs with a key that is imported at the first use. */
export function signing(key: PrivateKey): (content: Uint8Array) => Promise<Uint8Array> {
  let imported: Promise<CryptoKey | undefined> | undefined
  return async content => {
    imported ??= importPrivate(key)
    const native = await imported
    if (!native) return key.sign(content)
    return new Uint8Array(await crypto.subtle.sign(algorithm, native, content as Bytes))
  }
}

const verifiers = new Map<PeerId, Promise<Verify | undefined>>()

/** True only where the owner of this PeerId signed `content`. Never throws. */
export async function isSignature(by: PeerId, content: Uint8Array, signature: Uint8Array): Promise<boolean> {
  let verifier = verifiers.get(by)
  if (!verifier) {
    if (verifiers.size >= membersMax) verifiers.delete(verifiers.keys().next().value as PeerId)
    verifier = verifierOf(by)
    verifiers.set(by, verifier)
  }
  try {
    return (await (await verifier)?.(content, signature)) ?? false
  } catch {
    return false
  }
}

async function verifierOf(by: PeerId): Promise<Verify | undefined> {
  try {
    const id = peerIdFromString(by)
    if (id.type !== 'Ed25519') return undefined
    const { publicKey } = id
    const raw = publicKey.raw as Bytes
    const native = await crypto.subtle.importKey('raw', raw, algorithm, false, ['verify']).catch(() => undefined)
    if (!native) return async (content, signature) => publicKey.verify(content, signature)
    return (content, signature) => crypto.subtle.verify(algorithm, native, signature as Bytes, content as Bytes)
  } catch {
    return undefined // not a PeerId at all
  }
}

async function importPrivate(key: PrivateKey): Promise<CryptoKey | undefined> {
  const pkcs8 = new Uint8Array(pkcs8Header.length + seedBytes)
  pkcs8.set(pkcs8Header)
  pkcs8.set(key.raw.subarray(0, seedBytes), pkcs8Header.length)
  return crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']).catch(() => undefined)
}
