/**
 * What a person may ask of links: how one stands now, how each dial went, and why there is none. Plain data, without addresses:
 * the kind of a path says what is wrong with it, and an address is nobody else's business.
 */
import type { PeerId } from '../base/ids.ts'
import type { LinkKind } from './kind.ts'

/** `host`: an address of the machine itself; `srflx` and `prflx`: as seen from outside a NAT; `relay`: through a TURN server. */
export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay'

/** One end of the path that a link takes. */
export interface PathEnd {
  readonly type: CandidateType
  readonly protocol: 'udp' | 'tcp'
  /** Undefined where the browser does not tell: the name stands for an address (mDNS). */
  readonly family: 'IPv4' | 'IPv6' | undefined
}

/** What WebRTC says of a link's connection; read from the page's `getStats` when it is asked for. */
export interface IceFacts {
  readonly state: 'new' | 'checking' | 'connected' | 'completed' | 'disconnected' | 'failed' | 'closed'
  /** The pair in use; undefined while there is none. */
  readonly local: PathEnd | undefined
  readonly remote: PathEnd | undefined
  /** Round trip of the last connectivity check, ms. */
  readonly rttMs: number | undefined
  /** On the wire, with what UDP payloads carry beside ours (SCTP, DTLS); undefined where the browser does not tell. */
  readonly sentBytes: number | undefined
  readonly receivedBytes: number | undefined
}

/** One direct link of this peer, as it is at the moment. */
export interface LinkFacts {
  readonly peer: PeerId
  readonly kind: LinkKind
  readonly openedAtMs: number
  /** Median of the last pings, ms: what a message takes there and back. */
  readonly rttMs: number | undefined
  /** Ours, before WebRTC adds its own. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Frames; each carries at least a part of one message. */
  readonly sentMessages: number
  readonly receivedMessages: number
  /** Accepted, and not on its way yet. */
  readonly bufferedBytes: number
  /** ICE restarts since it opened: the link stood, its path was made anew. */
  readonly restarts: number
  /** Absent for links that are not WebRTC, and where the page does not answer. */
  readonly ice: IceFacts | undefined
}

/** What a dial passes through, in this order. */
export const dialStages = [
  'offered', // our offer is made, or theirs came
  'signaled', // the first signal of ours has left
  'answered', // the answer came, or ours is made
  'candidates', // the other side named an address to try
  'connected', // ICE found a path
  'opened', // the data channel is open
  'secured', // Noise has proved who is there
  'admitted', // the other side knows the room's key: a link
] as const
export type DialStage = (typeof dialStages)[number]

/** How one attempt to make a link went. */
export interface DialRecord {
  readonly peer: PeerId
  readonly role: 'dialler' | 'answerer'
  /** By the wall clock, ms since 1970. */
  readonly startedAtMs: number
  /** Stages passed, in the order in which they were, with ms since the start. */
  readonly stages: readonly { readonly stage: DialStage; readonly ms: number }[]
  /** `yielded`: the other side dialled at the same moment, and its dial stood. */
  readonly outcome: 'running' | 'linked' | 'failed' | 'yielded'
  /** From start to outcome, ms. */
  readonly tookMs: number | undefined
  /** For a failed dial: the first stage that was not passed, what was met there, and what a person can do. */
  readonly failure: { readonly stage: DialStage; readonly reason: string; readonly advice: string } | undefined
}

export type DiagnosisVerdict =
  | 'connected'
  | 'alone' // everything works, and nobody else is in the room
  | 'insecure-context'
  | 'no-webrtc'
  | 'signaling-unreachable'
  | 'no-network' // WebRTC finds no address at all
  | 'udp-blocked' // a STUN or TURN server is set, and none answers
  | 'needs-stun' // only addresses of this machine, and dials beyond it fail
  | 'needs-turn' // addresses seen from outside, and no path all the same
  | 'peers-silent' // offers leave, and no answer comes
  | 'not-admitted' // a path stands, and the other side does not let us in
  | 'unclear'

/** One thing that was looked at, for a list that a person reads from top to bottom. */
export interface DiagnosisStep {
  readonly what: 'secure-context' | 'webrtc' | 'signaling' | 'peers' | 'candidates' | 'dials' | 'links'
  readonly state: 'fine' | 'doubtful' | 'failed' | 'skipped'
  readonly detail: string
}

/** The answer to "why can't I connect?". */
export interface Diagnosis {
  readonly verdict: DiagnosisVerdict
  /** What is the matter, in a sentence. */
  readonly summary: string
  /** What to do about it; empty where nothing need be done. */
  readonly advice: string
  readonly steps: readonly DiagnosisStep[]
}
