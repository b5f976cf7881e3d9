/**
 * Who asks whom for what, and when. Updates travel by broadcast; this machine finds out what a broadcast did not bring, and by
 * telling digests it also knows when everybody holds the same. Pure: time and chance come in, effects go out.
 *
 * 1. A replica at rest (`settleMs`) is measured; a digest that is new is told to all, at most every `interval`.
 * 2. Who hears a digest that differs from its own, and is at rest itself, asks that peer for what is missing. Whoever is asked never
 *    sends unasked: it learns by a digest that the other has more, and asks in turn. So both ways are one rule (push-pull).
 * 3. On a new link, and with `fanout` random peers each `antiEntropyInterval`, digests are exchanged directly, and whoever differs asks at
 *    once, at rest or not: what broadcasts lost, deletions included, is found within one interval.
 * 4. One question per peer and replica at a time, and none for a digest that is being asked for already, that was merged, or that was our
 *    own once: a replica only grows, so it contains that state for ever. A question of which nothing is heard for `pullPatienceMs` bars no
 *    other one: its peer may have gone, or lie behind a way that is lost.
 * 5. A change too large for a broadcast is told at once, and asked for at once.
 * 6. Whoever meets a peer again that was silent compares with it at once, being of the other half most likely, as with those that follow it,
 *    up to `fanout`; and makes its next rounds (`quickRounds`) one after the other: by them a room that was in halves is one again in
 *    O(log N) rounds (Demers et al. 1987, section 1.3), also for those who had nobody in the other half. But once in each
 *    `antiEntropyInterval`, unless a partition healed: peers that fall silent again and again have too much to do already.
 */
import { dropOldest } from '../../base/drop-oldest.ts'
import type { PeerId } from '../../base/ids.ts'
import { type Random, shuffled } from '../../base/random.ts'
import {
  digestsContainedMax,
  documentsMax,
  pullPatienceMs,
  pullRetryMs,
  pullsInFlight,
  pullsMax,
  quickRoundMs,
  quickRounds,
  settleMs,
  tellMsPerPeer,
} from '../limits.ts'
import type { Digests, OwnReplica, SyncSettings, SyncState } from './state.ts'

export type Input =
  | { readonly kind: 'opened'; readonly name: string; readonly nowMs: number }
  | { readonly kind: 'changed'; readonly name: string; readonly nowMs: number; readonly isLarge: boolean }
  /** The answer to `measure`. */
  | { readonly kind: 'measured'; readonly name: string; readonly digest: string; readonly nowMs: number }
  | { readonly kind: 'joined'; readonly peer: PeerId }
  | { readonly kind: 'linked'; readonly peer: PeerId }
  | { readonly kind: 'left'; readonly peer: PeerId }
  /** A peer that was silent for long is heard again. */
  | { readonly kind: 'reunited'; readonly peer: PeerId; readonly nowMs: number }
  /** A partition is over. */
  | { readonly kind: 'healed' }
  /** `isUrgent`: said in an exchange, or of a large change. */
  | {
      readonly kind: 'told'
      readonly peer: PeerId
      readonly digests: Digests
      readonly isUrgent: boolean
      readonly nowMs: number
    }
  /** A part of an answer came. */
  | { readonly kind: 'progressed'; readonly peer: PeerId; readonly name: string; readonly nowMs: number }
  /** A question came to its end; `isAnswered` only where the answer is merged already. */
  | {
      readonly kind: 'pulled'
      readonly peer: PeerId
      readonly name: string
      readonly isAnswered: boolean
      readonly nowMs: number
    }
  | { readonly kind: 'configured'; readonly settings: SyncSettings }
  | { readonly kind: 'tick'; readonly nowMs: number; readonly random: Random }

export type Effect =
  /** Digest this replica now, and say so by `measured`. */
  | { readonly kind: 'measure'; readonly name: string }
  /** Broadcast the digests of these replicas. */
  | { readonly kind: 'tell'; readonly names: readonly string[]; readonly isUrgent: boolean }
  /** Exchange all digests with this peer directly; its answer comes as `told`. */
  | { readonly kind: 'exchange'; readonly peer: PeerId }
  | { readonly kind: 'pull'; readonly peer: PeerId; readonly name: string }
  /** The others hold a replica that is not open here. */
  | { readonly kind: 'adopt'; readonly name: string }

export function step(state: SyncState, input: Input): Effect[] {
  switch (input.kind) {
    case 'opened':
      return open(state, input.name, input.nowMs)
    case 'changed':
      return change(state, input.name, input.nowMs, input.isLarge)
    case 'measured':
      return measured(state, input)
    case 'joined':
      if (state.peers.has(input.peer)) return []
      state.peers.set(input.peer, new Map())
      // A newcomer hears of everybody at once, and need not ask all of them.
      return state.peers.size <= state.settings.fanout ? [{ kind: 'exchange', peer: input.peer }] : []
    case 'linked':
      return state.peers.has(input.peer) ? [{ kind: 'exchange', peer: input.peer }] : []
    case 'left':
      return leave(state, input.peer)
    case 'reunited':
      return reunited(state, input.peer, input.nowMs)
    case 'healed':
      return hurry(state)
    case 'told':
      return told(state, input)
    case 'progressed':
      return progressed(state, input.peer, input.name, input.nowMs)
    case 'pulled':
      return pulled(state, input)
    case 'configured':
      state.settings = input.settings
      return []
    case 'tick':
      return tick(state, input.nowMs, input.random)
  }
}

function open(state: SyncState, name: string, nowMs: number): Effect[] {
  if (state.replicas.has(name)) return []
  state.replicas.set(name, {
    digest: undefined,
    changedAtMs: Number.NEGATIVE_INFINITY,
    dirtySinceMs: nowMs,
    told: undefined,
    pulls: new Map(),
    contained: new Set(),
    resting: new Map(),
  })
  return [{ kind: 'measure', name }]
}

function change(state: SyncState, name: string, nowMs: number, isLarge: boolean): Effect[] {
  const own = state.replicas.get(name)
  if (!own) return []
  own.changedAtMs = nowMs
  own.dirtySinceMs ??= nowMs
  if (!isLarge) return []
  state.toldAtMs = nowMs
  // In this order: the driver answers `measure` before it tells.
  return [
    { kind: 'measure', name },
    { kind: 'tell', names: [name], isUrgent: true },
  ]
}

function measured(state: SyncState, { name, digest, nowMs }: Extract<Input, { kind: 'measured' }>): Effect[] {
  const own = state.replicas.get(name)
  if (!own) return []
  own.digest = digest
  own.dirtySinceMs = undefined
  contain(own, digest)
  return compareAll(state, name, own, nowMs)
}

function told(state: SyncState, { peer, digests, isUrgent, nowMs }: Extract<Input, { kind: 'told' }>): Effect[] {
  const known = state.peers.get(peer)
  if (!known) return [] // it left, or its announcement is still on its way: the next round will tell
  state.peers.set(peer, new Map([...known, ...digests]))
  const effects: Effect[] = []
  let room = documentsMax - state.replicas.size
  for (const name of digests.keys()) {
    const own = state.replicas.get(name)
    if (own) effects.push(...compare(state, peer, name, own, isUrgent, nowMs))
    else if (room-- > 0) effects.push({ kind: 'adopt', name })
  }
  return effects
}

/** Asks the peer where its digest differs from ours. */
function compare(
  state: SyncState,
  peer: PeerId,
  name: string,
  own: OwnReplica,
  isUrgent: boolean,
  nowMs: number,
): Effect[] {
  const theirs = state.peers.get(peer)?.get(name)
  if (theirs === undefined || own.contained.has(theirs)) return []
  if (!isUrgent && own.dirtySinceMs !== undefined) return [] // it may be what is on its way; asked when at rest
  if (own.pulls.size >= pullsMax || own.pulls.has(peer)) return []
  if ((own.resting.get(peer) ?? Number.NEGATIVE_INFINITY) > nowMs) return []
  const hopeful = [...own.pulls.values()].filter(({ isSlow }) => !isSlow)
  if (hopeful.length >= pullsInFlight || hopeful.some(({ digest }) => digest === theirs)) return []
  own.pulls.set(peer, { digest: theirs, heardAtMs: nowMs, isSlow: false })
  return [{ kind: 'pull', peer, name }]
}

function compareAll(state: SyncState, name: string, own: OwnReplica, nowMs: number): Effect[] {
  return [...state.peers.keys()].flatMap(peer => compare(state, peer, name, own, false, nowMs))
}

function progressed(state: SyncState, peer: PeerId, name: string, nowMs: number): Effect[] {
  const pull = state.replicas.get(name)?.pulls.get(peer)
  if (pull) Object.assign(pull, { heardAtMs: nowMs, isSlow: false })
  return []
}

function pulled(state: SyncState, { peer, name, isAnswered, nowMs }: Extract<Input, { kind: 'pulled' }>): Effect[] {
  const own = state.replicas.get(name)
  if (!own) return []
  const asked = own.pulls.get(peer)
  own.pulls.delete(peer)
  if (isAnswered && asked) contain(own, asked.digest)
  if (isAnswered) own.resting.delete(peer)
  else if (state.peers.has(peer)) own.resting.set(peer, nowMs + pullRetryMs)
  if (own.dirtySinceMs !== undefined) return [] // compared when it is measured
  return compareAll(state, name, own, nowMs)
}

function reunited(state: SyncState, peer: PeerId, nowMs: number): Effect[] {
  const { antiEntropyInterval, fanout } = state.settings
  if (nowMs - state.reunitedAtMs >= antiEntropyInterval) {
    state.reunitedAtMs = nowMs
    state.reunions = 0
    hurry(state)
  }
  if (!state.peers.has(peer) || state.reunions >= fanout) return []
  state.reunions++
  return [{ kind: 'exchange', peer }]
}

function hurry(state: SyncState): Effect[] {
  if (state.quickRounds === 0) state.roundAtMs = Number.NEGATIVE_INFINITY
  state.quickRounds = quickRounds
  return []
}

function leave(state: SyncState, peer: PeerId): Effect[] {
  state.peers.delete(peer)
  for (const own of state.replicas.values()) {
    own.pulls.delete(peer)
    own.resting.delete(peer)
  }
  return []
}

function tick(state: SyncState, nowMs: number, random: Random): Effect[] {
  const { fanout, antiEntropy } = state.settings
  const effects: Effect[] = []
  const untold: string[] = []
  for (const [name, own] of state.replicas) {
    if (own.dirtySinceMs !== undefined) {
      if (nowMs - own.changedAtMs >= settleMs) effects.push({ kind: 'measure', name })
    } else if (own.digest !== own.told) untold.push(name)
    const slow = [...own.pulls.values()].filter(pull => !pull.isSlow && nowMs >= pull.heardAtMs + pullPatienceMs)
    for (const pull of slow) pull.isSlow = true
    if (slow.length > 0) effects.push(...compareAll(state, name, own, nowMs))
    for (const [peer, untilMs] of own.resting) {
      if (untilMs > nowMs) continue
      own.resting.delete(peer)
      effects.push(...compare(state, peer, name, own, false, nowMs))
    }
  }
  if (untold.length > 0 && nowMs >= tellAtMs(state)) {
    state.toldAtMs = nowMs
    effects.push({ kind: 'tell', names: untold, isUrgent: false })
  }
  if (antiEntropy && nowMs >= nextRoundAtMs(state)) {
    state.roundAtMs = nowMs
    if (state.quickRounds > 0) state.quickRounds--
    for (const peer of shuffled(random, [...state.peers.keys()]).slice(0, fanout))
      effects.push({ kind: 'exchange', peer })
  }
  return effects
}

/** When a tick has something to do, if nothing happens before. */
export function dueAtMs(state: SyncState): number {
  let dueMs = state.settings.antiEntropy ? nextRoundAtMs(state) : Number.POSITIVE_INFINITY
  for (const own of state.replicas.values()) {
    if (own.dirtySinceMs !== undefined) dueMs = Math.min(dueMs, own.changedAtMs + settleMs)
    else if (own.digest !== own.told) dueMs = Math.min(dueMs, tellAtMs(state))
    for (const untilMs of own.resting.values()) dueMs = Math.min(dueMs, untilMs)
    for (const pull of own.pulls.values()) if (!pull.isSlow) dueMs = Math.min(dueMs, pull.heardAtMs + pullPatienceMs)
  }
  return dueMs
}

function tellAtMs({ toldAtMs, settings, peers }: SyncState): number {
  return toldAtMs + Math.max(settings.interval, peers.size * tellMsPerPeer)
}

function nextRoundAtMs({ roundAtMs, quickRounds, settings }: SyncState): number {
  const { antiEntropyInterval } = settings
  return roundAtMs + (quickRounds > 0 ? Math.min(quickRoundMs, antiEntropyInterval) : antiEntropyInterval)
}

function contain(own: OwnReplica, digest: string): void {
  own.contained.delete(digest)
  own.contained.add(digest)
  dropOldest(own.contained, digestsContainedMax)
}

/** The driver told these; remembered here so that a digest which did not leave is told again. */
export function markTold(state: SyncState, digests: Digests): void {
  for (const [name, digest] of digests) {
    const own = state.replicas.get(name)
    if (own) own.told = digest
  }
}
