/**
 * Elections (Raft paper, §5.2, §5.4.1) with pre-vote (dissertation 9.6) and leader stickiness (4.2.3).
 *
 * Invariants
 * E1  One vote per term, durable before it is told; our own counts only when durable, like anybody's.
 * E2  A vote goes only to a log that has all that ours might have committed.
 * E3  A pre-vote changes nobody's term and nobody's vote.
 * E4  While a leader is heard, no vote and no higher term from a candidate reaches us, unless that leader asked for it.
 * E5  Who knows no membership (a joiner, or a wiped disk) neither campaigns nor votes (R16); any other member votes when
 *     asked, whatever it thinks of its own or the candidate's membership (R12).
 */
import { isVoter } from './confchange.ts'
import { type Core, promise, send } from './core.ts'
import type { MemberId, MessageOf } from './messages.ts'
import { jointVoteResult } from './quorum.ts'
import { startLeading } from './replication.ts'
import {
  becomeCandidate,
  becomeFollower,
  becomePreCandidate,
  enterTerm,
  restartElectionTimer,
  voteFor,
} from './roles.ts'

export type Campaign = 'pre' | 'real' | 'transfer'

export function tickElection(core: Core, ticks: number): void {
  core.electionElapsed += ticks
  if (core.electionElapsed < core.electionTimeout) return
  // Also when we may not campaign: a learner that still believed in a silent leader would refuse its vote (R12).
  core.leader = undefined
  restartElectionTimer(core)
  campaign(core, core.config.preVote ? 'pre' : 'real')
}

export function campaign(core: Core, kind: Campaign): void {
  if (core.role.kind === 'leader' || !isVoter(core.membership, core.config.member)) return
  if (kind === 'pre') becomePreCandidate(core)
  else {
    enterTerm(core, core.term + 1)
    voteFor(core, core.config.member)
    // Term and vote have just changed, so they are part of the next write, whether or not one is under way.
    becomeCandidate(core, core.token + 1)
  }
  requestVotes(core, kind)
  if (kind === 'pre') recordVote(core, core.config.member, true)
}

function requestVotes(core: Core, kind: Campaign): void {
  const { log, sender, membership } = core
  const isPre = kind === 'pre'
  for (const voter of new Set([...membership.voters, ...membership.outgoing])) {
    if (voter === core.config.member) continue
    const request: MessageOf<'vote-request'> = {
      kind: 'vote-request',
      sender,
      term: isPre ? core.term + 1 : core.term,
      lastIndex: log.lastIndex,
      lastTerm: log.lastTerm,
      pre: isPre,
      transfer: kind === 'transfer',
    }
    // A candidacy that a crash forgets could be repeated in the same term with a shorter log, and old grants would count.
    if (isPre) send(core, voter, request)
    else promise(core, voter, request)
  }
}

/** E4. A frozen or cut-off member that comes back cannot depose a leader whom the others hear (R11). */
export function isLeaderHeard(core: Core): boolean {
  return core.config.checkQuorum && core.leader !== undefined && core.electionElapsed < core.config.electionTicks
}

export function onVoteRequest(core: Core, from: MemberId, request: MessageOf<'vote-request'>): void {
  const { log, sender } = core
  const knowsMembership = core.snapshot.index > 0
  const isFree = core.votedFor === undefined && core.leader === undefined
  const mayVote = core.votedFor === from || isFree || (request.pre && request.term > core.term)
  if (!knowsMembership || !mayVote || !log.isUpToDate(request.lastTerm, request.lastIndex)) {
    // With our own term, so that a candidate from the past learns of it (R3, R4).
    send(core, from, { kind: 'vote-reply', sender, term: core.term, pre: request.pre, granted: false })
    return
  }
  if (request.pre) {
    send(core, from, { kind: 'vote-reply', sender, term: request.term, pre: true, granted: true })
    return
  }
  restartElectionTimer(core)
  voteFor(core, from)
  promise(core, from, { kind: 'vote-reply', sender, term: core.term, pre: false, granted: true })
}

export function onVoteReply(core: Core, from: MemberId, reply: MessageOf<'vote-reply'>): void {
  const isOurs = core.role.kind === (reply.pre ? 'pre-candidate' : 'candidate')
  // A granted pre-vote names the term it was asked for; one for an earlier attempt says nothing about this one.
  const isNow = reply.term === (reply.pre && reply.granted ? core.term + 1 : core.term)
  if (isOurs && isNow) recordVote(core, from, reply.granted)
}

/** Our own vote, once the write that holds it is done (E1). */
export function onOwnVoteDurable(core: Core, token: number): void {
  if (core.role.kind === 'candidate' && token >= core.role.ownVoteToken) recordVote(core, core.config.member, true)
}

function recordVote(core: Core, from: MemberId, granted: boolean): void {
  const { role, membership } = core
  if (role.kind !== 'candidate' && role.kind !== 'pre-candidate') return
  if (!role.votes.has(from)) role.votes.set(from, granted)
  const votesOf = (voters: readonly MemberId[]) => voters.map(voter => role.votes.get(voter))
  const result = jointVoteResult(votesOf(membership.voters), votesOf(membership.outgoing))
  if (result === 'lost') becomeFollower(core, core.term, undefined)
  if (result !== 'won') return
  if (role.kind === 'pre-candidate') campaign(core, 'real')
  else startLeading(core)
}

/** The leader hands over: no pre-vote, and its own lease does not stand in the way (dissertation 3.10). */
export function onTimeoutNow(core: Core): void {
  campaign(core, 'transfer')
}
