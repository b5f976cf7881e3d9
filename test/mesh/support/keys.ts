/** Keys with their PeerIds and signers. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import type { PeerId } from '../../../src/base/ids.ts'
import { peerIdOf } from '../../../src/mesh/peer-id.ts'
import { type Signer, signerOf } from '../../../src/mesh/signed.ts'

export interface Keys {
  readonly key: PrivateKey
  readonly id: PeerId
  readonly signer: Signer
}

export async function freshKeys(type: 'Ed25519' | 'secp256k1' = 'Ed25519'): Promise<Keys> {
  const key = (await (type === 'Ed25519' ? generateKeyPair('Ed25519') : generateKeyPair('secp256k1'))) as PrivateKey
  const id = peerIdOf(key)
  return { key, id, signer: signerOf(key, id) }
}
