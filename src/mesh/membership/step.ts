/** The rules of membership; its invariants stand in `state.ts`. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import { isOlder } from '../../link/webrtc/glare.ts'
import { departedMax, membersMax } from '../limits.ts'
import type { LeaveReason } from '../peer.ts'
import type { Departed, Effect, Input, Member, MembershipState } from './state.ts'

/** Performs `input` on `state` (in place) and says what must follow, in order. */
export function step(state: MembershipState, input: Input): Effect[] {
  if (input.kind === 'announced') return announced(state, input)
  if (input.peer === state.self) return aboutSelf(state, input)
  if (input.kind === 'goodbye') {
    bury(state, input.peer, input.session, Number.POSITIVE_INFINITY)
    return depart(state, input.peer, input.session, input.reason)
  }
  const member = state.members.get(input.peer)
  if (input.kind === 'heard') {
    if (member?.state !== 'suspect') return []
    return change(state, { ...member, state: 'alive' })
  }
  if (input.kind === 'verdict') {
    if (member?.announcement.session === input.session && member.announcement.sequence > input.sequence) return []
    bury(state, input.peer, input.session, input.sequence)
    return depart(state, input.peer, input.session, 'crashed')
  }
  if (member?.announcement.session !== input.session) return []
  if (input.kind === 'hint') {
    if (member.state === 'suspect') return []
    const effects = change(state, { ...member, state: 'suspect' })
    return [...effects, { kind: 'probe', peer: input.peer, session: input.session }]
  }
  if (member.state !== 'suspect') return [] // it answered meanwhile
  const { sequence } = member.announcement
  bury(state, input.peer, input.session, sequence)
  const verdict: Effect = { kind: 'publish-verdict', peer: input.peer, session: input.session, sequence }
  return [...depart(state, input.peer, input.session, 'crashed'), verdict]
}

function announced(state: MembershipState, input: Extract<Input, { kind: 'announced' }>): Effect[] {
  const { peer, announcement, nowMs } = input
  if (peer === state.self) return []
  const known = state.members.get(peer)
  // The usual case first: who is a member with this session lies in no grave of it that reaches so far.
  if (known?.announcement.session === announcement.session)
    return announcement.sequence <= known.announcement.sequence ? [] : change(state, { ...known, announcement })
  if (announcement.sequence <= (graveAt(state, peer, announcement.session) ?? -1)) return []
  if (!known) return join(state, peer, announcement, nowMs)
  if (isOlder(announcement.session, known.announcement.session)) return []
  bury(state, peer, known.announcement.session, Number.POSITIVE_INFINITY)
  return [...depart(state, peer, known.announcement.session, 'replaced'), ...join(state, peer, announcement, nowMs)]
}

function aboutSelf(state: MembershipState, input: Exclude<Input, { kind: 'announced' }>): Effect[] {
  if (input.kind !== 'verdict' || input.session !== state.selfSession) return []
  return [{ kind: 'refute', sequence: input.sequence + 1 }]
}

function join(state: MembershipState, id: PeerId, announcement: Member['announcement'], nowMs: number): Effect[] {
  if (state.members.size >= membersMax) return []
  unbury(state, id, announcement.session)
  const member: Member = { id, announcement, state: 'alive', joinedAtMs: nowMs }
  state.members.set(id, member)
  return [{ kind: 'joined', member }]
}

function change(state: MembershipState, member: Member): Effect[] {
  state.members.set(member.id, member)
  return [{ kind: 'changed', member }]
}

function depart(state: MembershipState, peer: PeerId, session: SessionId, reason: LeaveReason): Effect[] {
  const member = state.members.get(peer)
  if (member?.announcement.session !== session) return []
  state.members.delete(peer)
  return [{ kind: 'departed', member: { ...member, state: 'left' }, reason }]
}

/** The sequence up to which a session is buried here: Infinity after a goodbye, undefined where it is not. */
export function graveAt(state: MembershipState, peer: PeerId, session: SessionId): number | undefined {
  return state.departed.get(peer)?.get(session)?.sequence
}

function bury(state: MembershipState, peer: PeerId, session: SessionId, sequence: number): void {
  const known = graveAt(state, peer, session)
  if (known !== undefined && known >= sequence) return // a thousand tell of each who is gone
  if (known === undefined) state.graves++
  const graves = state.departed.get(peer) ?? new Map<SessionId, Departed>()
  graves.delete(session)
  state.departed.delete(peer)
  state.departed.set(peer, graves.set(session, { sequence }))
  for (const [oldest, sessions] of state.departed) {
    if (state.graves <= departedMax) break
    for (const each of sessions.keys()) if (state.graves > departedMax) unbury(state, oldest, each)
  }
}

function unbury(state: MembershipState, peer: PeerId, session: SessionId): void {
  const graves = state.departed.get(peer)
  if (!graves?.delete(session)) return
  state.graves--
  if (graves.size === 0) state.departed.delete(peer)
}
