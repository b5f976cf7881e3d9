/** What links and dials of a mesh that is not there have to say: one of each kind. */
import { MeshError } from '../../src/base/errors.ts'
import type { PeerId } from '../../src/base/ids.ts'
import type { MeshHandle } from '../../src/engine/handle.ts'
import type { Diagnosis, DialRecord, LinkFacts, LinkInfo } from '../../src/mesh/types.ts'

const paths = ['host', 'srflx', 'relay', 'host', 'prflx'] as const

function fakeFacts(link: LinkInfo, index: number): LinkFacts {
  const type = paths[index % paths.length] ?? 'host'
  const end = { type, protocol: type === 'relay' ? 'tcp' : 'udp', family: 'IPv4' } as const
  const ice = {
    state: 'connected',
    local: end,
    remote: end,
    rttMs: link.rttMs,
    sentBytes: 91_000,
    receivedBytes: 120_000,
  } as const
  return {
    peer: link.peer,
    kind: link.kind,
    openedAtMs: link.openedAtMs,
    rttMs: link.rttMs,
    sentBytes: link.sentBytes,
    receivedBytes: link.receivedBytes,
    sentMessages: 412,
    receivedMessages: 530,
    bufferedBytes: index === 0 ? 18_432 : 0,
    restarts: index === 1 ? 1 : 0,
    ice: link.kind === 'webrtc' ? ice : undefined,
  }
}

const passed = [
  ['offered', 12],
  ['signaled', 14],
  ['answered', 31],
  ['candidates', 33],
  ['connected', 47],
  ['opened', 52],
  ['secured', 66],
  ['admitted', 71],
] as const

function fakeDials(peers: readonly PeerId[], startMs: number): DialRecord[] {
  return peers.map((peer, index) => {
    const isFailed = index % 4 === 2
    const slow = 1 + (index % 3) * 2.5
    const stages = passed
      .slice(0, isFailed ? 4 : passed.length)
      .map(([stage, ms]) => ({ stage, ms: Math.round(ms * slow) }))
    return {
      peer,
      role: index % 2 ? 'answerer' : 'dialler',
      startedAtMs: startMs - 80_000 + index * 900,
      stages,
      outcome: isFailed ? 'failed' : index === 3 ? 'yielded' : 'linked',
      tookMs: isFailed ? 15_000 : Math.round(71 * slow),
      failure: isFailed
        ? {
            stage: 'connected',
            reason: 'no pair of addresses worked: all of them are behind NATs',
            advice: 'Give both sides a TURN server (option iceServers): it forwards what cannot pass directly.',
          }
        : undefined,
    }
  })
}

const fakeDiagnosis: Diagnosis = {
  verdict: 'needs-turn',
  summary: 'Addresses are seen from outside, and still no path leads to one of the peers.',
  advice: 'Add a TURN server to the room: it forwards what cannot pass directly.',
  steps: [
    { what: 'secure-context', state: 'fine', detail: 'This page may use WebRTC and WebCrypto.' },
    { what: 'webrtc', state: 'fine', detail: 'A connection can be made inside this tab.' },
    { what: 'signaling', state: 'fine', detail: 'The server answers in 12 ms.' },
    { what: 'peers', state: 'fine', detail: '5 others are in the room.' },
    {
      what: 'candidates',
      state: 'doubtful',
      detail: 'Only addresses of this machine and of one NAT were found; no relay.',
    },
    { what: 'dials', state: 'failed', detail: '2 of 9 dials found no path.' },
    { what: 'links', state: 'fine', detail: '4 links stand.' },
  ],
}

export function fakeLinkCare(
  links: () => readonly LinkInfo[],
  peers: () => readonly { readonly id: PeerId }[],
  startMs: number,
  isStill: boolean,
): Pick<MeshHandle, 'linkFacts' | 'dials' | 'diagnose'> {
  return {
    async linkFacts(peer) {
      const index = links().findIndex(link => link.peer === peer)
      const link = links()[index]
      if (!link) throw new MeshError('unreachable', 'no direct link to this peer')
      return fakeFacts(link, index)
    },
    dials: async () =>
      fakeDials(
        peers().map(({ id }) => id),
        startMs,
      ),
    async diagnose() {
      await new Promise(resolve => setTimeout(resolve, isStill ? 0 : 700))
      return fakeDiagnosis
    },
  }
}
