/** Handing out shards: what the coordinator decides after each event. Part of the machine, so pure. */
import { backupAfterMs, failuresPerShardMax, lossesPerShardMax, prefetchShards } from '../limits.ts'
import type { JobFailure } from './messages.ts'
import { type AssignmentPolicy, type Candidate, mostFree, type Offer } from './policy.ts'
import type { Coordinator, JobState, Trouble } from './state.ts'

export interface Assignment {
  readonly peer: Candidate
  readonly shard: number
}

/** Takes from the queue what can run now. A failure instead means that no peer is left that could. */
export function assign(
  state: JobState,
  role: Coordinator,
  nowMs: number,
  policy: AssignmentPolicy = mostFree,
): Assignment[] | JobFailure {
  const able = state.peers.filter(peer => peer.isAble && !role.refused.has(peer.id))
  const failure = hopeless(state, role, able)
  if (failure) return failure

  const usable = new Set(able.filter(peer => peer.isAlive && peer.slots > 0).map(peer => peer.id))
  const room = roomOf(
    able.filter(peer => usable.has(peer.id)),
    role,
    nowMs,
  )
  const given: Assignment[] = []
  const give = (shard: number, offers: readonly Offer[]): boolean => {
    const id = offers.length > 0 ? policy(shard, offers) : undefined
    const peer = offers.find(offer => offer.peer.id === id)?.peer
    if (!peer) return false
    room.set(peer.id, { peer, free: (room.get(peer.id)?.free ?? 1) - 1 })
    role.runs.set(shard, [...(role.runs.get(shard) ?? []), { peer: peer.id, session: peer.session, sinceMs: nowMs }])
    given.push({ peer, shard })
    return true
  }

  const waiting: number[] = []
  for (const [at, shard] of role.queue.entries()) {
    const free = [...room.values()].filter(offer => offer.free > 0)
    if (free.length === 0) {
      waiting.push(...role.queue.slice(at))
      break
    }
    const failedAt = role.trouble.get(shard)?.failedAt
    const offers = free.filter(({ peer }) => !failedAt?.has(peer.id))
    // Whoever has it finished or under way is worth waiting for, unless it failed there or has no hands.
    const holders = (role.holders.get(shard) ?? []).filter(id => usable.has(id) && !failedAt?.has(id))
    const preferred = offers.filter(({ peer }) => holders.includes(peer.id))
    if (!give(shard, holders.length > 0 ? preferred : offers)) waiting.push(shard)
  }
  role.queue = waiting
  if (waiting.length === 0) backUp(role, nowMs, room, give)
  return given
}

/** Each peer's room: its slots and the prefetch, less what it has from us or said it has from anybody. */
function roomOf(usable: readonly Candidate[], role: Coordinator, nowMs: number): Map<string, Offer> {
  const outstanding = new Map<string, number>()
  for (const runs of role.runs.values())
    for (const { peer } of runs) outstanding.set(peer, (outstanding.get(peer) ?? 0) + 1)
  const room = new Map<string, Offer>()
  for (const peer of usable) {
    if ((role.busyUntilMs.get(peer.id) ?? 0) > nowMs) continue
    const used = Math.max(outstanding.get(peer.id) ?? 0, peer.busy)
    room.set(peer.id, { peer, free: peer.slots + prefetchShards - used })
  }
  return room
}

/** The last shards, when a slow peer has them and others have nothing to do (backup tasks: MapReduce, section 3.6). */
function backUp(
  role: Coordinator,
  nowMs: number,
  room: ReadonlyMap<string, Offer>,
  give: (shard: number, offers: readonly Offer[]) => boolean,
): void {
  for (const [shard, runs] of role.runs) {
    const [run] = runs
    if (role.taken.has(shard) || runs.length !== 1 || !run || nowMs - run.sinceMs < backupAfterMs) continue
    const failedAt = role.trouble.get(shard)?.failedAt
    const idle = [...room.values()].filter(
      ({ peer, free }) => free > prefetchShards && peer.id !== run.peer && !failedAt?.has(peer.id),
    )
    if (!give(shard, idle)) return
  }
}

export function troubleOf(role: Coordinator, shard: number): Trouble {
  const trouble = role.trouble.get(shard) ?? { failedAt: new Set(), lastError: undefined, losses: 0 }
  role.trouble.set(shard, trouble)
  return trouble
}

/** Back to the front of the queue, unless it is taken, waiting, or under way elsewhere. */
export function requeue(role: Coordinator, shard: number): void {
  if (role.taken.has(shard) || role.runs.has(shard) || role.queue.includes(shard)) return
  role.queue.unshift(shard)
}

/** Why the job cannot go on: nobody is able, or a waiting shard failed at enough peers, or at all there are. */
function hopeless(state: JobState, role: Coordinator, able: readonly Candidate[]): JobFailure | undefined {
  if (able.length === 0 && role.queue.length > 0)
    return { code: 'no-capable-agent', message: `No agent can handle: ${state.capability}` }
  for (const [shard, { failedAt, lastError, losses }] of role.trouble) {
    if (role.taken.has(shard) || role.runs.has(shard)) continue
    if (losses >= lossesPerShardMax)
      return { code: 'disconnected', message: `Part ${shard + 1} was lost with its tab ${losses} times.` }
    const isSpent = failedAt.size >= failuresPerShardMax || able.every(peer => failedAt.has(peer.id))
    if (lastError && isSpent) return lastError
  }
  return undefined
}
