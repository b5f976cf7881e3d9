/** Links to the tabs of the same browser, past WebRTC: the names of their channels follow from the room's key. */
import { toBase64Url } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { BroadcastLinks } from '../link/broadcast/links.ts'
import { siblingChannelName } from '../link/siblings.ts'
import type { MeshOptions } from '../mesh/options.ts'
import type { Room } from '../mesh/room.ts'
import { isTextSignedBy, signatureText } from '../mesh/signed.ts'

export interface SiblingLinksOptions {
  readonly room: Pick<Room, 'hash' | 'mac'>
  readonly clock: Clock
  readonly newId: () => string
}

const encoder = new TextEncoder()

/** The name of a channel among the tabs of this browser, which only members of the room can work out. */
export async function secretChannelName(room: SiblingLinksOptions['room'], purpose: string): Promise<string> {
  const secret = await room.mac(encoder.encode(`tabmesh sibling channel ${purpose}`))
  return `${siblingChannelName(room.hash)}:${toBase64Url(secret)}`
}

export function siblingLinks({ room, clock, newId }: SiblingLinksOptions): NonNullable<MeshOptions['siblingLinks']> {
  return ({ self, signer, isFullFor }) =>
    new BroadcastLinks({
      self,
      clock,
      newId,
      isFullFor,
      open: name => new BroadcastChannel(name),
      nameOf: purpose => secretChannelName(room, purpose),
      prove: words => signatureText(signer, 'sibling', encoder.encode(words)),
      isProof: (by, words, proof) => isTextSignedBy(by, 'sibling', encoder.encode(words), proof),
    })
}
