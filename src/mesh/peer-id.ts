/** The PeerId that a key proves. */
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PeerId } from '../base/ids.ts'

export function peerIdOf(key: PrivateKey): PeerId {
  return peerIdFromPrivateKey(key).toString() as PeerId
}
