/** What a person may know of a connection's path, from `getStats`: the kinds of both ends, never their addresses. Page only. */
import type { CandidateType, IceFacts, PathEnd } from '../facts.ts'

/** As much of a stats entry as is read; browsers differ in what they give. */
interface Entry {
  readonly type: string
  readonly selectedCandidatePairId?: string
  readonly selected?: boolean
  readonly nominated?: boolean
  readonly state?: string
  readonly localCandidateId?: string
  readonly remoteCandidateId?: string
  readonly candidateType?: CandidateType
  readonly protocol?: string
  readonly address?: string
  readonly ip?: string
  readonly currentRoundTripTime?: number
  readonly bytesSent?: number
  readonly bytesReceived?: number
}

export function iceFactsOf(state: IceFacts['state'], report: ReadonlyMap<string, unknown>): IceFacts {
  const entries = [...report.values()] as Entry[]
  const at = (id: string | undefined) => (id === undefined ? undefined : (report.get(id) as Entry | undefined))
  const chosen = entries.find(({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId)
  const pair =
    at(chosen?.selectedCandidatePairId) ??
    entries.find(({ type, selected }) => type === 'candidate-pair' && selected) ??
    entries.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded')
  const seconds = pair?.currentRoundTripTime
  return {
    state,
    local: endOf(at(pair?.localCandidateId)),
    remote: endOf(at(pair?.remoteCandidateId)),
    rttMs: seconds === undefined ? undefined : Math.round(seconds * 10_000) / 10,
    sentBytes: pair?.bytesSent,
    receivedBytes: pair?.bytesReceived,
  }
}

function endOf(candidate: Entry | undefined): PathEnd | undefined {
  if (!candidate?.candidateType) return undefined
  const address = candidate.address ?? candidate.ip
  const protocol = candidate.protocol?.toLowerCase() === 'tcp' ? 'tcp' : 'udp'
  return { type: candidate.candidateType, protocol, family: familyOf(address) }
}

function familyOf(address: string | undefined): PathEnd['family'] {
  if (address?.includes(':')) return 'IPv6'
  return address && /^[\d.]+$/.test(address) ? 'IPv4' : undefined // a name ending in .local stands for an address
}
