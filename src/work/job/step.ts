/**
 * The rules of one job at one peer. Pure: time, peers and messages come in, effects go out, in the order in which they must happen.
 *
 *   1. A shard's result is taken once per fence; `taken` guards it, and the reducer guards it again.
 *   2. Whoever changes a job's fate (takes over, cancels, retries) claims it with a higher fence; all others follow the order in
 *      `supersedes`. What was asked under a lower fence is ignored when it comes back.
 *   3. A job is done for a peer only when it holds the result. Until then it keeps its partial results, so that whoever takes over
 *      can still collect them.
 *   4. The coordinator publishes at most once per `statusIntervalMs`, except for its first and its last word.
 */
import type { PeerId } from '../../base/ids.ts'
import * as limits from '../limits.ts'
import { assign, requeue, troubleOf } from './assign.ts'
import type { JobFailure, Refusal, Status } from './messages.ts'
import type { Candidate } from './policy.ts'
import { type Coordinator, isFinal, type JobState, newCoordinator, supersedes } from './state.ts'

export type Outcome =
  | { readonly status: 'done' }
  | Refusal
  /** The peer went, or did not answer in time. */
  | { readonly status: 'lost' }

export type Input =
  /** This peer submitted the job. */
  | { readonly kind: 'submit' }
  | { readonly kind: 'peers'; readonly peers: readonly Candidate[] }
  | { readonly kind: 'tick' }
  /** A status from another peer. `hasResult`: its result, if it is done, lies here, checked against its hash. */
  | { readonly kind: 'heard'; readonly status: Status; readonly hasResult: boolean }
  | {
      readonly kind: 'collected'
      readonly fence: number
      readonly holdings: readonly (readonly [PeerId, readonly number[]])[]
    }
  | { readonly kind: 'stored'; readonly fence: number; readonly isSafe: boolean }
  | {
      readonly kind: 'ran'
      readonly fence: number
      readonly peer: PeerId
      readonly shard: number
      readonly outcome: Outcome
    }
  | { readonly kind: 'reduced'; readonly fence: number; readonly result: NonNullable<Status['result']> }
  | { readonly kind: 'reduce-failed'; readonly fence: number; readonly error: JobFailure }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'retry' }

export type Effect =
  /** Start to coordinate: a new reducer, copies of the blocks, and unless fresh, ask who holds what. */
  | { readonly kind: 'lead'; readonly fence: number; readonly isFresh: boolean }
  /** Stop to coordinate: abort what is asked of others, close the reducer. */
  | { readonly kind: 'resign' }
  | { readonly kind: 'publish'; readonly status: Status }
  | { readonly kind: 'run'; readonly fence: number; readonly peer: PeerId; readonly shard: number }
  | { readonly kind: 'reduce'; readonly fence: number }
  | { readonly kind: 'fetch-result'; readonly status: Status }
  /** Nothing more will be asked: partial results and blocks may go. */
  | { readonly kind: 'finish' }

export interface Now {
  /** Monotonic, for durations. */
  readonly ms: number
  /** Since 1970, for people. */
  readonly wallMs: number
}

export function step(state: JobState, input: Input, now: Now): Effect[] {
  const effects: Effect[] = []
  apply(state, input, now, effects)
  if (state.role.kind === 'replica') watchCoordinator(state, now, effects)
  if (state.role.kind === 'coordinator') advance(state, state.role, now, effects)
  return effects
}

function apply(state: JobState, input: Input, now: Now, effects: Effect[]): void {
  const { role } = state
  switch (input.kind) {
    case 'submit':
      return claim(state, true, effects)
    case 'peers': {
      const before = state.peers
      state.peers = input.peers
      if (role.kind === 'coordinator') dropDeparted(state, role, before)
      return
    }
    case 'tick':
      return
    case 'heard':
      return heard(state, input.status, input.hasResult, now, effects)
    case 'cancel':
      if (!isFinal(state.status.phase) || state.status.phase === 'failed') cancel(state, now, effects)
      return
    case 'retry':
      if (state.status.phase === 'failed') claim(state, false, effects)
      return
    default:
      // Answers to what a coordinator asked, under this fence and no other (rule 2).
      if (role.kind === 'coordinator' && input.fence === state.status.fence) answered(state, role, input, now, effects)
  }
}

function answered(
  state: JobState,
  role: Coordinator,
  input: Extract<Input, { fence: number }>,
  now: Now,
  effects: Effect[],
): void {
  role.isDirty = true
  switch (input.kind) {
    case 'collected':
      role.isCollecting = false
      for (const [peer, shards] of input.holdings)
        for (const shard of shards) role.holders.set(shard, [...(role.holders.get(shard) ?? []), peer])
      return
    case 'stored':
      role.isStoring = false
      state.status = { ...state.status, safeToClose: input.isSafe }
      return
    case 'ran':
      return ran(state, role, input, now)
    case 'reduced':
      // Nothing of the inputs is needed any more.
      state.status = { ...state.status, safeToClose: true }
      return end(state, { phase: 'done', result: input.result }, now, effects)
    case 'reduce-failed':
      return end(state, { phase: 'failed', error: input.error }, now, effects)
  }
}

function ran(
  state: JobState,
  role: Coordinator,
  { peer, shard, outcome }: Extract<Input, { kind: 'ran' }>,
  now: Now,
): void {
  const runs = role.runs.get(shard)?.filter(run => run.peer !== peer) ?? []
  const wasExpected = runs.length < (role.runs.get(shard)?.length ?? 0)
  if (runs.length > 0) role.runs.set(shard, runs)
  else role.runs.delete(shard)
  if (role.taken.has(shard)) return
  if (outcome.status === 'done') return take(state, role, peer, shard)
  if (!wasExpected) return // it was given up already, and counted then
  if (outcome.status === 'refused') role.refused.add(peer)
  else if (outcome.status === 'failed') {
    const trouble = troubleOf(role, shard)
    trouble.failedAt.add(peer)
    trouble.lastError = outcome.error
    countRetry(state)
  } else {
    role.busyUntilMs.set(peer, now.ms + limits.busyBackoffMs)
    if (outcome.status === 'lost') countLoss(state, role, shard)
  }
  requeue(role, shard)
}

function countLoss(state: JobState, role: Coordinator, shard: number): void {
  troubleOf(role, shard).losses++
  countRetry(state)
}

function countRetry(state: JobState): void {
  state.status = { ...state.status, retries: state.status.retries + 1 }
}

function take(state: JobState, role: Coordinator, peer: PeerId, shard: number): void {
  role.taken.add(shard)
  role.queue = role.queue.filter(waiting => waiting !== shard)
  const name = state.peers.find(({ id }) => id === peer)?.name ?? role.credit.get(peer)?.name ?? ''
  const credit = role.credit.get(peer) ?? { name, done: 0, bytes: 0 }
  role.credit.set(peer, { name, done: credit.done + 1, bytes: credit.bytes + (state.shardBytes[shard] ?? 0) })
}

/** A departed peer's shards are handed on; whether its blocks lie elsewhere too is to be seen. */
function dropDeparted(state: JobState, role: Coordinator, before: readonly Candidate[]): void {
  const present = new Set(state.peers.map(peer => `${peer.id} ${peer.session}`))
  if (before.every(peer => present.has(`${peer.id} ${peer.session}`))) return
  state.status = { ...state.status, safeToClose: false }
  role.isDirty = true
  for (const [shard, runs] of [...role.runs]) {
    const left = runs.filter(run => present.has(`${run.peer} ${run.session}`))
    if (left.length === runs.length) continue
    if (left.length > 0) role.runs.set(shard, left)
    else role.runs.delete(shard)
    if (role.taken.has(shard) || left.length > 0) continue
    countLoss(state, role, shard)
    requeue(role, shard)
  }
}

function heard(state: JobState, status: Status, hasResult: boolean, now: Now, effects: Effect[]): void {
  const { role } = state
  if (!supersedes(status, state.status)) {
    const isOther = status.coordinator !== state.status.coordinator || status.fence !== state.status.fence
    if (role.kind === 'coordinator' && isOther) role.isDirty = true
    const mustCorrect = isFinal(state.status.phase) && !isFinal(status.phase)
    if (mustCorrect && now.ms - state.correctedAtMs >= limits.correctIntervalMs) {
      state.correctedAtMs = now.ms
      effects.push({ kind: 'publish', status: state.status })
    }
    return
  }
  // A function that is not deterministic may give two halves of a room two results: what a tab showed, it keeps.
  if (state.status.phase === 'done' && status.result?.hash !== state.status.result?.hash) return
  const isNewClaim = status.coordinator !== state.status.coordinator || status.session !== state.status.session
  if (role.kind === 'coordinator') effects.push({ kind: 'resign' })
  if (role.kind === 'coordinator' || isNewClaim)
    state.role = { kind: 'replica', hasSeenCoordinator: false, goneSinceMs: undefined }
  if (status.phase === 'done' && !hasResult) {
    const { result: _, ...rest } = status
    state.status = { ...rest, phase: 'reducing' } // rule 3
    effects.push({ kind: 'fetch-result', status })
    return
  }
  state.status = status
  if (isFinal(status.phase) && status.phase !== 'failed') effects.push({ kind: 'finish' })
}

/** Takes over when the coordinator is gone: the lowest able peer at once, the next ones later, in case those before do not know of the job. */
function watchCoordinator(state: JobState, now: Now, effects: Effect[]): void {
  const { role, status, self, peers } = state
  if (role.kind !== 'replica' || isFinal(status.phase) || peers.length === 0) return
  const isSelf = status.coordinator === self.id && status.session === self.session
  if (!isSelf && peers.some(peer => peer.id === status.coordinator && peer.session === status.session)) {
    role.hasSeenCoordinator = true
    role.goneSinceMs = undefined
    return
  }
  role.goneSinceMs ??= now.ms
  const able = peers.filter(peer => peer.isAble && peer.isAlive).map(peer => peer.id)
  const rank = able.sort().indexOf(self.id)
  if (rank < 0) return
  const patienceMs = rank * limits.claimStepMs + (role.hasSeenCoordinator ? 0 : limits.unseenCoordinatorMs)
  if (now.ms - role.goneSinceMs >= patienceMs) claim(state, false, effects)
}

function claim(state: JobState, isFresh: boolean, effects: Effect[]): void {
  const { error: _, finishedAtMs: __, ...status } = state.status
  const fence = status.fence + 1
  state.role = newCoordinator(isFresh, state.shardBytes.length)
  state.status = {
    ...status,
    fence,
    coordinator: state.self.id,
    session: state.self.session,
    version: 0,
    phase: 'running',
    safeToClose: false, // until this coordinator has seen for itself
  }
  effects.push({ kind: 'lead', fence, isFresh })
}

function cancel(state: JobState, now: Now, effects: Effect[]): void {
  const { self } = state
  const { error: _, ...status } = state.status
  state.status = { ...status, fence: status.fence + 1, coordinator: self.id, session: self.session, version: 0 }
  end(state, { phase: 'cancelled' }, now, effects)
}

function end(state: JobState, last: Pick<Status, 'phase' | 'result' | 'error'>, now: Now, effects: Effect[]): void {
  if (state.role.kind === 'coordinator') {
    state.status = { ...progress(state, state.role), ...last, finishedAtMs: now.wallMs }
    effects.push({ kind: 'resign' })
  } else state.status = { ...state.status, ...last, finishedAtMs: now.wallMs }
  state.role = { kind: 'replica', hasSeenCoordinator: true, goneSinceMs: undefined }
  effects.push({ kind: 'publish', status: state.status })
  if (last.phase !== 'failed') effects.push({ kind: 'finish' })
}

/** The coordinator's next moves after any event. */
function advance(state: JobState, role: Coordinator, now: Now, effects: Effect[]): void {
  if (!role.isCollecting && !role.isReducing && state.peers.length > 0) {
    const given = assign(state, role, now.ms)
    if (!Array.isArray(given)) return end(state, { phase: 'failed', error: given }, now, effects)
    for (const { peer, shard } of given) effects.push({ kind: 'run', fence: state.status.fence, peer: peer.id, shard })
    if (given.length > 0) role.isDirty = true
    if (role.taken.size === state.shardBytes.length) {
      role.isReducing = true
      role.isDirty = true
      effects.push({ kind: 'reduce', fence: state.status.fence })
    }
  }
  if (!role.isDirty) return
  state.status = progress(state, role)
  if (now.ms - role.publishedAtMs < limits.statusIntervalMs) return
  role.isDirty = false
  role.publishedAtMs = now.ms
  effects.push({ kind: 'publish', status: state.status })
}

/** The status as it stands now, one version on. */
function progress(state: JobState, role: Coordinator): Status {
  const running = new Map<PeerId, number>()
  for (const [shard, runs] of role.runs)
    if (!role.taken.has(shard)) for (const { peer } of runs) running.set(peer, (running.get(peer) ?? 0) + 1)
  const names = new Map(state.peers.map(peer => [peer.id, peer.name]))
  const perPeer = [...new Set([...role.credit.keys(), ...running.keys()])].map(peer => {
    const { name, done, bytes } = role.credit.get(peer) ?? { name: names.get(peer) ?? '', done: 0, bytes: 0 }
    return { peer, name, running: running.get(peer) ?? 0, done, bytes }
  })
  perPeer.sort((a, b) => b.done - a.done || (a.peer < b.peer ? -1 : 1))
  return {
    ...state.status,
    version: state.status.version + 1,
    phase: role.isReducing ? 'reducing' : role.isStoring ? 'storing' : 'running',
    shardsDone: role.taken.size,
    perPeer: perPeer.slice(0, limits.peersInStatusMax),
  }
}
