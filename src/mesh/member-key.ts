/** A key pair that is not a peer's: a Raft member keeps its own, whoever hosts it, so that nobody else can speak for it. */
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PeerId } from '../base/ids.ts'
import { type Signer, signerOf } from './signed.ts'

/** A fresh Ed25519 key, as it is stored. */
export async function newMemberKey(): Promise<Uint8Array> {
  return privateKeyToProtobuf(await generateKeyPair('Ed25519'))
}

/** Whoever holds the key signs by an id that follows from it. Throws where the bytes are no key. */
export function memberSigner(stored: Uint8Array): Signer {
  const key: PrivateKey = privateKeyFromProtobuf(stored)
  return signerOf(key, peerIdFromPrivateKey(key).toString() as PeerId)
}
