import { expect, test } from 'vitest'
import { iceFactsOf } from '../../../src/link/webrtc/stats.ts'

const candidates = [
  { id: 'l', type: 'local-candidate', candidateType: 'srflx', protocol: 'udp', address: '198.51.100.7' },
  { id: 'r', type: 'remote-candidate', candidateType: 'relay', protocol: 'TCP', ip: '2001:db8::1' },
  { id: 'm', type: 'remote-candidate', candidateType: 'host', protocol: 'udp', address: 'a1b2.local' },
]
const pair = { type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r', bytesSent: 7, bytesReceived: 9 }
const other = { id: 'o', type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'm', state: 'succeeded' }

function facts(...entries: readonly { readonly id: string }[]) {
  return iceFactsOf('connected', new Map([...candidates, ...entries].map(entry => [entry.id, entry])))
}
const expected = {
  state: 'connected',
  local: { type: 'srflx', protocol: 'udp', family: 'IPv4' },
  remote: { type: 'relay', protocol: 'tcp', family: 'IPv6' },
  rttMs: 12.5,
  sentBytes: 7,
  receivedBytes: 9,
}

test.each([
  ['Chromium names it', [{ id: 't', type: 'transport', selectedCandidatePairId: 'p' }], {}],
  ['Firefox marks it', [], { selected: true }],
  ['another browser only nominates it', [], { nominated: true, state: 'succeeded' }],
])('the pair in use is found where %s', (_, more, marks) => {
  expect(facts(other, ...more, { id: 'p', ...pair, ...{ currentRoundTripTime: 0.0125 }, ...marks })).toEqual(expected)
})

test('a name that stands for an address has no family, and no address is told', () => {
  const told = facts({ ...other, nominated: true } as typeof other)
  expect(told.remote).toEqual({ type: 'host', protocol: 'udp', family: undefined })
  expect(JSON.stringify(told)).not.toMatch(/198|local"?:\s*"a1b2|2001/)
})

test('without a pair nothing is made up', () => {
  const none = { local: undefined, remote: undefined, rttMs: undefined, sentBytes: undefined, receivedBytes: undefined }
  expect(facts()).toEqual({ state: 'connected', ...none })
})
