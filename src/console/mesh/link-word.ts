import type { LinkKind } from '../../mesh/types.ts'

const words: Readonly<Record<LinkKind, string>> = {
  webrtc: 'WebRTC',
  broadcast: 'same browser',
  relayed: 'relayed',
  memory: 'same process',
}

/** A kind of link in a person's words. */
export function linkWord(kind: LinkKind): string {
  return words[kind]
}
