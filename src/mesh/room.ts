/**
 * A room's keys, all from its secret and name by HKDF-SHA-256 (RFC 5869): the hash under which the signaling server knows it,
 * the key that seals signals, the key that admits peers, and a 12-bit tag with a key of the name alone, by which a newcomer who
 * is alone may ask whether a room of that name is open under another secret.
 */
import { fromBase64Url, toBase64Url, toHex } from '../base/bytes.ts'
import type { RoomHash } from '../base/ids.ts'

const encoder = new TextEncoder()
const nonceBytes = 12

export interface Room {
  readonly name: string
  readonly isPrivate: boolean
  readonly hash: RoomHash
  /** Three hex digits of a hash of the name. */
  readonly tag: string
  readonly seal: Sealer
  /** Sealed by the name alone: for knocks. */
  readonly nameSeal: Sealer
  /** HMAC-SHA-256 under the admission key. */
  mac(bytes: Uint8Array): Promise<Uint8Array>
}

export interface Sealer {
  /** AES-256-GCM with a fresh nonce, as base64url text. */
  seal(plain: Uint8Array): Promise<string>
  /** Undefined where the text was not sealed with this key. */
  open(sealed: string): Promise<Uint8Array | undefined>
}

/** A room without a secret is public: its keys follow from its name, and so protect nothing from those who know it. */
export async function openRoom(name: string, secret: string | undefined): Promise<Room> {
  const isPrivate = secret !== undefined && secret !== ''
  const [material, nameMaterial] = await Promise.all([
    keyMaterial(isPrivate ? `private\0${secret}` : 'public'),
    keyMaterial('name'),
  ])
  const [hash, sealKey, macKey, tag, nameKey] = await Promise.all([
    derive(material, name, 'tabmesh room hash'),
    derive(material, name, 'tabmesh signal seal'),
    derive(material, name, 'tabmesh admission'),
    derive(nameMaterial, name, 'tabmesh name tag'),
    derive(nameMaterial, name, 'tabmesh name seal'),
  ])
  const [hmac, seal, nameSeal] = await Promise.all([
    crypto.subtle.importKey('raw', macKey, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']),
    sealerOf(sealKey),
    sealerOf(nameKey),
  ])
  return {
    name,
    isPrivate,
    hash: toHex(hash) as RoomHash,
    tag: toHex(tag).slice(0, 3),
    seal,
    nameSeal,
    mac: async bytes => new Uint8Array(await crypto.subtle.sign('HMAC', hmac, bytes as Uint8Array<ArrayBuffer>)),
  }
}

function keyMaterial(text: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', encoder.encode(text), 'HKDF', false, ['deriveBits'])
}

async function derive(material: CryptoKey, name: string, purpose: string): Promise<Uint8Array<ArrayBuffer>> {
  const salt = encoder.encode(name)
  const bits = await crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt, info: encoder.encode(purpose) },
    material,
    256,
  )
  return new Uint8Array(bits)
}

async function sealerOf(raw: Uint8Array<ArrayBuffer>): Promise<Sealer> {
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  return {
    async seal(plain) {
      const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
      const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, plain as Uint8Array<ArrayBuffer>)
      const sealed = new Uint8Array(nonceBytes + box.byteLength)
      sealed.set(nonce)
      sealed.set(new Uint8Array(box), nonceBytes)
      return toBase64Url(sealed)
    },
    async open(text) {
      const sealed = fromBase64Url(text)
      if (!sealed || sealed.length <= nonceBytes) return undefined
      const iv = sealed.subarray(0, nonceBytes)
      try {
        return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed.subarray(nonceBytes)))
      } catch {
        return undefined
      }
    },
  }
}
