/** Doubts: from the first unanswered ping, over questions to others, to a sign of life or a verdict. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import { integerBelow, shuffled } from '../../base/random.ts'
import { better, majorityOf, patienceMs, poolOf, suspicionMs, worse } from './patience.ts'
import type { Case, DetectorEffect, DetectorInput, DetectorState, Why } from './state.ts'

/** Doubts of others looked into at once; more come again with the next comparison of lists. */
const hearsayMax = 16
/** Sessions remembered of which signaling said that they left. */
const leftMax = 256
/** Rounds of questions before a verdict: where others agree, and where nobody says anything. */
const roundsMin = 2
const roundsAloneMin = 6
/** Rounds after which a suspect is told of the doubt, though nobody else found it silent: what it announces then the whole room hears. */
const roundsBeforeTold = 2
const strength: readonly Why[] = ['missed', 'doubted', 'closed', 'left']

/** Begins a doubt, or strengthens the one there is. */
export function doubt(
  state: DetectorState,
  peer: PeerId,
  session: SessionId,
  why: Why,
  nowMs: number,
  out: DetectorEffect[],
  said: { readonly buriedAt?: number; readonly isVerdict?: boolean } = {},
): void {
  if (why === 'left') remember(state, peer, session)
  if (state.view.sessionOf(peer) !== session || peer === state.self) return
  const known = state.cases.get(peer)
  if (known && known.session === session)
    return said.isVerdict ? condemn(state, peer, known, nowMs, out) : strengthen(state, peer, known, why, nowMs, out)
  if (why === 'doubted' && hearsay(state) >= hearsayMax) return
  const fresh: Case = {
    session,
    why,
    sinceMs: (said.isVerdict && silentSinceMs(state, peer, nowMs)) || nowMs,
    roundStartMs: nowMs,
    roundEndMs: nowMs,
    stage: 'pinging',
    isSuspect: false,
    asked: new Set(),
    answers: 0,
    questions: 0,
    answersInAll: 0,
    wasBroken: state.view.isMending?.(peer) ?? false,
    rounds: 0,
    buriedAt: said.buriedAt,
    isCondemned: said.isVerdict ?? false,
    silentTo: new Set(),
  }
  state.cases.set(peer, fresh)
  if (why === 'closed' || why === 'left') suspect(peer, fresh, out)
  if (said.isVerdict && judge(state, peer, fresh, nowMs, out)) return
  if (why === 'left' && isOthersMatter(state, peer)) {
    // Its neighbours ask it now, and tell; if they do not, we ask. Else a thousand members would ask at once.
    fresh.stage = 'waiting'
    fresh.roundEndMs = nowMs + state.settings.hintedProbeMs * (3 + 2 * state.random.next()) * (1 + state.health)
  } else startRound(state, peer, fresh, why === 'doubted' ? 'pinging' : 'asking', nowMs, out)
}

/** When the ping began that we sent for others, and that it has not answered; undefined where there is none, or where it was heard since. */
function silentSinceMs({ links, view, settings }: DetectorState, peer: PeerId, nowMs: number): number | undefined {
  const sinceMs = links.get(peer)?.silentSinceMs
  const counts = sinceMs !== undefined && sinceMs > nowMs - settings.timeoutMs && view.heardMs(peer) < sinceMs
  return counts ? sinceMs : undefined
}

/** A sign of life ends the doubt. */
export function settle(state: DetectorState, peer: PeerId, out: DetectorEffect[]): void {
  state.left.delete(peer)
  const known = state.cases.get(peer)
  if (!known) return
  state.cases.delete(peer)
  if (known.isSuspect) out.push({ kind: 'alive', peer, session: known.session })
}

/** SWIM's refutation (§4.2): whoever announces itself anew is alive, unless the announcement may be older than what made us doubt. */
export function announced(
  state: DetectorState,
  { peer, session, isDirect, wasGivenUp }: Extract<DetectorInput, { kind: 'announced' }>,
  nowMs: number,
  out: DetectorEffect[],
): void {
  const known = state.cases.get(peer)
  const hasLeft = state.left.get(peer) === session
  if (isDirect || !hasLeft) {
    if (known) settle(state, peer, out)
    else out.push({ kind: 'alive', peer, session })
    // Those linked to it look; were all to ask whom all had given up, it would drown in questions.
    if (!isDirect && wasGivenUp && state.links.has(peer)) doubt(state, peer, session, 'doubted', nowMs, out)
  } else if (known?.session !== session) doubt(state, peer, session, 'left', nowMs, out)
  else if (known.stage !== 'waiting') askAnew(state, peer, known, 'asking', nowMs, out)
}

/** Another member looked, and says what it found. */
export function answered(
  state: DetectorState,
  by: PeerId,
  peer: PeerId,
  session: SessionId,
  isAlive: boolean,
  nowMs: number,
  out: DetectorEffect[],
): void {
  const known = state.cases.get(peer)
  if (known?.session !== session || by === peer || state.view.sessionOf(by) === undefined) return
  if (isAlive) return settle(state, peer, out)
  if (!known.asked.has(by)) return // nobody adds votes to an election that is not theirs
  known.answers++
  known.answersInAll++
  known.silentTo.add(by)
  if (judge(state, peer, known, nowMs, out) || known.rounds < roundsMin) return
  // Each confirmation shortens the suspicion: look again when it ends.
  const settledMs = known.sinceMs + suspicionMs(state, peer, known, poolOf(state, peer))
  known.roundEndMs = Math.min(known.roundEndMs, Math.max(nowMs, settledMs))
}

/** The end of a round: the verdict, or the next round. */
export function endRound(state: DetectorState, peer: PeerId, known: Case, nowMs: number, out: DetectorEffect[]): void {
  if (known.stage === 'asking') {
    if (known.asked.size > 0 && known.answers === 0)
      worse(state) // nobody answers us: it may be us
    else if (known.answers > 0) better(state)
    suspect(peer, known, out)
    if (judge(state, peer, known, nowMs, out)) return
  } else if (known.stage === 'waiting') {
    known.sinceMs = nowMs
  } else if (known.isCondemned && judge(state, peer, known, nowMs, out)) return
  startRound(state, peer, known, 'asking', nowMs, out)
}

/** We slept: the silence meanwhile was ours. */
export function beginAnew(state: DetectorState, nowMs: number, out: DetectorEffect[]): void {
  for (const [peer, known] of state.cases) askAnew(state, peer, known, 'pinging', nowMs, out)
}

/** What was found before counts no longer. */
function askAnew(
  state: DetectorState,
  peer: PeerId,
  known: Case,
  stage: 'pinging' | 'asking',
  nowMs: number,
  out: DetectorEffect[],
): void {
  known.sinceMs = nowMs
  known.isCondemned = false
  known.answersInAll = 0
  known.questions = 0
  known.silentTo.clear()
  startRound(state, peer, known, stage, nowMs, out)
}

function remember({ left }: DetectorState, peer: PeerId, session: SessionId): void {
  left.delete(peer)
  left.set(peer, session)
  for (const oldest of left.keys()) {
    if (left.size <= leftMax) break
    left.delete(oldest)
  }
}

function strengthen(
  state: DetectorState,
  peer: PeerId,
  known: Case,
  why: Why,
  nowMs: number,
  out: DetectorEffect[],
): void {
  if (strength.indexOf(why) <= strength.indexOf(known.why)) return
  known.why = why
  if (why === 'doubted') return
  suspect(peer, known, out)
  const isIdle = known.stage === 'pinging' || (known.stage === 'waiting' && why !== 'left')
  if (isIdle) startRound(state, peer, known, 'asking', nowMs, out)
  else known.roundEndMs = Math.min(known.roundEndMs, nowMs + roundMs(state, peer, known))
}

/** The verdict of others: now, if our own ping has waited long enough; otherwise when it has. */
function condemn(state: DetectorState, peer: PeerId, known: Case, nowMs: number, out: DetectorEffect[]): void {
  known.isCondemned = true
  if (known.stage === 'waiting') {
    known.sinceMs = nowMs
    startRound(state, peer, known, 'pinging', nowMs, out)
  } else if (!judge(state, peer, known, nowMs, out)) {
    known.roundEndMs = Math.min(known.roundEndMs, Math.max(nowMs, known.sinceMs + ownPatienceMs(state, peer, known)))
  }
}

function suspect(peer: PeerId, known: Case, out: DetectorEffect[]): void {
  if (known.isSuspect) return
  known.isSuspect = true
  out.push({ kind: 'suspect', peer, session: known.session })
}

function startRound(
  state: DetectorState,
  peer: PeerId,
  known: Case,
  stage: 'pinging' | 'asking',
  nowMs: number,
  out: DetectorEffect[],
): void {
  known.stage = stage
  known.roundStartMs = nowMs
  known.answers = 0
  known.roundEndMs = nowMs + roundMs(state, peer, known)
  const isSerious = known.silentTo.size > 0 || known.rounds >= roundsBeforeTold
  const doubted = known.buriedAt ?? (isSerious ? state.view.sequenceOf(peer) : undefined)
  out.push({ kind: 'ping', peer, ...(doubted !== undefined && { doubted }) })
  if (stage === 'pinging') return
  known.rounds++
  for (const prober of probersOf(state, peer)) {
    known.asked.add(prober)
    known.questions++
    out.push({ kind: 'ask', prober, peer, session: known.session })
  }
}

function roundMs(state: DetectorState, peer: PeerId, known: Case): number {
  const ownMs = ownPatienceMs(state, peer, known)
  // Those who are asked need their own patience, and the way to us and back.
  return known.stage === 'asking' ? ownMs + state.settings.hintedProbeMs / 2 : ownMs
}

function ownPatienceMs(state: DetectorState, peer: PeerId, known: Case): number {
  const hasLeft = known.why === 'left'
  return patienceMs(state, peer, hasLeft || known.isCondemned, hasLeft)
}

/** True where the case is closed by a verdict. */
function judge(state: DetectorState, peer: PeerId, known: Case, nowMs: number, out: DetectorEffect[]): boolean {
  const { timeoutMs } = state.settings
  const pool = poolOf(state, peer)
  const needed = majorityOf(state, pool)
  const silentMs = nowMs - known.sinceMs
  const isAlone = pool <= 0
  // With nobody left to ask, nobody can disagree: those asked before are suspects themselves. But a cut or a changed address of ours looks the same.
  const isMajority = isAlone || (known.silentTo.size >= needed && 2 * known.silentTo.size >= known.asked.size)
  // A majority's worth of answers, each time.
  const convicted = isAlone ? known.rounds : Math.floor(known.answersInAll / Math.max(1, needed))
  const isWhole = !known.wasBroken && !(isAlone && known.why !== 'left' && state.view.isMending?.(peer))
  if (!isWhole && silentMs < timeoutMs) return false
  const isHeard = state.view.heardMs(peer) > known.sinceMs
  if (known.isCondemned && !isHeard && silentMs >= ownPatienceMs(state, peer, known))
    return giveUp(state, peer, known, true, nowMs, out)
  const isAgreed = isMajority && convicted > 0
  const isSure = known.why === 'left'
  const isFast = isSure && isAgreed && silentMs >= (isAlone ? 4 : 1) * patienceMs(state, peer, true, true)
  if (!isFast && silentMs < suspicionMs(state, peer, known, pool)) return false
  // Few questions prove little, however long they took.
  if (!isFast && (isMajority ? convicted < roundsMin : known.rounds < roundsAloneMin)) return false
  if (!isMajority && silentMs < timeoutMs) return false
  return giveUp(state, peer, known, isMajority, nowMs, out)
}

function giveUp(
  state: DetectorState,
  peer: PeerId,
  { session }: Case,
  isShared: boolean,
  nowMs: number,
  out: DetectorEffect[],
): true {
  state.cases.delete(peer)
  state.lastDeadMs = nowMs
  state.nextProbeMs = Math.min(state.nextProbeMs, nowMs + state.settings.probeMs)
  out.push({ kind: 'dead', peer, session, isShared })
  return true
}

/** Members to ask: those that are linked to it first, then our neighbours, then anybody. */
function probersOf(state: DetectorState, peer: PeerId): PeerId[] {
  const { probers } = state.settings
  const chosen = new Set<PeerId>()
  const add = (candidates: Iterable<PeerId>) => {
    for (const other of candidates) {
      if (chosen.size >= probers) return
      const isFit = other !== peer && other !== state.self && !state.cases.get(other)?.isSuspect
      if (isFit && state.view.sessionOf(other) !== undefined) chosen.add(other)
    }
  }
  add(shuffled(state.random, state.view.linksOf(peer)))
  add(shuffled(state.random, [...state.links.keys()]))
  for (let tries = 0; chosen.size < probers && tries < 4 * probers && state.order.length > 0; tries++)
    add([state.order[integerBelow(state.random, state.order.length)] as PeerId])
  return [...chosen]
}

function isOthersMatter(state: DetectorState, peer: PeerId): boolean {
  if (state.links.has(peer)) return false
  return state.view.linksOf(peer).some(other => other !== state.self && state.view.sessionOf(other) !== undefined)
}

function hearsay(state: DetectorState): number {
  let count = 0
  for (const { why } of state.cases.values()) if (why === 'doubted') count++
  return count
}
