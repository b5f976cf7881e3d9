/** How long this peer waits before it thinks ill of another. Pure figures of the detector's state. */
import type { PeerId } from '../../base/ids.ts'
import { slowMs } from '../../base/round-trip.ts'
import type { Case, DetectorState } from './state.ts'

/** Lifeguard's S (§III-A): our own troubles make us at most so many times more patient. */
export const healthMax = 8
/** For want of any answer, a verdict waits at most this many timeouts longer. */
const lonelyFactorMax = 2
/** Round trips of the slower kind that fit into the shortest suspicion, at least; three times as many where no question is answered. */
const tripsMin = 3
/** Deviations above the usual round trip where signaling says the same, or only a question follows. Otherwise four: with two, at 30 % loss, verdicts were false. */
const soonDeviations = 2
/** How far witnesses without a link to the suspect shorten a suspicion, of all the way from `timeoutMs` to the shortest. */
const farShare = 0.5
/** Witnesses with a link to the suspect that shorten a suspicion all the way, at least, though it has fewer neighbours. */
const nearMin = 2

export function worse(state: DetectorState, points = 1): void {
  state.health = Math.min(healthMax, state.health + points)
}

export function better(state: DetectorState): void {
  state.health = Math.max(0, state.health - 1)
}

/** How long an answer of this peer may take; less where others doubt it too (`isHinted`), and least where signaling says that it left. */
export function patienceMs(state: DetectorState, peer: PeerId, isHinted: boolean, hasLeft = false): number {
  const { hintedProbeMs, probeMs } = state.settings
  return waitMs(state, peer, isHinted ? hintedProbeMs : probeMs, hasLeft ? soonDeviations : undefined)
}

/** How long it may take before others are asked too: soon, since a question is no verdict. */
export function askingMs(state: DetectorState, peer: PeerId): number {
  return waitMs(state, peer, stutterMs(state), soonDeviations)
}

/** A tick of ours that comes so late is a trouble of our own. */
export function stutterMs({ settings }: DetectorState): number {
  return settings.probeMs / 2
}

function waitMs(state: DetectorState, peer: PeerId, leastMs: number, deviations?: number): number {
  const { settings, health } = state
  // Never so long that a doubt could not be looked into several times before its end.
  return Math.min(Math.max(leastMs, slowestMs(state, peer, deviations)) * (1 + health), settings.timeoutMs / 4)
}

/** What a round trip to this peer takes when it takes long, and what others of ours take. */
function slowestMs({ links, typical }: DetectorState, peer: PeerId, deviations?: number): number {
  return Math.max(slowMs(links.get(peer), deviations), slowMs(typical, deviations))
}

/** After so many ms without a tick of ours we slept: what we did not hear meanwhile proves nothing. */
export function sleptAfterMs({ settings }: DetectorState): number {
  return 2 * settings.probeMs
}

/** Members that could be asked: all but this peer, the suspect, and other suspects. */
export function poolOf(state: DetectorState, peer: PeerId): number {
  let pool = state.order.length
  for (const [other, { isSuspect }] of state.cases) if (isSuspect || other === peer) pool--
  return pool - (state.cases.has(peer) ? 0 : 1)
}

/** More than half of those who can be asked, of `probers` at most. */
export function majorityOf(state: DetectorState, pool: number): number {
  const asked = Math.min(state.settings.probers, pool)
  return asked <= 0 ? 0 : Math.floor(asked / 2) + 1
}

/** Those who found it silent and have a link to it by what either end announces: where links repeat what they lose, silence there says more. */
function nearWitnesses({ view, self }: DetectorState, peer: PeerId, { silentTo }: Case): number {
  const links = view.linksOf(peer)
  let near = 0
  for (const by of silentTo) if (by !== self && (links.includes(by) || view.linksOf(by).includes(peer))) near++
  return near
}

/** How many witnesses with a link to it there can be, by what it announces: its neighbours but us and suspects. */
function nearPool({ view, self, cases }: DetectorState, peer: PeerId): number {
  let near = 0
  for (const by of view.linksOf(peer))
    if (by !== self && view.sessionOf(by) !== undefined && !cases.get(by)?.isSuspect) near++
  return near
}

/** Lifeguard's suspicion timeout (§III-B), ms: from `timeoutMs` down to `suspicionMinMs` as confirmations come in. */
export function suspicionMs(state: DetectorState, peer: PeerId, doubt: Case, pool: number): number {
  const { timeoutMs, probers } = state.settings
  // Several round trips must fit into the shortest suspicion: where packets are lost these are long, and more so where answers are.
  const unanswered = doubt.questions === 0 ? 0 : 1 - doubt.answersInAll / doubt.questions
  const trips = tripsMin * (1 + 2 * unanswered)
  const suspicionMinMs = Math.max(state.settings.suspicionMinMs, trips * slowestMs(state, peer))
  const asked = Math.min(probers, pool)
  if (asked <= 0) return timeoutMs // nobody can confirm it, and nobody could contradict it later either
  const isConfirmed = doubt.silentTo.size > 0
  const factor = isConfirmed ? 1 + state.health : 1 + Math.min(state.health, lonelyFactorMax)
  const near = nearWitnesses(state, peer, doubt)
  // Whoever has few neighbours is settled as soon as all of them agree, two at least.
  const enough = Math.min(asked, Math.max(nearMin, nearPool(state, peer)))
  const confirmed = Math.log(near + 1) / Math.log(enough + 1)
  const share = Math.min(1, near === 0 && isConfirmed ? farShare : confirmed)
  return Math.max(suspicionMinMs, timeoutMs - (timeoutMs - suspicionMinMs) * share) * factor
}
