/**
 * Between the engine, which decides, and the page, which alone may hold an RTCPeerConnection. One attempt is one connection;
 * its id is the engine's. Both sides are ours and of one build, so these are not validated.
 */

export type ToPage =
  | {
      readonly kind: 'start'
      readonly attempt: string
      readonly initiator: boolean
      readonly iceServers: RTCIceServer[]
    }
  | { readonly kind: 'signal'; readonly attempt: string; readonly data: SignalData }
  | { readonly kind: 'end'; readonly attempt: string }
  /** What to say when the page goes away: on every open page channel, and on this BroadcastChannel. */
  | { readonly kind: 'goodbye'; readonly bytes: Uint8Array; readonly channel: string }

export type ToEngine =
  | { readonly kind: 'channel'; readonly attempt: string; readonly channel: RTCDataChannel }
  | { readonly kind: 'bridge'; readonly attempt: string; readonly port: MessagePort }
  /** A bridged channel opened (a transferred one tells the engine itself). */
  | { readonly kind: 'opened'; readonly attempt: string }
  | { readonly kind: 'signal'; readonly attempt: string; readonly data: SignalData }
  | { readonly kind: 'said'; readonly attempt: string; readonly bytes: Uint8Array }
  | { readonly kind: 'ended'; readonly attempt: string; readonly reason: string }

/** What simple-peer asks to be carried to the other side: a description or a candidate, as JSON text. */
export type SignalData = string

/** The data channel that both sides open by agreement; far above what simple-peer's own channel takes. */
export const channelId = 64
