/**
 * Who should vote. Pure: what is seen comes in, at most one membership change comes out.
 *
 * Invariants
 * U1  One change at a time, none while a joint membership is in force.
 * U2  A voter is removed or replaced only when it was gone for `goneMs`, asked to leave, or is one too many at its host (for
 *     `surplusMs`, or `healthMs` where another host has a healthy member for its seat); at most (voters - 1) / 2 in one change, and
 *     one at least may be demoted while it lives.
 * U3  Voters are 5, 3 or 1, whatever fits the live hosts; members of one host count once.
 * U4  Beyond three voters, or in the place of another, only who was in good health for `healthMs` is promoted.
 * U5  Voters spread over devices before a device has two.
 */
import { isJoint } from '../../raft/confchange.ts'
import type { MemberChange, MemberId } from '../../raft/messages.ts'
import { goneMs, healthMs, membersTarget, surplusMs, voterTargets } from '../limits.ts'
import type { AutopilotState, Observation, Past, Plan, Seen } from './state.ts'

export function step(state: AutopilotState, observation: Observation): Plan | undefined {
  remember(state, observation)
  if (isJoint(observation.membership)) return undefined
  return planVoters(state, observation) ?? planLearners(state, observation)
}

function remember(state: AutopilotState, { seen, nowMs, self, membership }: Observation): void {
  const surplus = surplusOf(seen, self, membership.voters)
  const known = new Set(seen.map(({ member }) => member))
  for (const member of state.past.keys()) if (!known.has(member)) state.past.delete(member)
  for (const { member, isLive } of seen) {
    const past = state.past.get(member) ?? nothing()
    state.past.set(member, past)
    past.liveSinceMs = isLive ? (past.liveSinceMs ?? nowMs) : undefined
    past.goneSinceMs = isLive ? undefined : (past.goneSinceMs ?? nowMs)
    past.surplusSinceMs = surplus.has(member) ? (past.surplusSinceMs ?? nowMs) : undefined
  }
}

const nothing = (): Past => ({ liveSinceMs: undefined, goneSinceMs: undefined, surplusSinceMs: undefined })

/** Of each host's live members all but one: its leader, or else a voter, stays. */
function surplusOf(seen: readonly Seen[], self: MemberId, voters: readonly MemberId[]): Set<MemberId> {
  const worth = ({ member }: Seen) => (member === self ? 2 : voters.includes(member) ? 1 : 0)
  const live = seen.filter(one => one.isLive && one.host !== undefined).sort((a, b) => worth(b) - worth(a))
  const hosts = new Set<string>()
  return new Set(
    live.flatMap(({ member, host = '' }) => {
      const isFirst = !hosts.has(host)
      hosts.add(host)
      return isFirst ? [] : [member]
    }),
  )
}

function lasted(since: number | undefined, forMs: number, nowMs: number): boolean {
  return since !== undefined && nowMs - since >= forMs
}

function planVoters(state: AutopilotState, observation: Observation): Plan | undefined {
  const { membership, self, nowMs, seen } = observation
  const { voters } = membership
  const pastOf = (member: MemberId) => state.past.get(member) ?? nothing()
  const mayStay = ({ member, isLeaving }: Seen, surplusForMs = surplusMs) => {
    const { goneSinceMs, surplusSinceMs } = pastOf(member)
    return !isLeaving && !lasted(goneSinceMs, goneMs, nowMs) && !lasted(surplusSinceMs, surplusForMs, nowMs)
  }
  const isHealthy = ({ member }: Seen) => lasted(pastOf(member).liveSinceMs, healthMs, nowMs)
  const fresh = seen.filter(
    one =>
      membership.learners.includes(one.member) &&
      one.isLive &&
      one.isCaughtUp &&
      mayStay(one) &&
      pastOf(one.member).surplusSinceMs === undefined,
  )
  const isReplaced = fresh.some(isHealthy)
  const staying = seen.filter(one => voters.includes(one.member) && mayStay(one, isReplaced ? healthMs : surplusMs))
  // Up to three voters nobody waits; beyond, and instead of others, only who has proved to be well.
  const joining = voters.length >= 3 ? fresh.filter(isHealthy) : fresh
  const able = [...staying, ...joining]
  const [largest = 1] = voterTargets.filter(target => target <= able.length)
  const isBeyondThree = largest > 3 && voters.length < 3
  const size = isBeyondThree ? 3 : largest
  const desired = spread(able, size, self, voters)
  return planChange(observation, desired)
}

/** Greedy: the leader, then always whoever's device has the fewest seats; among equals those that vote already. */
function spread(able: readonly Seen[], size: number, self: MemberId, voters: readonly MemberId[]): Seen[] {
  const left = [...able]
  const seats: Seen[] = []
  const crowd = ({ device }: Seen) => (device === undefined ? 0 : seats.filter(seat => seat.device === device).length)
  const rank = (one: Seen) => [
    one.member === self ? 0 : 1,
    crowd(one),
    voters.includes(one.member) ? 0 : 1,
    one.isLive ? 0 : 1,
  ]
  while (seats.length < size && left.length > 0) {
    left.sort((one, other) => compare(rank(one), rank(other)) || (one.member < other.member ? -1 : 1))
    seats.push(left.shift() as Seen)
  }
  return seats
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [place, value] of one.entries()) if (value !== other[place]) return value - (other[place] as number)
  return 0
}

function planChange({ membership, seen }: Observation, desired: readonly Seen[]): Plan | undefined {
  const { voters } = membership
  const chosen = new Set(desired.map(({ member }) => member))
  if (chosen.size === 0) return undefined // nobody could follow: better the voters we have
  const isLive = (member: MemberId) => seen.some(one => one.member === member && one.isLive)
  // Those that are gone go first: their places are what a quorum misses.
  const leaving = voters.filter(voter => !chosen.has(voter)).sort((a, b) => Number(isLive(a)) - Number(isLive(b)))
  const limit = Math.floor((voters.length - 1) / 2)
  const coming = desired.filter(({ member }) => !voters.includes(member)).map(({ member }) => member)
  // One of two, or the only one with somebody in its place: it lives, and agrees itself.
  const isOne = leaving.length === 1 && isLive(leaving[0] as MemberId)
  const going = leaving.slice(0, limit === 0 && isOne && (voters.length > 1 || coming.length > 0) ? 1 : limit)
  // Where some must wait, so must as many newcomers: else the number of voters would be even for longer.
  const held = leaving.length - going.length
  const added = coming.slice(0, Math.max(0, coming.length - held))
  if (going.length + added.length === 0) return undefined
  const changes: MemberChange[] = [
    ...added.map(member => ({ set: 'voter', member }) as const),
    ...going.map(
      member => ({ set: isLive(member) && !isLeavingOrSurplus(member) ? 'learner' : 'removed', member }) as const,
    ),
  ]
  function isLeavingOrSurplus(member: MemberId): boolean {
    const one = seen.find(each => each.member === member)
    const shares = seen.some(each => each.member !== member && each.isLive && each.host === one?.host)
    return one?.isLeaving === true || shares
  }
  const kind = changes.length === 1 ? 'simple' : 'enter-joint'
  const change = kind === 'simple' ? ({ kind, changes } as const) : ({ kind, changes, autoLeave: true } as const)
  return { change, why: describe(changes, voters.length) }
}

function planLearners(state: AutopilotState, { membership, seen, nowMs }: Observation): Plan | undefined {
  const { voters, learners } = membership
  const isMember = ({ member }: Seen) => voters.includes(member) || learners.includes(member)
  const over = seen.filter(one => {
    const past = state.past.get(one.member)
    const isOver = lasted(past?.goneSinceMs, goneMs, nowMs) || lasted(past?.surplusSinceMs, surplusMs, nowMs)
    return learners.includes(one.member) && (one.isLeaving || isOver)
  })
  const room = membersTarget - (voters.length + learners.length - over.length)
  const mayJoin = (one: Seen) => !isMember(one) && one.isLive && !one.isLeaving
  // A host needs no second one: it would be retired again.
  const isOnly = ({ member }: Seen) => state.past.get(member)?.surplusSinceMs === undefined
  const strangers = seen.filter(one => mayJoin(one) && isOnly(one)).slice(0, Math.max(0, room))
  const changes: MemberChange[] = [
    ...over.map(({ member }) => ({ set: 'removed', member }) as const),
    ...strangers.map(({ member }) => ({ set: 'learner', member }) as const),
  ]
  return changes.length === 0
    ? undefined
    : { change: { kind: 'simple', changes }, why: describe(changes, voters.length) }
}

function describe(changes: readonly MemberChange[], voters: number): string {
  const words = changes.map(({ set, member }) => `${set} ${member.slice(-6)}`)
  return `${voters} voters: ${words.join(', ')}`
}
