/**
 * Computations of push-sum among peers that come, go and lose messages.
 *
 * 1. A computation of a name has a number; a later one takes the place of an earlier, and of two with one number that with the lower id stays:
 *    who asks at the same time is answered by the same computation.
 * 2. A peer counts in it with the number that it gives when it begins here. Who hears of it late passes shares on without being counted, so that
 *    the mass does not change while the estimates draw near each other.
 * 3. A share is given once: it has an id by which a copy is known. It comes back where its receiver is thought gone; since that may be wrong,
 *    everybody is told that the computation is disturbed.
 * 4. Rounds go on until nobody has seen two estimates that differ for so long that all would have heard of it: what is sent late, or sent
 *    again, may carry mass from before, and every peer tells with its shares when such trouble was last seen.
 */
import type { PeerId } from '../../../base/ids.ts'
import { integerBelow, type Random } from '../../../base/random.ts'
import { aggregatesMax, agreementShare, gatherMs, rememberedMs, roundMs, roundsMax } from './limits.ts'
import {
  type Aggregate,
  absorb,
  aggregateOf,
  initialShare,
  noShare,
  quietRoundsFor,
  type Share,
  split,
} from './state.ts'

/** Which computation: of which name, the how manieth, begun by whom. */
export interface Epoch {
  readonly name: string
  readonly number: number
  readonly id: string
  /** Rounds without trouble after which it ends. */
  readonly quiet: number
}

export type AggregateMessage =
  | { readonly kind: 'start'; readonly epoch: Epoch }
  | {
      readonly kind: 'share'
      readonly epoch: Epoch
      readonly id: string
      readonly round: number
      /** The last round in which estimates were known to differ. */
      readonly trouble: number
      /** A part of the mass may be lost, or there twice. */
      readonly isDisturbed: boolean
      readonly share: Share
    }

interface Running {
  readonly epoch: Epoch
  share: Share
  round: number
  /** The next round; the first is when the peer begins. */
  nextAtMs: number
  /** What this peer is counted with. */
  counted: number | undefined
  hasBegun: boolean
  readonly isRoot: boolean
  trouble: number
  /** Given, and not known to have arrived. */
  readonly underway: Map<string, Share>
  /** Somebody left meanwhile, perhaps with a part of the mass. */
  isDisturbed: boolean
  overAtMs: number | undefined
  readonly seen: Set<string>
}

export interface AggregationState {
  /** What this peer gives. */
  readonly given: Map<string, number>
  readonly running: Map<string, Running>
}

export type AggregateInput =
  | {
      readonly kind: 'start'
      readonly name: string
      readonly id: string
      readonly peers: number
      readonly nowMs: number
    }
  | { readonly kind: 'received'; readonly message: AggregateMessage; readonly nowMs: number }
  | {
      readonly kind: 'tick'
      readonly nowMs: number
      readonly peers: readonly PeerId[]
      readonly random: Random
      readonly newId: () => string
    }
  | { readonly kind: 'arrived'; readonly message: AggregateMessage }
  /** Its receiver is gone, and has it not. */
  | { readonly kind: 'returned'; readonly message: AggregateMessage }
  | { readonly kind: 'peer-left' }

export type AggregateEffect =
  | { readonly kind: 'tell'; readonly message: AggregateMessage }
  | { readonly kind: 'send'; readonly to: PeerId; readonly message: AggregateMessage }
  | {
      readonly kind: 'settled'
      readonly name: string
      /** Undefined where nothing of the root's weight came here. */
      readonly aggregate: Aggregate | undefined
      /** The number of this peer that is in it. */
      readonly counted: number | undefined
      readonly isDisturbed: boolean
    }

/** Who hears of a computation after this round is not counted in it. */
const lateRound = 12

export function initialAggregation(): AggregationState {
  return { given: new Map(), running: new Map() }
}

export function isRunning(state: AggregationState, name: string): boolean {
  const running = state.running.get(name)
  return running !== undefined && running.overAtMs === undefined
}

export function step(state: AggregationState, input: AggregateInput): AggregateEffect[] {
  switch (input.kind) {
    case 'start': {
      const { name, id, peers, nowMs } = input
      const number = (state.running.get(name)?.epoch.number ?? 0) + 1
      const epoch = { name, number, id, quiet: quietRoundsFor(peers + 1) }
      join(state, epoch, 0, nowMs + gatherMs, true)
      return [{ kind: 'tell', message: { kind: 'start', epoch } }]
    }
    case 'received':
      return receive(state, input.message, input.nowMs)
    case 'arrived':
    case 'returned':
      landed(state, input.message, input.kind === 'returned')
      return []
    case 'peer-left':
      for (const running of state.running.values()) running.isDisturbed = true
      return []
    case 'tick':
      return tick(state, input)
  }
}

function receive(state: AggregationState, message: AggregateMessage, nowMs: number): AggregateEffect[] {
  const { epoch } = message
  const known = state.running.get(epoch.name)
  if (known?.epoch.id !== epoch.id) {
    if (known && !supersedes(epoch, known.epoch)) return []
    if (!known && state.running.size >= aggregatesMax) return []
    join(
      state,
      epoch,
      message.kind === 'share' ? message.round : 0,
      nowMs + (message.kind === 'share' ? 0 : gatherMs),
      false,
    )
  }
  const running = state.running.get(epoch.name)
  if (message.kind === 'start' || !running || running.seen.has(message.id)) return []
  running.seen.add(message.id)
  begin(state, running)
  // Rounds are a clock that all share, so that one peer's "lately" is another's.
  running.round = Math.max(running.round, message.round)
  running.trouble = Math.max(running.trouble, message.trouble)
  running.isDisturbed ||= message.isDisturbed
  if (!agrees(running.share, message.share)) running.trouble = running.round
  running.share = absorb(running.share, message.share)
  return []
}

function supersedes(one: Epoch, other: Epoch): boolean {
  return one.number > other.number || (one.number === other.number && one.id < other.id)
}

function join(state: AggregationState, epoch: Epoch, round: number, nextAtMs: number, isRoot: boolean): void {
  const running: Running = {
    epoch,
    share: noShare,
    round,
    nextAtMs,
    counted: undefined,
    hasBegun: false,
    isRoot,
    trouble: round,
    underway: new Map(),
    isDisturbed: false,
    overAtMs: undefined,
    seen: new Set(),
  }
  state.running.set(epoch.name, running)
}

/** From now on what this peer gives is fixed. */
function begin({ given }: AggregationState, running: Running): void {
  if (running.hasBegun) return
  running.hasBegun = true
  const { epoch, isRoot, round } = running
  const value = round > lateRound ? undefined : given.get(epoch.name)
  running.counted = value
  const own = value === undefined ? { ...noShare, weight: isRoot ? 1 : 0 } : initialShare(value, isRoot)
  running.share = absorb(running.share, own)
}

function tick(
  state: AggregationState,
  { nowMs, peers, random, newId }: AggregateInput & { kind: 'tick' },
): AggregateEffect[] {
  const effects: AggregateEffect[] = []
  for (const [name, running] of state.running) {
    if (running.overAtMs !== undefined) {
      if (nowMs - running.overAtMs > rememberedMs) state.running.delete(name)
      continue
    }
    if (nowMs < running.nextAtMs) continue
    begin(state, running)
    running.nextAtMs = nowMs + roundMs
    running.round++
    for (const share of running.underway.values()) if (!agrees(running.share, share)) running.trouble = running.round
    const to = peers[integerBelow(random, peers.length)]
    const { epoch, round, trouble, isDisturbed } = running
    if (to === undefined || round - trouble > epoch.quiet || round > roundsMax) {
      running.overAtMs = nowMs
      effects.push(outcomeOf(running))
      continue
    }
    const { kept, given } = split(running.share)
    const id = newId()
    running.share = kept
    running.underway.set(id, given)
    effects.push({ kind: 'send', to, message: { kind: 'share', epoch, id, round, trouble, isDisturbed, share: given } })
  }
  return effects
}

function outcomeOf({ epoch, share, counted, isDisturbed }: Running): AggregateEffect {
  return { kind: 'settled', name: epoch.name, aggregate: aggregateOf(share), counted, isDisturbed }
}

function landed(state: AggregationState, message: AggregateMessage, isReturned: boolean): void {
  const running = state.running.get(message.epoch.name)
  if (message.kind !== 'share' || running?.epoch.id !== message.epoch.id) return
  running.underway.delete(message.id)
  if (!isReturned) return
  running.share = absorb(running.share, message.share)
  running.isDisturbed = true // its receiver is thought gone, and may have had it
}

function agrees(one: Share, other: Share): boolean {
  const [ours, theirs] = [aggregateOf(one), aggregateOf(other)]
  if (!ours || !theirs) return false
  const isNear = (a: number, b: number) => Math.abs(a - b) <= agreementShare * Math.max(Math.abs(a), Math.abs(b))
  const isSame = ours.min === theirs.min && ours.max === theirs.max
  return isSame && isNear(ours.count, theirs.count) && (isNear(ours.mean, theirs.mean) || Number.isNaN(ours.mean))
}
