/** What one link suffers one way: all faults in force there, put together. Pure. */
import type { PeerId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import { reorderHoldMsMax } from '../limits.ts'
import type { FaultPlan, Links } from './state.ts'

export interface Condition {
  readonly isCut: boolean
  readonly delayMs: number
  readonly jitterMs: number
  /** Per frame, 0 to 1. */
  readonly loss: number
  readonly duplicate: number
  readonly reorder: number
}

const clear: Condition = { isCut: false, delayMs: 0, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 }

/** Delays add up; of shares, each is the chance that at least one of the faults strikes. */
export function conditionOf(plan: FaultPlan, peer: PeerId, way: 'out' | 'in'): Condition {
  if (plan.faults.size === 0) return clear
  const found = { ...clear }
  for (const { effects } of plan.faults.values())
    for (const effect of effects) {
      if (effect.kind === 'pause') {
        found.isCut = true
        continue
      }
      const isMeant = effect.direction === 'both' || effect.direction === way
      if (!isMeant || !isAmong(effect.links, peer)) continue
      if (effect.kind === 'cut') found.isCut = true
      else if (effect.kind === 'delay') {
        found.delayMs += effect.ms
        found.jitterMs += effect.jitterMs
      } else found[effect.kind] = 1 - (1 - found[effect.kind]) * (1 - effect.share)
    }
  return found
}

/** A link is made by words both ways: cut one way only, it cannot be. */
export function mayLink(plan: FaultPlan, peer: PeerId): boolean {
  return !conditionOf(plan, peer, 'out').isCut && !conditionOf(plan, peer, 'in').isCut
}

export function isPaused(plan: FaultPlan): boolean {
  return [...plan.faults.values()].some(({ effects }) => effects.some(({ kind }) => kind === 'pause'))
}

/** How long each copy of a frame is held back, ms: none where it is lost, two where it is doubled. */
export function fatesOf({ loss, duplicate, reorder }: Condition, random: Random): readonly number[] {
  if (loss > 0 && random.next() < loss) return []
  const hold = () => (reorder > 0 && random.next() < reorder ? random.next() * reorderHoldMsMax : 0)
  return duplicate > 0 && random.next() < duplicate ? [hold(), hold()] : [hold()]
}

function isAmong(links: Links, peer: PeerId): boolean {
  if (links === 'all') return true
  return links instanceof Set ? links.has(peer) : 'except' in links && !links.except.has(peer)
}
