/** Views of those who decide, as short as a test wants them. Hosts are called by their ids; `me` is this tab. */
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import type {
  DecisionsView,
  ElectionRecord,
  LeaderInfo,
  MemberId,
  MemberView,
} from '../../../src/consensus/decisions/types.ts'
import type { Names } from '../../../src/console/decisions/names.ts'

export const me = 'me' as PeerId
export const nowMs = 1_000_000
export const peer = (name: string) => name as PeerId

const known: Readonly<Record<string, string>> = {
  me: 'My Tab',
  ada: 'Ada',
  bob: 'Bob',
  cyd: 'Cyd',
  dan: 'Dan',
  eve: 'Eve',
}
export const names: Names = { self: me, nameOf: id => known[id] }

export function member(host: string | undefined, more: Partial<MemberView> = {}): MemberView {
  return {
    member: `m-${host}` as MemberId,
    seat: 'voter',
    host: host === undefined ? undefined : peer(host),
    session: 's' as SessionId,
    epoch: 1,
    isLive: true,
    isHostedHere: host === 'me',
    role: undefined,
    term: undefined,
    match: undefined,
    replication: undefined,
    ...more,
  }
}

export function leads(host: string, term: number): LeaderInfo {
  return { member: `m-${host}` as MemberId, host: peer(host), term }
}

export function election(term: number, host: string, reason: ElectionRecord['reason'], agoMs: number): ElectionRecord {
  return { term, member: `m-${host}` as MemberId, host: peer(host), atMs: nowMs - agoMs, reason }
}

/** Its quorum is counted from its members, as an engine does. */
export function view(members: readonly MemberView[], more: Partial<DecisionsView> = {}): DecisionsView {
  const all = members.filter(({ seat }) => seat === 'voter')
  const voters = all.length
  const needs = Math.floor(voters / 2) + 1
  const tolerates = voters - needs
  const live = all.filter(({ isLive }) => isLive).length
  return {
    state: 'ready',
    sentence: '',
    generation: { id: 'generation-1', bornAtMs: nowMs - 7_200_000, parent: undefined, decided: 12 },
    term: more.leader?.term ?? 3,
    leader: undefined,
    members,
    quorum: { voters, needs, tolerates, live, sentence: `${voters} voters: needs ${needs}, tolerates ${tolerates}` },
    log: { firstIndex: 1, lastIndex: 10, commit: 10, applied: 10, lines: [] },
    elections: [],
    keys: 2,
    bytes: 40,
    conflict: undefined,
    timing: { preset: 'auto', heartbeatMs: 50, electionMs: 150 },
    pace: 1,
    counters: {},
    ...more,
  }
}

export const five = ['ada', 'bob', 'cyd', 'dan', 'me'].map(host => member(host))

/** The same members, some of them gone. */
export function without(members: readonly MemberView[], ...hosts: readonly string[]): MemberView[] {
  return members.map(one => (one.host && hosts.includes(one.host) ? { ...one, isLive: false } : one))
}
