/** What simulated peers say to each other: the words of the real mesh without their signatures. Never changed once sent. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Announcement } from '../../mesh/peer.ts'
import type { Digest, Line, Version } from '../../mesh/spread/state.ts'

/** A signed announcement. One object for the whole room, which nobody changes. */
export interface Told extends Version {
  readonly announcement: Announcement
}

export type MeshMessage =
  | { readonly kind: 'members'; readonly told: readonly Told[] }
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'lines'; readonly parts: readonly number[]; readonly lines: readonly Line[] }
  | { readonly kind: 'want'; readonly peers: readonly PeerId[] }
  | { readonly kind: 'goodbye'; readonly peer: PeerId; readonly session: SessionId }
  | { readonly kind: 'verdict'; readonly peer: PeerId; readonly session: SessionId; readonly sequence: number }
  | { readonly kind: 'buried'; readonly lines: readonly Line[] }
  | { readonly kind: 'ping'; readonly session: SessionId; readonly sentMs: number; readonly doubted?: number }
  | { readonly kind: 'pong'; readonly session: SessionId; readonly sentMs: number }
  | { readonly kind: 'ask'; readonly peer: PeerId; readonly session: SessionId }
  | { readonly kind: 'answer'; readonly peer: PeerId; readonly session: SessionId; readonly isAlive: boolean }
