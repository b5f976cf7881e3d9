/** Elections among several, beyond the paper's sentences: pre-vote, check-quorum, leases (etcd-io/raft tests the same situations). */
import { describe, expect, test } from 'vitest'
import * as core from '../../../src/consensus/raft/index.ts'
import { Lone, plain } from './support/lone.ts'
import { id, Room, type RoomOptions } from './support/room.ts'

const T = 15 // electionTicks of preset `lab`
const request = { kind: 'vote-request', lastIndex: 9, lastTerm: 1, transfer: false } as const

function roomLedByA(options: RoomOptions = {}): Room {
  const room = new Room(core, ['a', 'b', 'c'], options)
  room.elect('a')
  return room
}

describe('pre-vote', () => {
  test('it asks for the next term, and nobody’s term or vote changes', () => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.step('a', { kind: 'campaign' })
    expect(room.wires.map(({ message }) => message)).toMatchObject([
      { kind: 'vote-request', pre: true, term: 2 },
      { kind: 'vote-request', pre: true, term: 2 },
    ])
    room.deliver()
    for (const name of ['a', 'b', 'c']) expect(room.of(name).view).toMatchObject({ term: 1, votedFor: undefined })
    expect(room.wires.map(({ message }) => message)).toMatchObject([
      { kind: 'vote-reply', pre: true, granted: true, term: 2 },
      { kind: 'vote-reply', pre: true, granted: true, term: 2 },
    ])
  })

  test('two may be granted by the same voter, and the election itself decides', () => {
    const room = new Room(core, ['a', 'b', 'c'])
    for (const name of ['a', 'b']) room.step(name, { kind: 'campaign' })
    room.settle()
    room.pass(4 * T)
    expect(room.leaders).toHaveLength(1)
  })

  test('a grant for an earlier attempt is none for this one', () => {
    const lone = new Lone({ term: 4, checkQuorum: false })
    lone.campaign()
    for (const term of [4, 6]) lone.receive('b', { kind: 'vote-reply', term, pre: true, granted: true })
    expect(lone.view).toMatchObject({ role: 'pre-candidate', term: 4 })
    lone.receive('b', { kind: 'vote-reply', term: 5, pre: true, granted: true })
    expect(lone.view).toMatchObject({ role: 'candidate', term: 5 })
    // A late pre-vote is no vote.
    lone.receive('c', { kind: 'vote-reply', term: 5, pre: true, granted: true })
    expect(lone.view.role).toBe('candidate')
  })

  test('for a term in which the vote is given away it is refused', () => {
    const lone = new Lone({ term: 2, votedFor: 'c' })
    expect(lone.receive('b', { ...request, term: 2, pre: true })).toMatchObject([
      { pre: true, granted: false, term: 2 },
    ])
    expect(lone.receive('b', { ...request, term: 3, pre: true })).toMatchObject([{ pre: true, granted: true, term: 3 }])
  })

  test('a refusal from a later term ends it', () => {
    const lone = new Lone({ term: 4 })
    lone.campaign()
    lone.receive('b', { kind: 'vote-reply', term: 7, pre: true, granted: false })
    expect(lone.view).toMatchObject({ role: 'follower', term: 7 })
  })

  test('refusals of a majority end it at its own term', () => {
    const lone = new Lone({ term: 4 })
    lone.campaign()
    for (const voter of ['b', 'c']) lone.receive(voter, { kind: 'vote-reply', term: 4, pre: true, granted: false })
    expect(lone.view).toMatchObject({ role: 'follower', term: 4 })
  })

  test('one voter counts once, whatever it says the second time', () => {
    const lone = new Lone({ ...plain, voters: ['a', 'b', 'c', 'd', 'e'] })
    lone.campaign()
    for (const granted of [true, true, true]) lone.receive('b', { kind: 'vote-reply', term: 2, pre: false, granted })
    expect(lone.view.role).toBe('candidate')
    lone.receive('b', { kind: 'vote-reply', term: 2, pre: false, granted: false })
    lone.receive('c', { kind: 'vote-reply', term: 2, pre: false, granted: true })
    expect(lone.view.role).toBe('leader')
  })

  test('a stranger’s vote counts for nothing', () => {
    const lone = new Lone(plain)
    lone.campaign()
    lone.receive('x', { kind: 'vote-reply', term: 2, pre: false, granted: true })
    expect(lone.view.role).toBe('candidate')
  })
})

describe('while a leader is heard', () => {
  test.each([true, false])('a candidate of a later term is not even answered (pre-vote %s)', pre => {
    const lone = new Lone({ term: 2 })
    lone.receive('b', { kind: 'heartbeat', term: 2, commit: 1, round: 1 })
    lone.tick(T - 1)
    expect(lone.receive('c', { ...request, term: 9, pre })).toEqual([])
    expect(lone.view).toMatchObject({ term: 2, leader: 'b' })
    // One tick more and it is silence.
    lone.tick()
    expect(lone.receive('c', { ...request, term: 9, pre })).toMatchObject([
      { kind: 'vote-reply', granted: true, term: 9 },
    ])
  })

  test('a leader protects itself too', () => {
    const lone = new Lone({ preVote: false }).lead()
    expect(lone.receive('c', { ...request, term: 9, lastTerm: 8, pre: false })).toEqual([])
    expect(lone.view).toMatchObject({ role: 'leader', term: 2 })
  })

  test('whom the leader asked to campaign gets its vote', () => {
    const lone = new Lone({ term: 2 })
    lone.receive('b', { kind: 'heartbeat', term: 2, commit: 1, round: 1 })
    const said = lone.receive('c', { ...request, term: 3, pre: false, transfer: true })
    expect(said).toMatchObject([{ kind: 'vote-reply', granted: true, term: 3 }])
  })

  test('without check-quorum there is no such lease', () => {
    const lone = new Lone({ term: 2, checkQuorum: false })
    lone.receive('b', { kind: 'heartbeat', term: 2, commit: 1, round: 1 })
    expect(lone.receive('c', { ...request, term: 9, pre: false })).toMatchObject([{ granted: true, term: 9 }])
  })
})

describe('a leader and its quorum', () => {
  test('it leads on as long as a majority answers, if only now and then', () => {
    const room = roomLedByA()
    room.isolate('c')
    room.pass(5 * T)
    expect(room.leaders).toEqual(['a'])
  })

  test('it steps down within two checks after the majority is gone', () => {
    const room = roomLedByA()
    room.isolate('a')
    room.pass(2 * T, ['a'])
    expect(room.of('a').view).toMatchObject({ term: 2, leader: undefined })
    expect(room.of('a').view.role).not.toBe('leader')
  })

  test('learners’ answers do not keep it in office', () => {
    const room = roomLedByA({ joiners: ['d', 'e'] })
    for (const name of ['d', 'e']) {
      room.of('a').change({ set: 'learner', member: id(name) })
      room.settle()
    }
    room.cut('a', 'b')
    room.cut('a', 'c')
    room.pass(2 * T, ['a', 'd', 'e'])
    expect(room.of('a').view.role).not.toBe('leader')
  })

  test('a member that is new counts as heard, so that adding it deposes nobody', () => {
    const room = new Room(core, ['a'], { joiners: ['b'] })
    room.elect('a')
    room.of('a').change({ set: 'learner', member: id('b') })
    room.settle()
    room.pass(T - 1)
    room.of('a').change({ set: 'voter', member: id('b') })
    room.settle()
    room.isolate('b')
    room.pass(1)
    expect(room.leaders).toEqual(['a'])
  })

  test('without check-quorum it leads on alone, and commits nothing', () => {
    const room = roomLedByA({ checkQuorum: false })
    room.isolate('a')
    room.pass(5 * T, ['a'])
    room.of('a').propose('x')
    room.settle()
    expect([room.leaders, room.of('a').applied]).toEqual([['a'], []])
  })
})

describe('who does not vote', () => {
  test('campaigns neither by itself nor when told to, and waits whole timeouts', () => {
    const lone = new Lone({ self: 'x', voters: ['a', 'b'] })
    lone.campaign()
    lone.tick(5 * T)
    expect(lone.room.sent).toEqual([])
    expect(lone.view).toMatchObject({ role: 'follower', term: 1 })
    const learner = new Lone({ self: 'x', voters: ['a', 'b'] })
    for (let tick = 0; learner.view.ticksToDeadline > 1 || tick === 0; tick++) learner.tick()
    learner.tick()
    expect(learner.view.ticksToDeadline).toBeGreaterThanOrEqual(T)
  })
})

test('whoever leads begins with an entry of its own, and tells everybody at once', () => {
  const lone = new Lone({ ...plain, log: [1, 1] })
  const said = lone.lead().room.sent.filter(({ message }) => message.kind === 'append')
  expect(said.map(({ to, message }) => [to, message])).toMatchObject([
    ['b', { prevIndex: 3, prevTerm: 1, entries: [{ kind: 'noop', index: 4, term: 2 }] }],
    ['c', { prevIndex: 3, prevTerm: 1, entries: [{ kind: 'noop', index: 4, term: 2 }] }],
  ])
})

test('logical time goes on under the next leader, from a compacted log too', () => {
  const room = roomLedByA({ limits: { snapshotAfterEntries: 2, trailingEntries: 0 } })
  for (const payload of ['1', '2', '3']) {
    room.pass(10)
    room.of('a').propose(payload)
    room.settle()
  }
  expect(room.of('b').view.firstIndex).toBe(room.of('b').view.lastIndex + 1)
  const { timeMs } = room.of('b').view.snapshot
  expect(timeMs).toBeGreaterThanOrEqual(300)
  room.of('a').crash()
  room.elect('b')
  expect(room.of('b').view.entry(room.of('b').view.lastIndex)?.timeMs).toBeGreaterThanOrEqual(timeMs)
})
