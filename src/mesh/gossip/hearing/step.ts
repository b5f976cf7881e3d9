/**
 * 1. Every `pulseIntervalMs` each neighbour gets a pulse by gossip. It costs one small message in each direction of a link.
 * 2. Who hears nothing of a neighbour for `silenceMs` tells it so, over the link itself.
 * 3. Who is told so starts its gossip to that neighbour afresh; told again soon, it makes the link anew.
 * 4. Who told it `complaintsMax` times in vain makes the link anew, if the neighbour ever sent pulses: a plain node sends none.
 * 5. Whoever slept blames nobody: after a late tick all silence counts from then.
 */
import type { PeerId } from '../../../base/ids.ts'
import { complaintsMax, type HearingState, type Neighbour, pulseIntervalMs, silenceMs } from './state.ts'

export type HearingInput =
  | { readonly kind: 'tick'; readonly nowMs: number; readonly neighbours: readonly PeerId[] }
  /** Anything of this neighbour came by gossip; a pulse, or a batch. */
  | { readonly kind: 'heard'; readonly from: PeerId; readonly isPulse: boolean; readonly nowMs: number }
  /** It says that it hears nothing of us. */
  | { readonly kind: 'told'; readonly by: PeerId; readonly nowMs: number }

export type HearingEffect =
  /** Over gossip. */
  | { readonly kind: 'pulse'; readonly to: PeerId }
  /** Over the link: nothing of you is heard here. */
  | { readonly kind: 'complain'; readonly to: PeerId }
  /** Starts our gossip to it afresh. */
  | { readonly kind: 'restart'; readonly peer: PeerId }
  | { readonly kind: 'remake'; readonly peer: PeerId }

export function step(state: HearingState, input: HearingInput): HearingEffect[] {
  switch (input.kind) {
    case 'tick':
      return tick(state, input.nowMs, input.neighbours)
    case 'heard': {
      const neighbour = state.neighbours.get(input.from)
      if (!neighbour) return []
      neighbour.heardAtMs = input.nowMs
      neighbour.complaints = 0
      if (input.isPulse) neighbour.pulses++
      return []
    }
    case 'told': {
      const neighbour = state.neighbours.get(input.by)
      if (!neighbour) return []
      const isAgain = input.nowMs - neighbour.toldAtMs < 2 * silenceMs
      neighbour.toldAtMs = isAgain ? Number.NEGATIVE_INFINITY : input.nowMs
      return [{ kind: isAgain ? 'remake' : 'restart', peer: input.by }]
    }
  }
}

function tick(state: HearingState, nowMs: number, present: readonly PeerId[]): HearingEffect[] {
  const { neighbours } = state
  const wasAsleep = nowMs - state.tickedAtMs > 2 * pulseIntervalMs
  state.tickedAtMs = nowMs
  for (const peer of neighbours.keys()) if (!present.includes(peer)) neighbours.delete(peer)
  return present.flatMap(peer => {
    const known = neighbours.get(peer)
    const neighbour = known ?? newNeighbour(nowMs)
    if (!known) neighbours.set(peer, neighbour)
    if (wasAsleep) neighbour.heardAtMs = nowMs
    return [{ kind: 'pulse', to: peer } as const, ...silent(neighbour, peer, nowMs)]
  })
}

function silent(neighbour: Neighbour, peer: PeerId, nowMs: number): HearingEffect[] {
  if (nowMs - neighbour.heardAtMs < silenceMs || nowMs - neighbour.complainedAtMs < pulseIntervalMs) return []
  if (neighbour.complaints >= complaintsMax) {
    if (neighbour.pulses < 2) return []
    Object.assign(neighbour, newNeighbour(nowMs))
    return [{ kind: 'remake', peer }]
  }
  neighbour.complaints++
  neighbour.complainedAtMs = nowMs
  return [{ kind: 'complain', to: peer }]
}

function newNeighbour(nowMs: number): Neighbour {
  const never = Number.NEGATIVE_INFINITY
  return { heardAtMs: nowMs, pulses: 0, complaints: 0, complainedAtMs: never, toldAtMs: never }
}
