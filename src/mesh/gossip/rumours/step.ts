/**
 * Rumour mongering with feedback, and anti-entropy behind it (Demers et al., "Epidemic algorithms for replicated database maintenance",
 * 1987), by offers of ids: what is large travels once to each peer, and once more for each time it was lost.
 *
 * 1. Each `interval` a peer with news offers the ids of its news to `fanout` random peers. Whoever lacks one asks for it, of one peer at a
 *    time, and asks again (another, if it can) while it does not come.
 * 2. A rumour is news until it was offered `quenchedAfter` times by others: then most know it.
 * 3. Each `antiEntropyInterval` every peer offers all it knows to `fanout` random peers, who answer with an offer of what was not in it. So
 *    those whom the rumour missed are found, and a peer that was away catches up.
 * 4. A rumour ends with its time to live, and does not come back.
 */
import { dropOldest } from '../../../base/drop-oldest.ts'
import type { PeerId } from '../../../base/ids.ts'
import { type Random, shuffled } from '../../../base/random.ts'
import { offeredIdsMax, overMax, quenchedAfter, rumoursMax, triesMax } from './limits.ts'
import type { Known, Rumour, RumourState } from './state.ts'

export type RumourMessage =
  /** `isFull`: all that is known, and an answer is awaited. */
  | { readonly kind: 'offer'; readonly ids: readonly string[]; readonly isFull: boolean }
  /** What the asker had not named; empty where it named all. */
  | { readonly kind: 'answer'; readonly ids: readonly string[] }
  | { readonly kind: 'want'; readonly ids: readonly string[] }
  | { readonly kind: 'give'; readonly rumours: readonly Rumour[] }

export type RumourInput =
  | { readonly kind: 'spread'; readonly rumour: Rumour; readonly nowMs: number }
  | { readonly kind: 'received'; readonly from: PeerId; readonly message: RumourMessage; readonly nowMs: number }
  | { readonly kind: 'tick'; readonly nowMs: number; readonly peers: readonly PeerId[]; readonly random: Random }

export type RumourEffect =
  | { readonly kind: 'send'; readonly to: PeerId; readonly message: RumourMessage }
  /** Heard for the first time. */
  | { readonly kind: 'heard'; readonly rumour: Rumour }

export function step(state: RumourState, input: RumourInput): RumourEffect[] {
  if (input.kind === 'spread') return learn(state, input.rumour, input.nowMs)
  if (input.kind === 'tick') return tick(state, input.nowMs, input.peers, input.random)
  const { from, message, nowMs } = input
  switch (message.kind) {
    case 'offer':
      return offered(state, from, message.ids, message.isFull, nowMs)
    case 'answer':
      state.owing.delete(from)
      return want(state, from, message.ids, nowMs)
    case 'want': {
      const rumours = message.ids.flatMap(id => rest(state.known.get(id), nowMs))
      return rumours.length > 0 ? [{ kind: 'send', to: from, message: { kind: 'give', rumours } }] : []
    }
    case 'give':
      return message.rumours.flatMap(rumour => learn(state, rumour, nowMs))
  }
}

/** The rumour with what is left of its life: else it would live as long again with each peer that hears of it. */
function rest(known: Known | undefined, nowMs: number): Rumour[] {
  const ttlMs = known ? known.untilMs - nowMs : 0
  return known && ttlMs >= 1 ? [{ ...known.rumour, ttlMs }] : []
}

function learn(state: RumourState, rumour: Rumour, nowMs: number): RumourEffect[] {
  state.wanted.delete(rumour.id)
  if (state.known.has(rumour.id) || state.over.has(rumour.id) || state.known.size >= rumoursMax) return []
  state.known.set(rumour.id, { rumour, untilMs: nowMs + rumour.ttlMs, heard: 0 })
  return [{ kind: 'heard', rumour }]
}

function offered(
  state: RumourState,
  from: PeerId,
  ids: readonly string[],
  isFull: boolean,
  nowMs: number,
): RumourEffect[] {
  for (const id of ids) {
    const known = state.known.get(id)
    if (known) known.heard++
  }
  const effects = want(state, from, ids, nowMs)
  if (!isFull) return effects
  const named = new Set(ids)
  const lacking = [...state.known.keys()].filter(id => !named.has(id)).slice(0, offeredIdsMax)
  return [...effects, { kind: 'send', to: from, message: { kind: 'answer', ids: lacking } }]
}

function want(state: RumourState, from: PeerId, ids: readonly string[], nowMs: number): RumourEffect[] {
  const asked: string[] = []
  for (const id of ids) {
    if (state.known.has(id) || state.over.has(id)) continue
    const wanted = state.wanted.get(id)
    if (wanted) {
      if (!wanted.from.includes(from)) wanted.from.push(from)
      continue
    }
    if (state.wanted.size >= rumoursMax) continue
    state.wanted.set(id, { from: [from], tries: 1, againAtMs: nowMs + state.settings.intervalMs / triesMax })
    asked.push(id)
  }
  return asked.length > 0 ? [{ kind: 'send', to: from, message: { kind: 'want', ids: asked } }] : []
}

function tick(state: RumourState, nowMs: number, peers: readonly PeerId[], random: Random): RumourEffect[] {
  const { intervalMs, fanout, antiEntropy, antiEntropyIntervalMs } = state.settings
  end(state, nowMs)
  const effects = askAgain(state, nowMs)
  if (nowMs - state.roundAtMs >= intervalMs) {
    state.roundAtMs = nowMs
    const news = [...state.known].filter(([, { heard }]) => heard < quenchedAfter).map(([id]) => id)
    if (news.length > 0) effects.push(...offer(shuffled(random, peers).slice(0, fanout), news, false))
  }
  if (antiEntropy && nowMs - state.fullRoundAtMs >= antiEntropyIntervalMs) {
    state.fullRoundAtMs = nowMs
    state.owing.clear()
    // Who knows of nothing asks one peer only: in a room without rumours this costs next to nothing.
    const chosen = shuffled(random, peers).slice(0, state.known.size === 0 ? 1 : fanout)
    for (const peer of chosen) state.owing.set(peer, { tries: 1, againAtMs: nowMs + intervalMs / triesMax })
    effects.push(...offer(chosen, [...state.known.keys()], true))
  }
  return effects
}

function offer(to: readonly PeerId[], ids: readonly string[], isFull: boolean): RumourEffect[] {
  const message = { kind: 'offer', ids: ids.slice(-offeredIdsMax), isFull } as const
  return to.map(peer => ({ kind: 'send', to: peer, message }))
}

function askAgain(state: RumourState, nowMs: number): RumourEffect[] {
  const effects: RumourEffect[] = []
  const againAtMs = nowMs + state.settings.intervalMs / triesMax
  for (const [id, wanted] of state.wanted) {
    if (wanted.againAtMs > nowMs) continue
    const to = wanted.from[wanted.tries % wanted.from.length]
    if (wanted.tries >= triesMax || to === undefined) {
      state.wanted.delete(id) // whoever offers it next is asked
      continue
    }
    wanted.tries++
    wanted.againAtMs = againAtMs
    effects.push({ kind: 'send', to, message: { kind: 'want', ids: [id] } })
  }
  for (const [peer, owing] of state.owing) {
    if (owing.againAtMs > nowMs) continue
    if (owing.tries >= triesMax) state.owing.delete(peer)
    else {
      owing.tries++
      owing.againAtMs = againAtMs
      effects.push(...offer([peer], [...state.known.keys()], true))
    }
  }
  return effects
}

function end(state: RumourState, nowMs: number): void {
  for (const [id, { untilMs }] of state.known) {
    if (untilMs > nowMs) continue
    state.known.delete(id)
    state.over.add(id)
    dropOldest(state.over, overMax)
  }
}
