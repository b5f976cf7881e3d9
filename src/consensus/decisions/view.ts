/** The whole state of deciding at this peer as one plain object, with a sentence for people. */
import type { MeshError } from '../../base/errors.ts'
import { isVoter, membersOf } from '../raft/confchange.ts'
import type { Entry, MemberId } from '../raft/messages.ts'
import type { RaftView } from '../raft/state.ts'
import type { Council } from './council.ts'
import { logLinesShown } from './limits.ts'
import type { RegisterCommand } from './register/operations.ts'
import type { ConflictView, DecisionsState, DecisionsView, LogLine, MemberView, TimingView } from './types.ts'

const lineCharsMax = 120

export interface ViewParts {
  readonly conflict: ConflictView | undefined
  readonly storage: MeshError | undefined
  readonly timing: TimingView
  readonly counters: Readonly<Record<string, number>>
}

export function viewOf(council: Council, { conflict, storage, timing, counters }: ViewParts): DecisionsView {
  const copy = council.bestCopy
  const view = copy?.driver.view
  const { generation, leader, quorum } = council
  const state = stateOf(council, conflict, storage)
  return {
    state,
    sentence: sentenceOf(council, state, storage),
    generation: generation && {
      id: generation.id,
      bornAtMs: generation.bornAtMs,
      parent: generation.parent?.generation,
      decided: generation.decided,
    },
    term: Math.max(leader?.term ?? 0, view?.term ?? 0),
    leader,
    members: membersView(council),
    quorum,
    log: {
      firstIndex: view?.firstIndex ?? 0,
      lastIndex: view?.lastIndex ?? 0,
      commit: view?.commit ?? 0,
      applied: view?.applied ?? 0,
      lines: view ? linesOf(view) : [],
    },
    elections: [...council.elections],
    keys: copy?.register.keys ?? 0,
    bytes: copy?.register.bytes ?? 0,
    conflict,
    timing,
    pace: copy?.driver.pace ?? 1,
    counters,
  }
}

function stateOf(council: Council, conflict: ConflictView | undefined, storage: MeshError | undefined): DecisionsState {
  if (!council.generation || !council.knowsVoters) return 'starting'
  if (conflict) return 'conflict'
  if (council.leader?.host === undefined) {
    const { live, needs } = council.quorum
    return live < needs || council.isLeaderlessForLong ? 'no-quorum' : 'electing'
  }
  if (!council.hasCopy) return storage ? 'storage-lost' : 'joining'
  return 'ready'
}

function sentenceOf(council: Council, state: DecisionsState, storage: MeshError | undefined): string {
  const { quorum, leader, self, peers } = council
  const nameOf = (peer: string | undefined) =>
    peer === self.peer ? 'this tab' : (peers.get(peer as never)?.name ?? 'a tab')
  switch (state) {
    case 'starting':
      return 'Finding out what was decided in this room before.'
    case 'conflict':
      return 'Two histories of this room have met, and both hold decisions: choose which one goes on.'
    case 'no-quorum':
      return `Nothing can be decided: ${quorum.sentence}, and ${quorum.live < quorum.needs ? `${quorum.live} can be seen from here` : 'too few of them answer'}.`
    case 'electing':
      return `Nobody leads at the moment; the voters are choosing. ${quorum.sentence}.`
    case 'storage-lost':
      return `${nameOf(leader?.host)} leads. This tab keeps no copy: ${storage?.message ?? 'its storage is gone'}`
    case 'joining':
      return `${nameOf(leader?.host)} leads. This tab decides through it and keeps no copy of its own yet.`
    case 'ready':
      return `${capital(nameOf(leader?.host))} leads since term ${leader?.term}, chosen by a majority. ${quorum.sentence}.`
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function membersView(council: Council): MemberView[] {
  const { membership, hosted, table, leader } = council
  const progress = new Map((council.leading?.driver.view.progress() ?? []).map(one => [one.member, one]))
  const all = new Set<MemberId>([...membersOf(membership), ...table.records.map(({ member }) => member)])
  return [...all].sort().map(member => {
    const record = table.get(member)
    const view = hosted.get(member)?.driver.view
    const { match, state } = progress.get(member) ?? {}
    const isLeader = leader?.member === member
    return {
      member,
      seat: seatOf(council, member),
      host: record?.peer,
      session: record?.session,
      epoch: record?.epoch,
      isLive: council.isLive(member),
      isHostedHere: hosted.has(member),
      role: view?.role ?? (isLeader ? 'leader' : undefined),
      term: view?.term ?? (isLeader ? leader.term : undefined),
      match,
      replication: state,
    }
  })
}

function seatOf({ membership }: Council, member: MemberId): MemberView['seat'] {
  if (membership.voters.includes(member)) return 'voter'
  if (isVoter(membership, member)) return 'outgoing'
  return membersOf(membership).has(member) ? 'learner' : 'stranger'
}

function linesOf(view: RaftView): LogLine[] {
  const lines: LogLine[] = []
  for (let index = Math.max(view.firstIndex, view.lastIndex - logLinesShown + 1); index <= view.lastIndex; index++) {
    const entry = view.entry(index)
    if (entry)
      lines.push({ index, term: entry.term, kind: entry.kind, text: textOf(entry), state: stateAt(view, index) })
  }
  return lines
}

function stateAt(view: RaftView, index: number): LogLine['state'] {
  if (index <= view.applied) return 'applied'
  if (index <= view.commit) return 'committed'
  return index <= view.durable ? 'durable' : 'appended'
}

function textOf(entry: Entry): string {
  if (entry.kind === 'noop') return 'a new leader began'
  if (entry.kind === 'membership') {
    if (entry.change.kind === 'leave-joint') return 'the new voters alone count'
    return cut(entry.change.changes.map(({ set, member }) => `${member.slice(-6)} becomes ${set}`).join(', '))
  }
  const command = entry.payload as RegisterCommand | null
  if (command === null) return 'a peer begins to decide'
  const [first] = command.operations
  const more = command.operations.length > 1 ? ` and ${command.operations.length - 1} more` : ''
  if (!first) return 'nothing'
  if (first.kind === 'propose') return cut(`decide ${JSON.stringify(first.command)}`) + more
  const value =
    first.kind === 'delete' ? '' : ` = ${JSON.stringify(first.kind === 'set' ? first.value : first.value[0])}`
  return cut(`${first.kind} ${first.key}${value}`) + more
}

function cut(text: string): string {
  return text.length <= lineCharsMax - 20 ? text : `${text.slice(0, lineCharsMax - 21)}…`
}
