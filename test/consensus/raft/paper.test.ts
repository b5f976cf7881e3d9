/**
 * The sentences of the Raft paper (Ongaro and Ousterhout, 2014) that say what a server does, each seen in one machine: the same
 * 26 tests as etcd-io/raft's raft_paper_test.go, written anew. Where etcd has one per role, the role is a case here.
 *
 *   5.1  Follower-, Candidate-, LeaderUpdateTermFromMessage; RejectStaleTermMessage
 *   5.2  StartAsFollower; LeaderBcastBeat; FollowerStartElection, CandidateStartNewElection; LeaderElectionInOneRoundRPC;
 *        FollowerVote; CandidateFallback; Follower-, CandidateElectionTimeoutRandomized;
 *        Followers-, CandidatesElectionTimeoutNonconflict
 *   5.3  LeaderStartReplication; LeaderCommitEntry; LeaderAcknowledgeCommit; LeaderCommitPrecedingEntries;
 *        FollowerCommitEntry; FollowerCheckMsgApp; FollowerAppendEntries; LeaderSyncFollowerLog
 *   5.4  VoteRequest; Voter; LeaderOnlyCommitsLogFromCurrentTerm
 */
import { describe, expect, test } from 'vitest'
import { entriesOf, entry, Lone, plain, type Said } from './support/lone.ts'
import { id } from './support/room.ts'

const T = 15 // electionTicks of preset `lab`
const to = (lone: Lone, kind: Said['kind']) => lone.room.sent.filter(wire => wire.message.kind === kind).map(w => w.to)
const only = (said: Said[], kind: Said['kind']) => said.filter(one => one.kind === kind)
const noop = (index: number, term: number) => ({ kind: 'noop', index, term, timeMs: 0, bytes: 0 }) as const
const emptyAppend = (term: number): Said => {
  return { kind: 'append', term, prevIndex: 1, prevTerm: 1, commit: 1, entries: [] }
}

describe('5.1: if one server’s current term is smaller than the other’s, then it updates its current term', () => {
  test.each(['follower', 'candidate', 'leader'])('as a %s, and becomes a follower', role => {
    const lone = new Lone(plain)
    if (role === 'candidate') lone.campaign()
    if (role === 'leader') lone.lead()
    expect(lone.view.role).toBe(role)
    lone.receive('b', emptyAppend(7))
    expect([lone.view.role, lone.view.term, lone.view.leader]).toEqual(['follower', 7, 'b'])
  })
})

test('5.1: if a server receives a request with a stale term number, it rejects the request', () => {
  const lone = new Lone({ ...plain, term: 4 })
  const said = lone.receive('b', { ...emptyAppend(3), entries: [entry(2, 3)] } as Said)
  expect(said).toMatchObject([{ kind: 'stale-term', term: 4 }])
  expect([lone.view.lastIndex, lone.view.leader]).toEqual([1, undefined])
})

test('5.2: when servers start up, they begin as followers', () => {
  expect(new Lone(plain).view.role).toBe('follower')
})

test('5.2: a leader sends heartbeats to all of its followers to maintain its authority', () => {
  const lone = new Lone(plain).lead()
  const said = only(lone.tick(5), 'heartbeat')
  expect(said).toHaveLength(2)
  expect(to(lone, 'heartbeat')).toEqual(['b', 'c'])
})

describe('5.2: a follower that receives no communication over the election timeout begins an election', () => {
  test.each(['follower', 'candidate'])('as a %s: new term, own vote, requests to all', role => {
    const lone = new Lone({ ...plain, term: 2 })
    if (role === 'candidate') lone.campaign()
    const before = lone.view.term
    const said = lone.tick(2 * T)
    expect([lone.view.role, lone.view.term, lone.view.votedFor]).toEqual(['candidate', before + 1, 'a'])
    expect(said).toMatchObject([
      { kind: 'vote-request', term: before + 1, pre: false },
      { kind: 'vote-request', term: before + 1, pre: false },
    ])
  })
})

test.each([
  [1, [], 'leader'],
  [3, ['b+', 'c+'], 'leader'],
  [3, ['b+'], 'leader'],
  [5, ['b+', 'c+', 'd+', 'e+'], 'leader'],
  [5, ['b+', 'c+', 'd+'], 'leader'],
  [5, ['b+', 'c+'], 'leader'],
  [3, ['b-', 'c-'], 'follower'],
  [5, ['b-', 'c-', 'd-', 'e-'], 'follower'],
  [5, ['b+', 'c-', 'd-', 'e-'], 'follower'],
  [3, [], 'candidate'],
  [5, ['b+'], 'candidate'],
  [5, ['b-', 'c-'], 'candidate'],
  [5, [], 'candidate'],
])(
  '5.2: a candidate of %i wins if it receives votes from a majority in one round: %j makes a %s',
  (size, votes, role) => {
    const lone = new Lone({ ...plain, voters: ['a', 'b', 'c', 'd', 'e'].slice(0, size) })
    lone.campaign()
    for (const vote of votes)
      lone.receive(vote[0] as string, { kind: 'vote-reply', term: 2, pre: false, granted: vote[1] === '+' })
    expect(lone.view.role).toBe(role)
  },
)

test.each([
  [undefined, 'b', true],
  [undefined, 'c', true],
  ['b', 'b', true],
  ['c', 'c', true],
  ['b', 'c', false],
  ['c', 'b', false],
])(
  '5.2: each server votes for at most one candidate, first come first served: voted %s, asked by %s',
  (votedFor, from, granted) => {
    const lone = new Lone({ ...plain, term: 2, ...(votedFor && { votedFor }) })
    const request = { kind: 'vote-request', term: 2, lastIndex: 9, lastTerm: 2, pre: false, transfer: false } as const
    expect(lone.receive(from, request)).toMatchObject([{ kind: 'vote-reply', term: 2, granted }])
  },
)

test.each([2, 3])('5.2: a candidate that hears a leader of at least its term (%i) returns to follower', term => {
  const lone = new Lone(plain)
  lone.campaign()
  lone.receive('c', emptyAppend(term))
  expect([lone.view.role, lone.view.term, lone.view.leader]).toEqual(['follower', term, 'c'])
})

describe('5.2: election timeouts are chosen randomly from a fixed interval', () => {
  test.each(['follower', 'candidate'])('as a %s: all of [T, 2T) and nothing else', role => {
    const seen = new Set<number>()
    for (let place = 0; place < T; place++) {
      const lone = new Lone(plain)
      lone.room.of('a').chance = (place + 0.5) / T
      if (role === 'candidate') lone.campaign()
      else lone.receive('b', emptyAppend(2))
      const { term } = lone.view
      let ticks = 0
      for (; lone.view.term === term; ticks++) lone.tick()
      seen.add(ticks)
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: T }, (_, at) => T + at))
  })

  test.each(['follower', 'candidate'])('as %ss: in most cases only a single one times out', role => {
    let collisions = 0
    const rounds = 100
    let seed = 1
    const chance = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    for (let round = 0; round < rounds; round++) {
      const timeouts = ['a', 'b', 'c', 'd', 'e'].map(() => {
        const lone = new Lone(plain)
        lone.room.of('a').chance = chance()
        if (role === 'candidate') lone.campaign()
        else lone.receive('b', emptyAppend(2))
        return lone.view.ticksToDeadline
      })
      const first = Math.min(...timeouts)
      if (timeouts.filter(timeout => timeout === first).length > 1) collisions++
    }
    // Of five draws from 15 ticks the lowest is shared in 16 % of cases; the paper asks for "most" to be single.
    expect(collisions / rounds).toBeLessThan(0.3)
  })
})

test('5.3: the leader appends the command as a new entry, then sends it to each of the other servers', () => {
  const lone = new Lone(plain).lead()
  for (const member of ['b', 'c']) lone.receive(member, { kind: 'append-ok', term: 2, match: 2 })
  const appends = only(lone.propose('x'), 'append')
  const sent = { kind: 'append', prevIndex: 2, prevTerm: 2, commit: 2, entries: [{ index: 3, term: 2, payload: 'x' }] }
  expect(appends).toMatchObject([sent, sent])
  expect([lone.view.lastIndex, lone.view.commit]).toEqual([3, 2])
})

test('5.3: when the entry has been safely replicated, the leader applies it and tells the followers', () => {
  const lone = new Lone(plain).lead()
  for (const member of ['b', 'c']) lone.receive(member, { kind: 'append-ok', term: 2, match: 2 })
  lone.propose('x')
  const said = lone.receive('b', { kind: 'append-ok', term: 2, match: 3 })
  expect(lone.view.commit).toBe(3)
  expect(lone.applied).toEqual(['x'])
  expect(said).toMatchObject([{ kind: 'commit', commit: 3 }])
})

test.each([
  [1, [], true],
  [3, [], false],
  [3, ['b'], true],
  [3, ['b', 'c'], true],
  [5, [], false],
  [5, ['b'], false],
  [5, ['b', 'c'], true],
  [5, ['b', 'c', 'd'], true],
  [5, ['b', 'c', 'd', 'e'], true],
])('5.3: of %i, an entry is committed once a majority stores it: %j', (size, acks, isCommitted) => {
  const lone = new Lone({ ...plain, voters: ['a', 'b', 'c', 'd', 'e'].slice(0, size) }).lead()
  lone.propose('x')
  const index = lone.view.lastIndex
  for (const member of acks) lone.receive(member, { kind: 'append-ok', term: 2, match: index })
  expect(lone.view.commit >= index).toBe(isCommitted)
})

test.each([[[]], [[2]], [[1, 2]], [[1]]])(
  '5.3: committing commits all preceding entries, those of former leaders too: %j',
  log => {
    const lone = new Lone({ ...plain, log, term: 2 }).lead()
    lone.propose('x')
    lone.receive('b', { kind: 'append-ok', term: 3, match: lone.view.lastIndex })
    expect(lone.applied).toEqual([...log.map((term, at) => `${at + 2}/${term}`), 'x'])
  },
)

test.each([
  [[entry(2, 2)], 2],
  [[entry(2, 2), entry(3, 2)], 3],
  [[entry(2, 2, 'second'), entry(3, 2, 'first')], 3],
  [[entry(2, 2), entry(3, 2)], 2],
])(
  '5.3: once a follower learns that an entry is committed, it applies it, in log order (case %#)',
  (entries, commit) => {
    const lone = new Lone(plain)
    lone.receive('b', { kind: 'append', term: 2, prevIndex: 1, prevTerm: 1, commit, entries })
    expect(lone.view.commit).toBe(commit)
    expect(lone.applied).toEqual(entries.slice(0, commit - 1).map(({ payload }) => payload))
  },
)

test.each([
  // what             prev    answer
  ['the committed one', 1, 1, { kind: 'append-ok', match: 1 }],
  ['matching', 2, 2, { kind: 'append-ok', match: 2 }],
  ['the last one', 3, 3, { kind: 'append-ok', match: 3 }],
  ['another term', 2, 3, { kind: 'append-refused', prevIndex: 2, hintIndex: 2, hintTerm: 2 }],
  ['beyond the end', 4, 3, { kind: 'append-refused', prevIndex: 4, hintIndex: 3, hintTerm: 3 }],
] as const)(
  '5.3: a follower that has no entry with the preceding index and term refuses: %s',
  (_, prevIndex, prevTerm, answer) => {
    const lone = new Lone({ ...plain, log: [2, 3] })
    const said = lone.receive('b', { kind: 'append', term: 4, prevIndex, prevTerm, commit: 1, entries: [] })
    expect(said).toMatchObject([answer])
  },
)

test.each([
  [3, 3, [entry(4, 4)], [2, 3, 4]],
  [2, 2, [entry(3, 4), entry(4, 4)], [2, 4, 4]],
  [1, 1, [entry(2, 2)], [2, 3]],
  [1, 1, [entry(2, 4)], [4]],
])(
  '5.3: a conflicting entry and all that follow it are deleted, new ones appended: after %i/%i',
  (prevIndex, prevTerm, entries, terms) => {
    const lone = new Lone({ ...plain, log: [2, 3] })
    lone.receive('b', { kind: 'append', term: 4, prevIndex, prevTerm, commit: 1, entries })
    expect(lone.terms).toEqual(terms)
    expect(lone.disk.entries.map(stored => stored.term)).toEqual(terms)
  },
)

describe('5.3: the leader brings a follower’s log into consistency with its own (Figure 7)', () => {
  const leaderLog = [1, 1, 4, 4, 5, 5, 6, 6, 6]
  test.each([
    ['a, missing entries', [1, 1, 4, 4, 5, 5, 6, 6]],
    ['b, missing entries', [1, 1]],
    ['c, one more', [1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ['d, two more of a newer term', [1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ['e, both', [1, 1, 4, 4, 4, 4]],
    ['f, both', [1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])('follower %s', (_, log) => {
    const leader = new Lone({ ...plain, log: leaderLog, term: 8 }).lead()
    const follower = new Lone({ ...plain, self: 'b', log, term: 8 })
    let onTheWay = leader.room.sent
      .filter(wire => wire.to === 'b' && wire.message.kind === 'append')
      .map(w => w.message as Said)
    for (let round = 0; round < 20 && onTheWay.length > 0; round++) {
      const answers = onTheWay.flatMap(said => follower.receive('a', said))
      onTheWay = answers.flatMap(said => leader.receive('b', said)).filter(said => said.kind === 'append')
    }
    expect(entriesOf(follower.view)).toEqual(entriesOf(leader.view))
    expect(follower.terms).toEqual([...leaderLog, 9])
  })
})

test.each([
  [[2], 3],
  [[2, 3], 4],
])('5.4.1: the vote request includes information about the candidate’s log: %j', (log, term) => {
  const lone = new Lone({ ...plain, log, term: term - 1 })
  const request = { kind: 'vote-request', term, lastIndex: log.length + 1, lastTerm: log.at(-1) }
  expect(lone.campaign()).toMatchObject([request, request])
  expect(to(lone, 'vote-request')).toEqual(['b', 'c'])
})

test.each([
  // ours    theirs: lastTerm, lastIndex
  [[2], 2, 2, true],
  [[2], 2, 3, true],
  [[2], 3, 2, true],
  [[2], 3, 1, true],
  [[2, 2], 3, 2, true],
  [[2, 2], 2, 2, false],
  [[2, 2], 1, 9, false],
  [[3], 2, 2, false],
  [[3], 2, 9, false],
  [[3, 3], 2, 2, false],
])(
  '5.4.1: the voter denies its vote if its own log is more up-to-date: ours %j, theirs ends %i/%i',
  (log, lastTerm, lastIndex, granted) => {
    const lone = new Lone({ ...plain, log, term: 3 })
    const said = lone.receive('b', { kind: 'vote-request', term: 4, lastIndex, lastTerm, pre: false, transfer: false })
    expect(said).toMatchObject([{ kind: 'vote-reply', term: 4, granted }])
  },
)

test.each([
  // the log is 2/1 and 3/2; the noop of term 3 is 4
  [2, 1],
  [3, 1],
  [4, 4],
])(
  '5.4.2: only entries of the leader’s current term are committed by counting replicas: up to %i stored, %i committed',
  (match, commit) => {
    const lone = new Lone({ ...plain, log: [1, 2], term: 2 }).lead()
    expect(lone.view.entry(4)).toEqual(noop(4, 3))
    lone.receive(id('b'), { kind: 'append-ok', term: 3, match })
    expect(lone.view.commit).toBe(commit)
  },
)
