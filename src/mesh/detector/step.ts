/** The rules of failure detection; its invariants stand in `state.ts`. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import { integerBelow, shuffled } from '../../base/random.ts'
import { measured } from '../../base/round-trip.ts'
import { announced, answered, beginAnew, doubt, endRound, settle } from './doubt.ts'
import { askingMs, better, patienceMs, sleptAfterMs, stutterMs, worse } from './patience.ts'
import { firstBeat, nextBeat } from './phi.ts'
import type { DetectorEffect, DetectorInput, DetectorState } from './state.ts'

/** A link is asked after so large a part of the interval in silence. */
const quietShare = 0.5

/** Performs `input` on `state` (in place) and says what must follow, in order. */
export function step(state: DetectorState, input: DetectorInput): DetectorEffect[] {
  const out: DetectorEffect[] = []
  const { nowMs } = input
  if (nowMs - state.wakeMs > sleptAfterMs(state)) wakeUp(state, nowMs, out)
  if (input.kind === 'tick') tick(state, nowMs, out)
  else if (input.kind === 'heard') heard(state, input, out)
  else if (input.kind === 'hint') doubt(state, input.peer, input.session, input.why, nowMs, out, input)
  else if (input.kind === 'answered') answered(state, input.by, input.peer, input.session, input.isAlive, nowMs, out)
  else if (input.kind === 'asked') asked(state, input.by, input.peer, input.session, nowMs, out)
  else if (input.kind === 'announced') announced(state, input, nowMs, out)
  else if (input.kind === 'linked') linked(state, input.peer, nowMs)
  else if (input.kind === 'unlinked') state.links.delete(input.peer)
  else if (input.kind === 'joined') joined(state, input.peer)
  else departed(state, input.peer)
  const nextMs = nextWakeMs(state)
  if (nextMs < state.wakeMs || input.kind === 'tick') {
    state.wakeMs = nextMs
    out.push({ kind: 'wake', atMs: nextMs })
  }
  return out
}

function tick(state: DetectorState, nowMs: number, out: DetectorEffect[]): void {
  if (nowMs < state.wakeMs) return
  if (nowMs - state.wakeMs > stutterMs(state)) worse(state) // our own clock stutters
  for (const [peer, link] of state.links) {
    const heardMs = state.view.heardMs(peer)
    if (link.pingedMs !== undefined && nowMs >= link.pingedMs + askingMs(state, peer)) {
      const session = state.view.sessionOf(peer)
      if (heardMs < link.pingedMs && session) missed(state, peer, session, link.pingedMs, nowMs, out)
      link.pingedMs = undefined
    }
    if (nowMs < link.nextPingMs) continue
    if (heardMs > link.rhythm.lastMs) link.rhythm = nextBeat(link.rhythm, heardMs)
    link.quietMs = quietMs(state)
    if (nowMs < heardMs + link.quietMs) {
      link.nextPingMs = heardMs + link.quietMs // whatever came says as much as an answer
      continue
    }
    link.nextPingMs = nowMs + link.quietMs
    if (nowMs - Math.max(heardMs, link.rhythm.lastMs) > state.settings.timeoutMs) out.push({ kind: 'close', peer })
    else {
      link.pingedMs ??= nowMs
      out.push({ kind: 'ping', peer })
    }
  }
  for (const [peer, known] of [...state.cases]) if (nowMs >= known.roundEndMs) endRound(state, peer, known, nowMs, out)
  errands(state, nowMs, out)
  if (nowMs >= state.nextProbeMs) probeNext(state, nowMs, out)
}

/** It has been silent since our ping, not only since we lost patience. */
function missed(
  state: DetectorState,
  peer: PeerId,
  session: SessionId,
  sinceMs: number,
  nowMs: number,
  out: DetectorEffect[],
): void {
  const isKnown = state.cases.has(peer)
  doubt(state, peer, session, 'missed', nowMs, out)
  const fresh = state.cases.get(peer)
  if (fresh && !isKnown) fresh.sinceMs = sinceMs
}

/** One member in turn, of those to whom no link would tell (SWIM §4.3). */
function probeNext(state: DetectorState, nowMs: number, out: DetectorEffect[]): void {
  const { intervalMs, probeMs, timeoutMs } = state.settings
  const isDyingAround = nowMs - state.lastDeadMs < timeoutMs
  state.nextProbeMs = nowMs + (isDyingAround ? Math.min(probeMs, intervalMs) : timeoutMs) * (1 + state.health)
  for (let tries = state.order.length; tries > 0; tries--) {
    if (state.turn >= state.order.length) {
      state.order.splice(0, state.order.length, ...shuffled(state.random, state.order))
      state.turn = 0
    }
    const peer = state.order[state.turn++] as PeerId
    const session = state.view.sessionOf(peer)
    if (state.links.has(peer) || state.cases.has(peer) || !session) continue
    return doubt(state, peer, session, 'doubted', nowMs, out)
  }
}

function heard(
  state: DetectorState,
  { peer, rttMs, nowMs }: Extract<DetectorInput, { kind: 'heard' }>,
  out: DetectorEffect[],
): void {
  settle(state, peer, out)
  const errand = state.errands.get(peer)
  if (errand) {
    state.errands.delete(peer)
    for (const to of errand.askers) out.push({ kind: 'answer', to, peer, session: errand.session, isAlive: true })
  }
  if (rttMs === undefined) return
  better(state)
  measured(state.typical, rttMs)
  const link = state.links.get(peer)
  if (!link) return
  link.pingedMs = undefined
  measured(link, rttMs)
  link.rhythm = nextBeat(link.rhythm, nowMs)
}

function asked(
  state: DetectorState,
  by: PeerId,
  peer: PeerId,
  session: SessionId,
  nowMs: number,
  out: DetectorEffect[],
): void {
  if (state.view.sessionOf(peer) !== session) return // we cannot tell
  const known = state.errands.get(peer)
  if (known?.session === session) {
    known.askers.add(by)
    return
  }
  const waitMs = patienceMs(state, peer, true, state.left.get(peer) === session)
  const times = { sinceMs: nowMs, pingAgainMs: nowMs + waitMs / 2, endMs: nowMs + waitMs }
  state.errands.set(peer, { peer, session, askers: new Set([by]), ...times })
  out.push({ kind: 'ping', peer })
}

function errands(state: DetectorState, nowMs: number, out: DetectorEffect[]): void {
  for (const [peer, errand] of [...state.errands]) {
    if (nowMs < errand.endMs) {
      if (nowMs >= errand.pingAgainMs) {
        errand.pingAgainMs = Number.POSITIVE_INFINITY
        out.push({ kind: 'ping', peer })
      }
      continue
    }
    state.errands.delete(peer)
    const isAlive = state.view.heardMs(peer) > errand.sinceMs
    const link = state.links.get(peer)
    if (link && !isAlive) link.silentSinceMs = errand.sinceMs
    for (const to of errand.askers) out.push({ kind: 'answer', to, peer, session: errand.session, isAlive })
  }
}

/** A link that was silent for so long is asked. */
function quietMs({ settings, random }: DetectorState): number {
  return settings.intervalMs * quietShare * (0.9 + 0.2 * random.next())
}

function linked(state: DetectorState, peer: PeerId, nowMs: number): void {
  if (state.links.has(peer)) return
  const { intervalMs } = state.settings
  state.links.set(peer, {
    // By chance: of a peer's neighbours one or another pings it at any time, so that its silence is noticed soon.
    quietMs: quietMs(state),
    nextPingMs: nowMs + intervalMs * quietShare * state.random.next(),
    pingedMs: undefined,
    silentSinceMs: undefined,
    smoothRttMs: undefined,
    rttDeviationMs: 0,
    rhythm: firstBeat(nowMs, intervalMs),
  })
}

/** At a place by chance, so that the turns of different members differ (SWIM §4.3). */
function joined(state: DetectorState, peer: PeerId): void {
  const { order, random } = state
  order.push(peer)
  const at = integerBelow(random, order.length)
  order[order.length - 1] = order[at] as PeerId
  order[at] = peer
}

function departed(state: DetectorState, peer: PeerId): void {
  const at = state.order.indexOf(peer)
  if (at >= 0) {
    state.order[at] = state.order[state.order.length - 1] as PeerId
    state.order.pop()
  }
  state.cases.delete(peer)
  state.errands.delete(peer)
  for (const { asked, silentTo } of state.cases.values()) if (asked.delete(peer)) silentTo.delete(peer)
}

/** The gap in our ticks was ours: everybody gets fresh time, and is asked first. */
function wakeUp(state: DetectorState, nowMs: number, out: DetectorEffect[]): void {
  state.wakeMs = nowMs
  worse(state, 2)
  for (const link of state.links.values()) {
    link.pingedMs = undefined
    link.silentSinceMs = undefined
    link.nextPingMs = nowMs
    link.rhythm = { ...link.rhythm, lastMs: nowMs }
  }
  state.errands.clear()
  beginAnew(state, nowMs, out)
}

function nextWakeMs(state: DetectorState): number {
  let nextMs = state.nextProbeMs
  for (const [peer, link] of state.links) {
    nextMs = Math.min(nextMs, link.nextPingMs)
    if (link.pingedMs !== undefined) nextMs = Math.min(nextMs, link.pingedMs + askingMs(state, peer))
  }
  for (const { roundEndMs } of state.cases.values()) nextMs = Math.min(nextMs, roundEndMs)
  for (const { endMs, pingAgainMs } of state.errands.values()) nextMs = Math.min(nextMs, endMs, pingAgainMs)
  return nextMs
}
