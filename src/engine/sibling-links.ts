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

export function siblingLinks({ room, clock, newId }: SiblingLinksOptions): NonNullable<MeshOptions['siblingLinks']> {
  const channel = siblingChannelName(room.hash)
  return ({ self, signer, isFullFor }) =>
    new BroadcastLinks({
      self,
      clock,
      newId,
      isFullFor,
      open: name => new BroadcastChannel(name),
      nameOf: async purpose =>
        `${channel}:${toBase64Url(await room.mac(encoder.encode(`tabmesh sibling channel ${purpose}`)))}`,
      prove: words => signatureText(signer, 'sibling', encoder.encode(words)),
      isProof: (by, words, proof) => isTextSignedBy(by, 'sibling', encoder.encode(words), proof),
    })
}
