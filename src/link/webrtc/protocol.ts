/**
 * Between the engine, which decides, and the page, which alone may hold an RTCPeerConnection. One attempt is one connection;
 * its id is the engine's. Both sides are ours and of one build, so these are not validated.
 */
import type { CandidateType, IceFacts } from '../facts.ts'

export type ToPage =
  | {
      readonly kind: 'start'
      readonly attempt: string
      readonly initiator: boolean
      readonly iceServers: RTCIceServer[]
    }
  | { readonly kind: 'signal'; readonly attempt: string; readonly data: SignalData }
  /** Makes the path anew under the channels that stand; for the end that made the offer. */
  | { readonly kind: 'restart'; readonly attempt: string }
  | { readonly kind: 'end'; readonly attempt: string }
  /** What to say when the page goes away: on every open page channel, and on this BroadcastChannel. */
  | { readonly kind: 'goodbye'; readonly bytes: Uint8Array; readonly channel: string }
  | { readonly kind: 'ask-path'; readonly ask: number; readonly attempt: string }
  | { readonly kind: 'ask-candidates'; readonly ask: number; readonly iceServers: RTCIceServer[] }

export type ToEngine =
  | { readonly kind: 'channel'; readonly attempt: string; readonly channel: RTCDataChannel }
  | { readonly kind: 'bridge'; readonly attempt: string; readonly port: MessagePort }
  /** A bridged channel opened (a transferred one tells the engine itself). */
  | { readonly kind: 'opened'; readonly attempt: string }
  | { readonly kind: 'ice'; readonly attempt: string; readonly state: IceFacts['state'] }
  | { readonly kind: 'signal'; readonly attempt: string; readonly data: SignalData }
  | { readonly kind: 'said'; readonly attempt: string; readonly bytes: Uint8Array }
  | { readonly kind: 'ended'; readonly attempt: string; readonly reason: string }
  /** The answer to what was asked; undefined where there is none. */
  | { readonly kind: 'answer'; readonly ask: number; readonly value: IceFacts | readonly CandidateType[] | undefined }

/**
 * What simple-peer asks to be carried to the other side: a description or a candidate, as JSON text. After an ICE restart it
 * also holds `round`, the number of that restart: what belongs to an earlier one must not be mixed with it.
 */
export type SignalData = string

/** Asks the end that made the offer to restart: simple-peer lets only that one. For engines, not for simple-peer. */
export const restartRequest: SignalData = '{"type":"restart"}'

/** The data channel that both sides open by agreement; far above what simple-peer's own channel takes. */
export const channelId = 64
