/** What is known of a peer and of a link. Pure data, so that machines may speak of it too. */
import type { PeerId, SessionId } from '../base/ids.ts'
import type { LinkKind } from '../link/kind.ts'

export type { LinkKind }
export type PeerState = 'joining' | 'alive' | 'suspect' | 'left'
/** Why a session ended: the page's goodbye, the holder's own `leave`, or a verdict of its neighbours. */
export type LeaveReason = 'closed' | 'left' | 'crashed' | 'replaced'

/** One direct link of this peer, measured here. */
export interface LinkInfo {
  readonly peer: PeerId
  readonly kind: LinkKind
  /** Round trip of the last ping, ms. */
  readonly rttMs: number | undefined
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly openedAtMs: number
}

/** How busy a peer is. `load` is slots in use / slots; 1 is full. */
export interface LoadInfo {
  readonly slots: number
  readonly busy: number
}

/** What a peer says of itself, in its own signed announcement. */
export interface Announcement {
  readonly session: SessionId
  /** Grows with each announcement of a session; the highest wins. */
  readonly sequence: number
  readonly name: string
  /** 'Chromium 156 on Linux' or 'Node 20'. For people only. */
  readonly device: string
  /** Same for all tabs of one browser profile, so that siblings can watch each other's locks. */
  readonly browser: string
  readonly capabilities: readonly string[]
  readonly load: LoadInfo
  /** Its direct links, so that everybody can draw the graph and find a route. */
  readonly links: readonly { readonly peer: PeerId; readonly kind: LinkKind; readonly rttMs?: number | undefined }[]
}

/** One of the others in the room, as this peer sees it. */
export interface PeerInfo extends Omit<Announcement, 'sequence'> {
  readonly id: PeerId
  readonly state: PeerState
  /** The direct link if there is one, otherwise 'relayed'. */
  readonly link: LinkKind
  /** Measured here for a direct link; for a relayed peer the sum along the known path, if known. */
  readonly rttMs: number | undefined
  readonly joinedAtMs: number
  /** For a direct link: -log10 of the chance that it is alive and silent for so long. 1 is one in ten. */
  readonly phi?: number | undefined
}
