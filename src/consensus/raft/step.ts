/**
 * One input, its effects (Raft paper, Figure 2, "Rules for Servers").
 *
 * Invariants
 * N1  A message of a higher term makes a follower of whoever receives it, except what E3 and E4 (election.ts) hold back.
 * N2  A message of a lower term changes nothing here, and its sender is told, so that it is not stuck (R5).
 * N3  There is one leader in a term; a machine that sees two stops.
 */
import { invariant } from '../../base/invariant.ts'
import { commitTo } from './commit.ts'
import { type Core, createCore, drop, refuse, send } from './core.ts'
import { completeWrite, handOut, write } from './durability.ts'
import {
  campaign,
  isLeaderHeard,
  onOwnVoteDurable,
  onTimeoutNow,
  onVoteReply,
  onVoteRequest,
  tickElection,
} from './election.ts'
import { onAppend, onCommit, onHeartbeat, onSnapshot } from './follower.ts'
import { leaveJointIfDue, reconfigure } from './membership.ts'
import type { MemberId, RaftMessage } from './messages.ts'
import { read } from './reads.ts'
import {
  onAppendOk,
  onAppendRefused,
  onHeartbeatOk,
  onOwnEntriesDurable,
  onUnreachable,
  propose,
  tickLeader,
} from './replication.ts'
import { retime } from './retime.ts'
import { becomeFollower, halt, restartElectionTimer } from './roles.ts'
import { onApplied, onSnapshotTaken } from './snapshot.ts'
import type { Effect, Input, Raft, RaftConfig, RestoredState } from './state.ts'
import { transfer } from './transfer.ts'
import { View } from './view.ts'

export function createRaft(config: RaftConfig, restored: RestoredState): Raft {
  invariant(restored.member === config.member, `the disk of ${restored.member} under ${config.member}`)
  invariant(restored.generation === config.generation, `a disk of generation ${restored.generation}`)
  const core = createCore(config, restored)
  restoreMembership(core)
  restartElectionTimer(core)
  return { step: input => step(core, input), view: new View(core) }
}

/** The committed changes since the snapshot come into force again. */
function restoreMembership(core: Core): void {
  const { commit } = core.log
  core.log.commit = core.snapshot.index
  commitTo(core, commit)
  core.effects = []
}

function step(core: Core, input: Input): readonly Effect[] {
  if (core.role.kind === 'halted') refuseAll(core, input)
  else {
    perform(core, input)
    leaveJointIfDue(core)
    write(core)
    handOut(core)
  }
  tellRole(core)
  const { effects } = core
  core.effects = []
  return effects
}

function perform(core: Core, input: Input): void {
  switch (input.kind) {
    case 'tick':
      return onTick(core, input.ticks)
    case 'message':
      return onMessage(core, input.from, input.host, input.message)
    case 'propose':
      return propose(core, input.proposals)
    case 'reconfigure':
      return reconfigure(core, input.change)
    case 'read':
      return read(core, input.id)
    case 'transfer':
      return transfer(core, input.target)
    case 'campaign':
      return campaign(core, core.config.preVote ? 'pre' : 'real')
    case 'persisted':
      return onPersisted(core, input.token)
    case 'applied':
      return onApplied(core, input.index)
    case 'snapshot-taken':
      return onSnapshotTaken(core, input.index, input.data)
    case 'retime':
      return retime(core, input.clocks)
    case 'unreachable':
      return core.role.kind === 'leader' ? onUnreachable(core.role, input.member) : undefined
    case 'halt':
      return halt(core)
  }
}

/** Ten hours of sleep are no more than one longest timeout: enough to ask (pre-vote), not to act on (R29). */
function onTick(core: Core, ticks: number): void {
  const clamped = Math.min(ticks, 2 * core.config.electionTicks)
  if (core.role.kind === 'leader') tickLeader(core, core.role, clamped)
  else tickElection(core, clamped)
}

function onPersisted(core: Core, token: number): void {
  if (!completeWrite(core, token)) return
  if (core.role.kind === 'leader') onOwnEntriesDurable(core, core.role)
  else onOwnVoteDurable(core, token)
}

function onMessage(core: Core, from: MemberId, host: string, message: RaftMessage): void {
  const { generation, epoch } = message.sender
  if (from === core.config.member) {
    // A later life of this very member: whatever our lock says, we are the past.
    if (generation === core.config.generation && epoch > core.config.epoch) return halt(core)
    return drop(core, from, 'own-echo', generation)
  }
  const refusal = core.fence.refusal(from, host, message.sender)
  if (refusal !== undefined) return drop(core, from, refusal, generation)
  if (message.term > core.term && !meetHigherTerm(core, from, message)) return
  if (message.term < core.term) return answerLowerTerm(core, from, message)
  dispatch(core, from, message)
}

/** Whether the message is looked at any further. */
function meetHigherTerm(core: Core, from: MemberId, message: RaftMessage): boolean {
  if (message.kind === 'vote-request') {
    if (!message.transfer && isLeaderHeard(core)) return false
    if (message.pre) return true
  }
  if (message.kind === 'vote-reply' && message.pre && message.granted) return true
  becomeFollower(core, message.term, isFromLeader(message) ? from : undefined)
  return true
}

function answerLowerTerm(core: Core, from: MemberId, message: RaftMessage): void {
  const { sender, term } = core
  if (isFromLeader(message)) send(core, from, { kind: 'stale-term', sender, term })
  if (message.kind === 'vote-request')
    send(core, from, { kind: 'vote-reply', sender, term, pre: message.pre, granted: false })
}

type FromLeader = Extract<RaftMessage, { kind: 'append' | 'heartbeat' | 'commit' | 'snapshot' }>

function isFromLeader(message: RaftMessage): message is FromLeader {
  const { kind } = message
  return kind === 'append' || kind === 'heartbeat' || kind === 'commit' || kind === 'snapshot'
}

/** The message is of our term, or (pre-votes) says nothing about terms. */
function dispatch(core: Core, from: MemberId, message: RaftMessage): void {
  if (isFromLeader(message)) {
    hearLeader(core, from)
    return onLeaderMessage(core, from, message)
  }
  if (message.kind === 'vote-request') return onVoteRequest(core, from, message)
  if (message.kind === 'vote-reply') return onVoteReply(core, from, message)
  if (message.kind === 'timeout-now') return from === core.leader ? onTimeoutNow(core) : undefined
  if (core.role.kind !== 'leader') return
  if (message.kind === 'append-ok') return onAppendOk(core, core.role, from, message)
  if (message.kind === 'append-refused') return onAppendRefused(core, core.role, from, message)
  if (message.kind === 'heartbeat-ok') return onHeartbeatOk(core, core.role, from, message)
}

function onLeaderMessage(core: Core, from: MemberId, message: FromLeader): void {
  switch (message.kind) {
    case 'append':
      return onAppend(core, from, message)
    case 'heartbeat':
      return onHeartbeat(core, from, message)
    case 'commit':
      return onCommit(core, message)
    case 'snapshot':
      return onSnapshot(core, from, message)
  }
}

function hearLeader(core: Core, from: MemberId): void {
  invariant(core.role.kind !== 'leader', () => `${from} also leads term ${core.term}`)
  const isOurs = core.leader === undefined || core.leader === from
  invariant(isOurs, () => `${core.leader} and ${from} lead term ${core.term}`)
  if (core.role.kind !== 'follower') return becomeFollower(core, core.term, from)
  core.electionElapsed = 0
  core.leader = from
}

function refuseAll(core: Core, input: Input): void {
  if (input.kind === 'propose') refuse(core, 'halted', 0, input.proposals.length)
  if (input.kind === 'reconfigure' || input.kind === 'transfer') refuse(core, 'halted')
  if (input.kind === 'read') read(core, input.id)
}

function tellRole(core: Core): void {
  const { told, role, term, leader } = core
  if (told.role === role.kind && told.term === term && told.leader === leader) return
  core.told = { role: role.kind, term, leader }
  core.effects.push({ kind: 'role', role: role.kind, term, leader })
}
