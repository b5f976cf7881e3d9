import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { type ConnectionFacts, whyCantIConnect } from '../../src/link/diagnosis.ts'
import type { DialRecord, DialStage } from '../../src/link/facts.ts'

const stun = [{ urls: 'stun:stun.example.org' }]
const stuck: ConnectionFacts = {
  isSecureContext: true,
  hasWebRtc: true,
  signaling: 'connected',
  others: 2,
  links: 0,
  iceServers: [],
  candidates: ['host'],
  dials: [],
}

function failedAt(stage: DialStage, peer = 'bob'): DialRecord {
  const failure = { stage, reason: 'Ice connection failed.', advice: 'Add a TURN server.' }
  const record = { peer: peer as PeerId, role: 'dialler', startedAtMs: 0, stages: [], outcome: 'failed', tookMs: 9 }
  return { ...record, failure } as DialRecord
}
const linked = { ...failedAt('opened'), outcome: 'linked', failure: undefined } as DialRecord

test.each<[string, Partial<ConnectionFacts>]>([
  ['connected', { links: 1 }],
  ['connected', { links: 1, dials: [failedAt('connected')] }],
  ['insecure-context', { isSecureContext: false, hasWebRtc: false, candidates: undefined }],
  ['no-webrtc', { hasWebRtc: false, candidates: undefined }],
  ['no-network', { candidates: [] }],
  ['no-network', { candidates: undefined }],
  ['alone', { others: 0 }],
  ['signaling-unreachable', { others: 0, signaling: 'down' }],
  ['signaling-unreachable', { others: 0, signaling: 'connecting' }],
  ['signaling-unreachable', { signaling: 'down', dials: [failedAt('answered')] }],
  ['peers-silent', { dials: [failedAt('answered')] }],
  ['udp-blocked', { iceServers: stun }],
  ['udp-blocked', { iceServers: stun, dials: [failedAt('connected')] }],
  ['needs-stun', { dials: [failedAt('connected')] }],
  ['needs-turn', { iceServers: stun, candidates: ['host', 'srflx'], dials: [failedAt('connected')] }],
  ['unclear', { iceServers: stun, candidates: ['host', 'relay'], dials: [failedAt('connected')] }],
  ['not-admitted', { dials: [failedAt('connected', 'cyd'), failedAt('admitted')] }],
  ['unclear', {}],
  ['unclear', { dials: [failedAt('connected'), linked] }], // the newest dial of a peer counts
])('%s: %j', (verdict, change) => {
  const diagnosis = whyCantIConnect({ ...stuck, ...change })
  expect(diagnosis.verdict).toBe(verdict)
  expect(diagnosis.summary).not.toBe('')
  expect(diagnosis.advice === '').toBe(verdict === 'connected')
  expect(diagnosis.steps.map(({ what }) => what)).toEqual([
    'secure-context',
    'webrtc',
    'signaling',
    'peers',
    'candidates',
    'dials',
    'links',
  ])
})

test('the steps name what failed', () => {
  const { steps } = whyCantIConnect({ ...stuck, signaling: 'down', candidates: [], dials: [failedAt('connected')] })
  expect(steps.filter(({ state }) => state === 'failed').map(({ what }) => what)).toEqual([
    'signaling',
    'candidates',
    'dials',
    'links',
  ])
  expect(steps.find(({ what }) => what === 'dials')?.detail).toContain('Add a TURN server.')
})
