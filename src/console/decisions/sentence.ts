/**
 * What is happening among those who decide, and why, in one or two sentences for somebody who never heard of Raft; and what would happen
 * if a tab were closed. Pure. Says nothing that the view does not know: how many votes somebody got is not in it, only how many are enough.
 */
import type { PeerId } from '../../base/ids.ts'
import type { DecisionsView, ElectionRecord, LeaderInfo, MemberView } from '../../consensus/decisions/types.ts'
import { plural } from '../format.ts'
import { capitalised, leaderName, listed, memberName, type Names, peerName, whenWords } from './names.ts'

/** `before` is who led last apart from the view's leader, where the page saw somebody. */
export function sentenceOf(view: DecisionsView, nowMs: number, names: Names, before?: LeaderInfo): string {
  switch (view.state) {
    case 'starting':
      return 'This tab is reading what it has stored, and asks the others which history this room has.'
    case 'joining':
      return `This room has decided things before. This tab is getting a copy of them${through(view, names)}.`
    case 'ready':
      return view.leader ? ready(view, view.leader, nowMs, names, before) : electing(view, names, before)
    case 'electing':
      return electing(view, names, before)
    case 'no-quorum':
      return noQuorum(view, names)
    case 'conflict':
      return conflict(view, nowMs, names)
    case 'storage-lost':
      return `This browser keeps no data for this site, so this tab holds no copy of what is decided${through(view, names)}. To hold one, let the browser keep site data, and reload.`
  }
}

/** What closing the tab of this peer now would do. */
export function ifClosed(view: DecisionsView, host: PeerId, names: Names): string {
  const { quorum, leader, members } = view
  const voters = votersOf(view).filter(member => member.host === host)
  const name = peerName(host, names)
  const closed = `If ${host === names.self ? name : `${name}’s tab`} is closed`
  if (voters.length === 0) return `${closed}, decisions go on: it has no vote.`
  const left = quorum.live - voters.filter(({ isLive }) => isLive).length
  if (quorum.voters === voters.length)
    return `${closed}, nothing can be decided until it is back, or another tab of its browser takes over its copy.`
  if (left < quorum.needs)
    return (
      `${closed}, ${left} of ${quorum.voters} voters are left and ${quorum.needs} are needed: nothing can be decided ` +
      'until it is back, or another tab of its browser takes over its copy.'
    )
  const leads = leader && (leader.host ?? members.find(({ member }) => member === leader.member)?.host) === host
  if (!leads)
    return `${closed}, decisions go on: ${left} of ${quorum.voters} voters are left, and ${quorum.needs} are enough.`
  return (
    `${closed}, the ${plural(left, 'voter')} left choose another leader by themselves: ${quorum.needs} votes are enough. ` +
    'Nothing decided is lost; writes wait for that moment.'
  )
}

function ready(view: DecisionsView, leader: LeaderInfo, nowMs: number, names: Names, before?: LeaderInfo): string {
  const who = capitalised(leaderName(leader, view.members, names))
  return `${who} leads since term ${leader.term} ${because(view, leader, nowMs, names, before)}${away(view, names)}`
}

function because(view: DecisionsView, leader: LeaderInfo, nowMs: number, names: Names, before?: LeaderInfo): string {
  const { quorum, elections } = view
  const at = elections.findLastIndex(({ term, member }) => term === leader.term && member === leader.member)
  const record = elections[at]
  if (quorum.voters === 1) return `because it is the only voter: what it has written down is decided.`
  if (!record) return `because most voters chose it, before this tab came. ${enough(view)}`
  const when = whenWords(record.atMs, nowMs)
  const previous = later(elections[at - 1], before && before.term < leader.term ? before : undefined)
  if (record.reason === 'first') return `because it was the first here, ${when}, and nothing has gone wrong since.`
  if (record.reason === 'handover')
    return `because ${previous ? memberName(previous, names) : 'the leader before it'} handed over to it ${when}.`
  return `because most voters chose it ${when}, after ${loss(record, previous, names)}. ${enough(view)}`
}

type Led = Pick<LeaderInfo, 'member' | 'host' | 'term'>

function later(recorded: Led | undefined, seen: Led | undefined): Led | undefined {
  return seen && seen.term > (recorded?.term ?? 0) ? seen : recorded
}

/** What happened to the leader before. */
function loss(record: ElectionRecord, previous: Led | undefined, names: Names): string {
  const { reason, member, host } = record
  if (!previous) return 'the leader before it was lost'
  // The same member in another tab is one that was taken over.
  if (previous.member === member && previous.host === host) return 'it had lost touch with the others itself'
  const name = memberName(previous, names)
  if (reason === 'timeout') return `nothing was heard from ${name} any more`
  return previous.host && previous.host === names.self ? 'this tab was away' : `${name}’s tab was closed or crashed`
}

function enough({ quorum }: DecisionsView): string {
  return `${quorum.needs} of ${quorum.voters} votes are enough.`
}

/** Voters that are missing while decisions go on. */
function away({ quorum, ...view }: DecisionsView, names: Names): string {
  const missing = quorum.voters - quorum.live
  if (missing <= 0) return ''
  const spare = quorum.live - quorum.needs
  const who = listed(missingVoters(view).map(member => memberName(member, names)))
  const gone = `${capitalised(who || plural(missing, 'voter'))} ${missing === 1 ? 'is' : 'are'} away`
  return spare > 0
    ? ` ${gone}; decisions go on, and ${spare} more may be lost.`
    : ` ${gone}; decisions go on, but if one more is lost they stop.`
}

function electing(view: DecisionsView, names: Names, before?: LeaderInfo): string {
  const { quorum, elections, members, term } = view
  const last = later(elections.at(-1), before)
  const own = members.find(({ role, isHostedHere }) => isHostedHere && role === 'candidate')
  const vote = own ? `This tab asks for votes in term ${term}` : 'The voters are choosing'
  const rest = `${vote}: whoever gets ${quorum.needs} of ${quorum.voters} votes leads. Writes wait until then.`
  if (!last) return `Nobody leads yet. ${rest}`
  const host = members.find(({ member }) => member === last.member)
  const name = memberName({ member: last.member, host: last.host ?? host?.host }, names)
  const why =
    name === 'this tab'
      ? 'this tab gave up the lead'
      : host?.isLive
        ? `nothing is heard from ${name}, who led`
        : `${name}, who led, is gone`
  return `Nobody leads at the moment: ${why}. ${rest}`
}

function noQuorum(view: DecisionsView, names: Names): string {
  const { quorum } = view
  const missing = missingVoters(view).map(member => memberName(member, names))
  const more = quorum.needs - quorum.live
  const is = quorum.live === 1 ? 'is' : 'are'
  const wait = more > 0 ? ` until ${more === 1 ? 'one more is' : `${more} more are`} back` : ' until they answer'
  const who = missing.length > 0 ? ` Missing: ${listed(missing)}.` : ''
  return `Nobody leads: ${quorum.live} of ${quorum.voters} voters ${is} reachable, ${quorum.needs} are needed. Reads and writes are refused${wait}.${who}`
}

function conflict({ conflict: met, generation }: DecisionsView, nowMs: number, names: Names): string {
  if (!met) return 'Another history of this room was met. They cannot be made into one: choose which one goes on.'
  const { other, peer, isSuccessor } = met
  const name = capitalised(peerName(peer, names))
  const ours = generation ? `, and this tab still holds the one from ${whenWords(generation.bornAtMs, nowMs)}` : ''
  return isSuccessor
    ? `${name} went on without this tab, by “Continue from here”, ${whenWords(other.bornAtMs, nowMs)}${ours}. Choose whether to join.`
    : `Two rooms of this name met: ${name} brings a history that began ${whenWords(other.bornAtMs, nowMs)}${ours}. They cannot be made into one: choose which one goes on.`
}

/** How a tab without a copy decides all the same. */
function through({ leader, members }: DecisionsView, names: Names): string {
  return leader ? `; it decides all the same, through ${leaderName(leader, members, names)}, who leads` : ''
}

function votersOf({ members }: Pick<DecisionsView, 'members'>): MemberView[] {
  return members.filter(({ seat }) => seat === 'voter')
}

function missingVoters(view: Pick<DecisionsView, 'members'>): MemberView[] {
  return votersOf(view).filter(({ isLive }) => !isLive)
}
