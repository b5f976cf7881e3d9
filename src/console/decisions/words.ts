/** What states, seats, roles and reasons are called, each with a shape of its own; colour only repeats it. Pure. */
import type {
  DecisionsState,
  DecisionsView,
  ElectionRecord,
  LogLine,
  MemberView,
} from '../../consensus/decisions/types.ts'
import { count, plural } from '../format.ts'
import type { IconName } from '../look/icons.ts'

interface StateWords {
  readonly word: string
  readonly tone: 'quiet' | 'healthy' | 'suspect' | 'failed'
  readonly shape: IconName
}

const states: Readonly<Record<DecisionsState, StateWords>> = {
  starting: { word: 'Starting', tone: 'quiet', shape: 'ring' },
  joining: { word: 'Getting a copy', tone: 'quiet', shape: 'ring' },
  ready: { word: 'Deciding', tone: 'healthy', shape: 'check' },
  electing: { word: 'Electing', tone: 'suspect', shape: 'retry' },
  'no-quorum': { word: 'No quorum: read-only', tone: 'failed', shape: 'cross' },
  conflict: { word: 'Two histories', tone: 'suspect', shape: 'alert' },
  'storage-lost': { word: 'No copy here', tone: 'suspect', shape: 'alert' },
}

export function stateWords(state: DecisionsState): StateWords {
  return states[state]
}

const reasons: Readonly<Record<ElectionRecord['reason'], string>> = {
  first: 'the first here',
  timeout: 'the leader before was silent',
  'leader-gone': 'the tab of the leader before was closed or crashed',
  handover: 'the leader before handed over',
}

export function reasonWords(reason: ElectionRecord['reason']): string {
  return reasons[reason]
}

const seats: Readonly<Record<MemberView['seat'], string>> = {
  voter: 'voter',
  learner: 'learner',
  outgoing: 'leaving',
  stranger: 'no seat',
}
const roles: Readonly<Record<NonNullable<MemberView['role']>, string>> = {
  follower: 'follows',
  'pre-candidate': 'asks whether to stand',
  candidate: 'asks for votes',
  leader: 'leads',
  halted: 'halted',
}

/** `leads`, `voter, away`, `learner, follows`. */
export function standing({ seat, role, isLive }: Pick<MemberView, 'seat' | 'role' | 'isLive'>): string {
  if (!isLive) return `${seats[seat]}, away`
  if (role === 'leader') return 'leads'
  return role ? `${seats[seat]}, ${roles[role]}` : seats[seat]
}

/** How far a member's copy reaches. */
export interface Reach {
  /** 0 to 1, of what the log still holds. */
  readonly part: number
  readonly words: string
}

/** Undefined where nobody here knows: only the leader is told by the others. */
export function reachOf(
  member: MemberView,
  { log, members }: Pick<DecisionsView, 'log' | 'members'>,
): Reach | undefined {
  const isOnlyOne = member.isHostedHere && members.filter(({ isHostedHere }) => isHostedHere).length === 1
  const match = member.match ?? (isOnlyOne && log.lastIndex > 0 ? log.lastIndex : undefined)
  if (match === undefined) return undefined
  if (member.replication === 'snapshot') return { part: 0, words: 'gets a snapshot' }
  const behind = Math.max(0, log.lastIndex - match)
  const before = Math.max(0, log.firstIndex - 1)
  const span = log.lastIndex - before
  const part = span <= 0 ? 1 : Math.min(1, Math.max(0, (match - before) / span))
  return { part, words: behind === 0 ? `all ${count(match)}` : `${count(match)}, ${count(behind)} behind` }
}

const lineStates: Readonly<Record<LogLine['state'], string>> = {
  appended: 'in memory here',
  durable: 'on this disk',
  committed: 'at a quorum: decided',
  applied: 'decided, and in the register',
}

export function lineStateHelp(state: LogLine['state']): string {
  return lineStates[state]
}

/** What “Continue from here” gives up, exactly as far as it is known. */
export function lossWords({ quorum, log, keys }: Pick<DecisionsView, 'quorum' | 'log' | 'keys'>): string {
  const open = log.lastIndex - log.commit
  const undecided =
    open > 0 ? ` ${plural(open, 'entry', 'entries')} at the end of it may or may not have been decided.` : ''
  return (
    `The new history begins with the copy of this tab: ${plural(keys, 'key')}, ${plural(log.commit, 'entry', 'entries')} known to be decided.${undecided} ` +
    `What only the ${plural(Math.max(0, quorum.voters - quorum.live), 'missing voter')} decided is not in it. ` +
    'When they return they are asked whether to join; their own history stays on their disks.'
  )
}
