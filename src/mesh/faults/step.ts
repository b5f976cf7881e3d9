/** The rules of faults; the invariants stand in `state.ts`. */
import type { PeerId } from '../../base/ids.ts'
import { faultsMax } from '../limits.ts'
import type { Effect, Fault, FaultPlan, Input, Links, Outcome } from './state.ts'
import type { FaultCommand, FaultDirection } from './types.ts'

/** Performs `input` on `plan` (in place) and says what came of it. */
export function step(plan: FaultPlan, input: Input): Outcome[] {
  if (input.kind === 'begin') return [begin(plan, input)]
  if (input.kind === 'tick') return end(plan, ({ untilMs }) => untilMs !== undefined && untilMs <= input.nowMs, 'over')
  const { id, peer } = input
  if (peer !== undefined) return healPeer(plan, peer)
  return end(plan, fault => id === undefined || fault.id === id, 'healed')
}

/** When the next fault ends by itself. */
export function nextEndMs(plan: FaultPlan): number | undefined {
  const ends = [...plan.faults.values()].flatMap(({ untilMs }) => (untilMs === undefined ? [] : [untilMs]))
  return ends.length === 0 ? undefined : Math.min(...ends)
}

function begin(plan: FaultPlan, input: Extract<Input, { kind: 'begin' }>): Outcome {
  const { id, by, scope, command, forMs, nowMs } = input
  if (plan.faults.has(id)) return { kind: 'refused', reason: 'known' }
  if (plan.faults.size >= faultsMax) return { kind: 'refused', reason: 'too-many' }
  const effects = scope === 'own' ? ownEffects(command) : roomEffects(plan.self, command)
  const untilMs = forMs === undefined ? undefined : nowMs + forMs
  const fault: Fault = { id, by, scope, command, effects, sinceMs: nowMs, untilMs }
  plan.faults.set(id, fault)
  return { kind: 'began', fault }
}

function end(plan: FaultPlan, isMeant: (fault: Fault) => boolean, reason: 'healed' | 'over'): Outcome[] {
  const ended = [...plan.faults.values()].filter(isMeant)
  for (const { id } of ended) plan.faults.delete(id)
  return ended.map(fault => ({ kind: 'ended', fault, reason }))
}

/** Takes one peer out of what this peer asked for itself; what is meant for all links, or for the room, stays. */
function healPeer(plan: FaultPlan, peer: PeerId): Outcome[] {
  const outcomes: Outcome[] = []
  for (const fault of [...plan.faults.values()]) {
    const { command } = fault
    if (fault.scope !== 'own' || !('peers' in command) || command.peers === 'all') continue
    if (!command.peers.includes(peer)) continue
    const rest = { ...command, peers: command.peers.filter(other => other !== peer) }
    if (rest.peers.length === 0) outcomes.push(...end(plan, ({ id }) => id === fault.id, 'healed'))
    else {
      const less: Fault = { ...fault, command: rest, effects: ownEffects(rest) }
      plan.faults.set(fault.id, less)
      outcomes.push({ kind: 'changed', fault: less })
    }
  }
  return outcomes
}

function ownEffects(command: FaultCommand): Effect[] {
  if (command.kind === 'pause') return [{ kind: 'pause' }]
  if (command.kind === 'partition') return []
  const { peers, ...action } = command
  return [{ ...action, links: peers === 'all' ? 'all' : new Set(peers) }]
}

/**
 * This peer's part of a fault for the room. A frame is delayed, lost, doubled or overtaken once, by whoever sends it; a cut is kept by both
 * ends, so that neither makes the link anew while the other has not heard of it yet.
 */
function roomEffects(self: PeerId, command: FaultCommand): Effect[] {
  if (command.kind === 'pause')
    return command.peers === 'all' || command.peers.includes(self) ? [{ kind: 'pause' }] : []
  if (command.kind === 'partition') return partitionEffects(self, command.groups)
  const { peers, direction, ...action } = command
  const isCut = action.kind === 'cut'
  if (peers === 'all') return [{ ...action, links: 'all', direction: isCut ? 'both' : 'out' }]
  const isNamed = peers.includes(self)
  const links: Links = isNamed ? 'all' : new Set(peers)
  if (isCut) return [{ ...action, links, direction: isNamed ? direction : opposite(direction) }]
  const saysIt = direction === 'both' || direction === (isNamed ? 'out' : 'in')
  return saysIt ? [{ ...action, links, direction: 'out' }] : []
}

function partitionEffects(self: PeerId, groups: readonly (readonly PeerId[])[]): Effect[] {
  const own = Math.max(
    0,
    groups.findIndex(group => group.includes(self)),
  )
  const links: Links = own === 0 ? new Set(groups.slice(1).flat()) : { except: new Set(groups[own]) }
  return [{ kind: 'cut', links, direction: 'both' }]
}

function opposite(direction: FaultDirection): FaultDirection {
  return direction === 'both' ? 'both' : direction === 'out' ? 'in' : 'out'
}
