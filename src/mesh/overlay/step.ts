/** The rules of the overlay over time; its invariants stand in `state.ts`, and which links are wanted in `plan.ts`. */
import type { PeerId } from '../../base/ids.ts'
import { integerBelow } from '../../base/random.ts'
import { dialBackoffMaxMs, dialBackoffMinMs, linksHigh, linksLow, linksMax, linksTarget } from '../limits.ts'
import { chordsOf, type OverlayView, planLinks, reputationMin, ringNeighbours, standsBetween } from './plan.ts'
import {
  type OverlayEffect,
  type OverlayFacts,
  type OverlayInput,
  type OverlayState,
  shuffleIntervalMs,
} from './state.ts'

/** Links above the target stay this long, so that a joining crowd does not flap. */
export const dropDelayMs = 2_000
/** While there is no link yet, another dial begins each time this has passed without one, ms. */
const firstDialsApartMs = 250
/** How long a newcomer is left to dial for itself, ms. */
const newcomerGraceMs = 1_500
/** A dial that takes longer is not waited for: another peer is dialled beside it, ms (RFC 8305, §8: Connection Attempt Delay). */
const slowDialMs = 250
/** The same once more dials are slow than links are missing: where everything is slow, more of it would make it slower. */
const slowerDialMs = 500
/** A link that its other end lets go so soon was refused, ms: whoever is full says so like this. */
const refusedMs = 250
/**
 * Messages relayed to one peer within a review interval, after which it is dialled. A link costs both ends as much as hundreds of messages, and
 * the room two announcements of each when it comes and when it goes: what is said to everybody now and then should not make any.
 */
export const relaysBeforeDial = 20
/** A message counts once more for each so many bytes of it. */
export const relayBytes = 16_384

/** Performs `input` on `state` (in place) and says what must follow, in order. */
export function step(state: OverlayState, input: OverlayInput, facts: OverlayFacts): OverlayEffect[] {
  const { nowMs } = input
  switch (input.kind) {
    case 'candidate':
      return candidate(state, input.peer, nowMs)
    case 'newcomer':
      if (!state.resting.has(input.peer))
        state.resting.set(input.peer, { failures: 0, untilMs: nowMs + newcomerGraceMs })
      return candidate(state, input.peer, nowMs)
    case 'gone':
      return gone(state, input.peer, nowMs)
    case 'linked':
      return linked(state, input.peer, nowMs, facts)
    case 'unlinked':
      return unlinked(state, input.peer, nowMs)
    case 'dial-failed':
      return failed(state, input.peer, nowMs)
    case 'relayed':
      return relayed(state, input.peer, input.bytes, nowMs)
    case 'required':
      state.required = input.peers
      return []
    case 'healed':
      state.resting.clear()
      return []
    case 'review':
      return review(state, nowMs, facts)
  }
}

function candidate(state: OverlayState, peer: PeerId, nowMs: number): OverlayEffect[] {
  if (peer === state.self || state.candidates.has(peer)) return []
  state.candidates.add(peer)
  state.changedMs = nowMs
  if (state.ring && standsBetween(state.self, state.ring, peer)) state.ring = undefined
  return []
}

function gone(state: OverlayState, peer: PeerId, nowMs: number): OverlayEffect[] {
  if (!state.candidates.delete(peer)) return []
  state.changedMs = nowMs
  state.resting.delete(peer)
  if (state.ring?.has(peer)) state.ring = undefined
  return []
}

/** One link more. Where that is too many, a chord goes: the new one, unless it is of the ring. */
function linked(state: OverlayState, peer: PeerId, nowMs: number, facts: OverlayFacts): OverlayEffect[] {
  const isOurs = state.dialling.delete(peer)
  state.resting.delete(peer) // whatever failed before is forgotten
  if (state.linked.has(peer)) return []
  state.linked.add(peer)
  state.changedMs = nowMs
  state.firstDialMs = undefined
  const { exchange } = state
  if (exchange?.incoming === peer) {
    state.exchange = undefined
    if (state.linked.has(exchange.outgoing)) return [{ kind: 'drop', peer: exchange.outgoing }]
  }
  if (isOurs) state.opened.set(peer, nowMs)
  const counted = [...state.linked].filter(other => !state.required.has(other))
  if (counted.length <= linksMax || state.required.has(peer)) return []
  const ring = ringOf(state)
  if (!ring.has(peer)) return [{ kind: 'drop', peer }]
  const chords = counted.filter(other => !ring.has(other))
  const [richest] = chords.sort((a, b) => facts.degreeOf(b) - facts.degreeOf(a) || (a < b ? -1 : 1))
  return [{ kind: 'drop', peer: richest ?? peer }]
}

/** Where it was refused, that peer rests like one that could not be reached, and the next review asks another. */
function unlinked(state: OverlayState, peer: PeerId, nowMs: number): OverlayEffect[] {
  if (!state.linked.delete(peer)) return []
  state.changedMs = nowMs
  const openedMs = state.opened.get(peer)
  state.opened.delete(peer)
  if (openedMs !== undefined && nowMs - openedMs <= refusedMs) rest(state, peer, nowMs)
  return []
}

function failed(state: OverlayState, peer: PeerId, nowMs: number): OverlayEffect[] {
  if (!state.dialling.delete(peer)) return []
  if (state.exchange?.incoming === peer) state.exchange = undefined
  rest(state, peer, nowMs)
  return []
}

function rest(state: OverlayState, peer: PeerId, nowMs: number): void {
  const failures = (state.resting.get(peer)?.failures ?? 0) + 1
  const waitMs = Math.min(dialBackoffMaxMs, dialBackoffMinMs * 2 ** (failures - 1))
  state.resting.set(peer, { failures, untilMs: nowMs + waitMs * (0.5 + state.random.next()) })
}

function relayed(state: OverlayState, peer: PeerId, bytes: number, nowMs: number): OverlayEffect[] {
  const times = (state.relays.get(peer) ?? 0) + 1 + bytes / relayBytes
  state.relays.set(peer, times)
  const isFree = !state.linked.has(peer) && !state.dialling.has(peer) && !isResting(state, peer, nowMs)
  if (times <= relaysBeforeDial || !isFree || state.linked.size >= linksMax) return []
  return [dial(state, peer, nowMs + slowDialMs)]
}

function review(state: OverlayState, nowMs: number, facts: OverlayFacts): OverlayEffect[] {
  if (state.relays.size > 0) state.relays.clear()
  if (isContent(state, nowMs, facts)) return []
  for (const peer of state.resting.keys()) if (!state.candidates.has(peer)) state.resting.delete(peer)
  const view = viewOf(state, nowMs, facts)
  // Also where only others dial us: they may have begun with a session of ours that is over.
  if (state.linked.size === 0 && view.dialling.size > 0) state.firstDialMs ??= nowMs
  const plan = planLinks(view, state.random)
  const isSlowAll = view.slowDials > Math.max(1, linksLow - state.linked.size)
  const slowAtMs = nowMs + (isSlowAll ? slowerDialMs : slowDialMs)
  const effects = plan.dial.map(peer => dial(state, peer, slowAtMs))
  if (state.linked.size === 0 && (plan.dial.length > 0 || view.dialling.size > 0)) {
    state.firstDialMs ??= nowMs
    effects.push({ kind: 'wake', atMs: nowMs + firstDialsApartMs })
  } else if (state.linked.size > 0 && state.linked.size < linksLow) {
    const atMs = nextChanceMs(state, nowMs)
    if (atMs < state.wakeMs || state.wakeMs <= nowMs) {
      state.wakeMs = atMs
      if (atMs < Number.POSITIVE_INFINITY) effects.push({ kind: 'wake', atMs })
    }
  }
  if (plan.drop && isDropDue(state, plan.drop, nowMs, facts)) effects.push({ kind: 'drop', peer: plan.drop })
  if (nowMs >= state.shuffleMs) effects.push(...shuffle(state, view, nowMs))
  return effects
}

/** With too few links: when the next dial becomes slow, or somebody has rested enough. */
function nextChanceMs({ dialling, called, resting }: OverlayState, nowMs: number): number {
  let nextMs = Number.POSITIVE_INFINITY
  const consider = (atMs: number) => {
    if (atMs > nowMs && atMs < nextMs) nextMs = atMs
  }
  for (const atMs of dialling.values()) consider(atMs)
  for (const atMs of called.values()) consider(atMs)
  for (const { untilMs } of resting.values()) consider(untilMs)
  return nextMs
}

/** Nothing is missing and nothing is too much: the usual case, seen without looking at the whole room. */
function isContent(state: OverlayState, nowMs: number, { reputationOf }: OverlayFacts): boolean {
  const { linked: now, candidates, required } = state
  if (reputationOf || now.size < linksLow || now.size > linksTarget || candidates.size <= linksHigh) return false
  if (nowMs >= state.shuffleMs) return false
  for (const peer of ringOf(state)) if (!now.has(peer)) return false
  for (const peer of required) if (!now.has(peer)) return false
  return true
}

/** Who harms goes at once, and so does what is above the limit. */
function isDropDue(state: OverlayState, peer: PeerId, nowMs: number, { reputationOf }: OverlayFacts): boolean {
  const isQuiet = nowMs - state.changedMs > dropDelayMs
  return isQuiet || (reputationOf?.(peer) ?? 1) < reputationMin || state.linked.size - state.required.size > linksMax
}

function viewOf(state: OverlayState, nowMs: number, facts: OverlayFacts): OverlayView & { slowDials: number } {
  const { self, candidates, linked: now, required, dialling: own, called } = state
  const resting = new Set([...state.resting.keys()].filter(peer => isResting(state, peer, nowMs)))
  // Where all are suspects, it may be this peer that lost its way: nobody else would find it again.
  const suspects = new Set(facts.suspects?.())
  if (now.size > 0 || suspects.size < candidates.size) for (const peer of suspects) resting.add(peer)
  const engaged = new Set(facts.engaged())
  for (const peer of called.keys()) if (!engaged.has(peer) || own.has(peer) || now.has(peer)) called.delete(peer)
  for (const peer of engaged)
    if (!called.has(peer) && !own.has(peer) && !now.has(peer)) called.set(peer, nowMs + slowDialMs)
  for (const [peer, openedMs] of state.opened) if (nowMs - openedMs > refusedMs) state.opened.delete(peer)
  const dialling = new Set([...own.keys(), ...called.keys()].filter(peer => !now.has(peer)))
  const lonelyMs = state.firstDialMs === undefined || now.size > 0 ? 0 : nowMs - state.firstDialMs
  const firstDials = 1 + Math.floor(lonelyMs / firstDialsApartMs)
  let slowDials = 0
  // Others' dials to us too: they may have begun with a session of ours that is over.
  for (const slowAtMs of [...own.values(), ...called.values()]) if (slowAtMs <= nowMs) slowDials++
  return {
    ...facts,
    self,
    candidates,
    linked: now,
    dialling,
    resting,
    firstDials,
    slowDials,
    required,
    ring: ringOf(state),
  }
}

/** One chord for another: the new link first, then the old one goes. */
function shuffle(state: OverlayState, view: OverlayView, nowMs: number): OverlayEffect[] {
  state.shuffleMs = nowMs + shuffleIntervalMs * (0.5 + state.random.next())
  if (state.exchange || state.candidates.size <= linksMax || view.dialling.size > 0) return []
  if (state.linked.size < linksLow || state.linked.size > linksHigh) return []
  const ring = ringOf(state)
  const spare = [...state.linked].filter(
    peer => !ring.has(peer) && !state.required.has(peer) && view.degreeOf(peer) > linksLow,
  )
  const outgoing = spare[integerBelow(state.random, spare.length)]
  const isFit = (peer: PeerId) =>
    !state.linked.has(peer) && !view.resting.has(peer) && (view.reputationOf?.(peer) ?? 1) >= reputationMin
  const [incoming] = outgoing === undefined ? [] : chordsOf(view, ring, isFit, 1, state.random)
  if (outgoing === undefined || incoming === undefined) return []
  state.exchange = { incoming, outgoing }
  return [dial(state, incoming, nowMs + slowDialMs)]
}

function dial(state: OverlayState, peer: PeerId, slowAtMs: number): OverlayEffect {
  state.dialling.set(peer, slowAtMs)
  return { kind: 'dial', peer }
}

function ringOf(state: OverlayState): ReadonlySet<PeerId> {
  state.ring ??= ringNeighbours(state.self, state.candidates)
  return state.ring
}

function isResting(state: OverlayState, peer: PeerId, nowMs: number): boolean {
  return (state.resting.get(peer)?.untilMs ?? 0) > nowMs
}
