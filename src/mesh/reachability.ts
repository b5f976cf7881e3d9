/** Pings everybody and says who answered: the check that a room is whole. */
import { toMeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { pingAllTimeoutMs } from './limits.ts'

export type PingOutcome =
  | { readonly peer: PeerId; readonly status: 'answered'; readonly rttMs: number }
  | {
      readonly peer: PeerId
      readonly status: 'silent'
      readonly error: { readonly code: string; readonly message: string }
    }

export interface Reachability {
  readonly answered: number
  readonly asked: number
  readonly outcomes: readonly PingOutcome[]
}

export async function pingAll(
  peers: readonly PeerId[],
  ping: (peer: PeerId, timeoutMs: number) => Promise<number>,
  timeoutMs = pingAllTimeoutMs,
): Promise<Reachability> {
  const outcomes = await Promise.all(
    peers.map(async (peer): Promise<PingOutcome> => {
      try {
        return { peer, status: 'answered', rttMs: await ping(peer, timeoutMs) }
      } catch (thrown) {
        const { code, message } = toMeshError(thrown, 'unreachable')
        return { peer, status: 'silent', error: { code, message } }
      }
    }),
  )
  const answered = outcomes.filter(({ status }) => status === 'answered').length
  return { answered, asked: peers.length, outcomes }
}
