/** "Why can't I connect?": from what is known of a tab and its dials to a verdict, and what to do. Pure. */
import type { PeerId } from '../base/ids.ts'
import type { CandidateType, Diagnosis, DiagnosisStep, DiagnosisVerdict, DialRecord } from './facts.ts'

export interface ConnectionFacts {
  readonly isSecureContext: boolean
  readonly hasWebRtc: boolean
  readonly signaling: 'connecting' | 'connected' | 'down'
  /** Others who are known to be in the room, by whatever way. */
  readonly others: number
  readonly links: number
  readonly iceServers: readonly Pick<RTCIceServer, 'urls'>[]
  /** Kinds of address that a fresh connection found; undefined where it could not be made. */
  readonly candidates: readonly CandidateType[] | undefined
  readonly dials: readonly DialRecord[]
}

export function whyCantIConnect(facts: ConnectionFacts): Diagnosis {
  const verdict = verdictOf(facts)
  return { verdict, ...words[verdict], steps: stepsOf(facts) }
}

function verdictOf(facts: ConnectionFacts): DiagnosisVerdict {
  const { candidates, signaling, others } = facts
  if (!facts.isSecureContext) return 'insecure-context'
  if (!facts.hasWebRtc) return 'no-webrtc'
  if (facts.links > 0) return 'connected'
  if (!candidates || candidates.length === 0) return 'no-network'
  if (others === 0) return signaling === 'connected' ? 'alone' : 'signaling-unreachable'
  return dialsVerdict(facts, candidates)
}

/** Others are there, and no link to any. */
function dialsVerdict(facts: ConnectionFacts, candidates: readonly CandidateType[]): DiagnosisVerdict {
  const failed = lastFailures(facts.dials).map(({ failure }) => failure?.stage)
  const isBeyondUs = candidates.some(type => type !== 'host')
  if (failed.some(stage => stage === 'secured' || stage === 'admitted')) return 'not-admitted'
  if (failed.includes('connected')) {
    if (candidates.includes('relay')) return 'unclear'
    if (isBeyondUs) return 'needs-turn'
    return facts.iceServers.length > 0 ? 'udp-blocked' : 'needs-stun'
  }
  if (facts.iceServers.length > 0 && !isBeyondUs) return 'udp-blocked'
  if (failed.some(stage => stage === 'signaled' || stage === 'answered'))
    return facts.signaling === 'connected' ? 'peers-silent' : 'signaling-unreachable'
  return 'unclear'
}

/** The newest dial of each peer, where that failed. */
function lastFailures(dials: readonly DialRecord[]): DialRecord[] {
  const last = new Map<PeerId, DialRecord>()
  for (const dial of dials) if (dial.outcome === 'failed' || dial.outcome === 'linked') last.set(dial.peer, dial)
  return [...last.values()].filter(({ outcome }) => outcome === 'failed')
}

function stepsOf(facts: ConnectionFacts): DiagnosisStep[] {
  const { isSecureContext, hasWebRtc, signaling, others, links, candidates, iceServers, dials } = facts
  const failures = lastFailures(dials)
  const beyond = candidates?.some(type => type !== 'host') ?? false
  const candidateState = !candidates?.length ? 'failed' : beyond || iceServers.length === 0 ? 'fine' : 'doubtful'
  return [
    step('secure-context', isSecureContext ? 'fine' : 'failed', isSecureContext ? 'HTTPS or localhost' : 'plain HTTP'),
    step('webrtc', hasWebRtc ? 'fine' : 'failed', hasWebRtc ? 'available' : 'missing or switched off'),
    step('signaling', signaling === 'connected' ? 'fine' : signaling === 'down' ? 'failed' : 'doubtful', signaling),
    step(
      'peers',
      others > 0 ? 'fine' : 'doubtful',
      others === 1 ? '1 other in the room' : `${others} others in the room`,
    ),
    step('candidates', candidateState, candidates?.length ? `found: ${candidates.join(', ')}` : 'no address found'),
    step(
      'dials',
      dials.length === 0 ? 'skipped' : failures.length === 0 ? 'fine' : links > 0 ? 'doubtful' : 'failed',
      failures.length === 0 ? `${dials.length} made` : `${failures.length} failed: ${failures.at(-1)?.failure?.advice}`,
    ),
    step('links', links > 0 ? 'fine' : others > 0 ? 'failed' : 'skipped', links === 1 ? '1 link' : `${links} links`),
  ]
}

function step(what: DiagnosisStep['what'], state: DiagnosisStep['state'], detail: string): DiagnosisStep {
  return { what, state, detail }
}

const words: Readonly<Record<DiagnosisVerdict, Pick<Diagnosis, 'summary' | 'advice'>>> = {
  connected: { summary: 'This tab is linked to others.', advice: '' },
  alone: {
    summary: 'Everything works, and nobody else is in this room.',
    advice: 'Invite others with the link of this room.',
  },
  'insecure-context': {
    summary: 'This page was not loaded securely, so the browser withholds WebRTC and its keys.',
    advice: 'Open it by HTTPS, or on localhost; `npm start -- --https` serves a phone on the same network.',
  },
  'no-webrtc': {
    summary: 'This browser has no WebRTC, or it is switched off.',
    advice: 'Allow WebRTC in the settings, switch off extensions that block it, or use another browser.',
  },
  'signaling-unreachable': {
    summary: 'The signaling server does not answer, and no other tab introduces this one.',
    advice:
      'Check that the server runs and that its address is right; or open this room in a browser that is in it already.',
  },
  'no-network': {
    summary: 'WebRTC finds no address of this machine.',
    advice: 'Check the network connection, and that no extension or policy hides all addresses.',
  },
  'udp-blocked': {
    summary: 'No STUN or TURN server answers: this network seems to block UDP.',
    advice: 'Use a TURN server over TCP or TLS (turns:…?transport=tcp), or another network.',
  },
  'needs-stun': {
    summary: 'Only addresses of this machine are known, and the others cannot reach them.',
    advice: 'Set a STUN server (option iceServers), and a TURN server for strict NATs.',
  },
  'needs-turn': {
    summary: 'No direct path: one or both sides are behind a strict NAT or firewall.',
    advice: 'Add a TURN server (option iceServers).',
  },
  'peers-silent': {
    summary: 'The others do not answer.',
    advice: 'Their tabs may be asleep or closed: bring one to the front. This tab keeps trying.',
  },
  'not-admitted': {
    summary: 'A path to the others exists, and they do not let this tab in.',
    advice: 'Check the key in the link, and reload whichever tab is older.',
  },
  unclear: {
    summary: 'No link stands yet, and nothing that was looked at explains it.',
    advice: 'This tab keeps trying; run the check again in a minute, and look at the dials of each peer.',
  },
}
