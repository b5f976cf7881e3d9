/** What a quiet leader holds back, from whom and for how long: by itself, and in a room of five drivers. */
import { describe, expect, test } from 'vitest'
import { THRIFT_HOLD_MS, THRIFT_QUIET_MS } from '../../../src/consensus/raft/limits.ts'
import type { MemberId, Membership, RaftMessage } from '../../../src/consensus/raft/messages.ts'
import type { RaftView } from '../../../src/consensus/raft/state.ts'
import { Thrift } from '../../../src/consensus/raft/thrift.ts'
import { Turns } from '../../link/support/turns.ts'
import { command, roomOf } from './support/driver-room.ts'

const members = 'a b c d e'.split(' ') as MemberId[]
const [, b, c, d, e] = members as [MemberId, MemberId, MemberId, MemberId, MemberId]

const quiet = (membership: Partial<Membership> = {}) =>
  ({
    role: 'leader',
    commit: 5,
    lastIndex: 5,
    membership: { voters: members, outgoing: [], learners: [], learnersNext: [], ...membership },
  }) as unknown as RaftView

const append = (prevIndex: number) => ({ kind: 'append', prevIndex }) as unknown as RaftMessage
const commit = (index: number) => ({ kind: 'commit', commit: index }) as unknown as RaftMessage
const heartbeat = { kind: 'heartbeat' } as unknown as RaftMessage
const answer = { kind: 'append-ok' } as unknown as RaftMessage

/** A thrift that saw `quickest` answer the last time. */
function thriftAfter(...quickest: MemberId[]) {
  const turns = new Turns(7)
  const sent: string[] = []
  const thrift = new Thrift(turns.clock, (to, message) => sent.push(`${message.kind} to ${to}`))
  for (const member of quickest) thrift.heard(member, answer)
  const pass = (ms: number) => turns.run(turns.clock.nowMs() + ms)
  const toAll = (message: RaftMessage) => {
    for (const member of members.slice(1)) thrift.send(member, message)
  }
  const taken = () => sent.splice(0)
  return { thrift, pass, toAll, taken }
}

describe('a quiet leader', () => {
  test('asks as many as must answer, the quickest of the last time, and the others a little later', async () => {
    const { thrift, pass, toAll, taken } = thriftAfter(d, b, c, e)
    thrift.begin(1, quiet())
    toAll(append(5))
    expect(taken()).toEqual(['append to b', 'append to d'])
    await pass(THRIFT_HOLD_MS - 1)
    expect(taken()).toEqual([])
    await pass(1)
    expect(taken()).toEqual(['append to c', 'append to e'])
  })

  test('asks all while it does not know who is quick', () => {
    const { thrift, toAll, taken } = thriftAfter(b)
    thrift.begin(1, quiet())
    toAll(append(5))
    expect(taken()).toHaveLength(4)
  })

  test('tells of a commit later, or with what it says before that, in order', async () => {
    const { thrift, pass, taken } = thriftAfter(b, c)
    thrift.begin(1, quiet())
    thrift.send(e, append(5))
    thrift.send(b, commit(6))
    thrift.send(e, commit(6))
    thrift.send(e, heartbeat)
    expect(taken()).toEqual(['append to e', 'commit to e', 'heartbeat to e'])
    await pass(THRIFT_HOLD_MS)
    expect(taken()).toEqual(['commit to b'])
  })

  test('asks others the next time where the quickest became slow', async () => {
    const { thrift, toAll, taken, pass } = thriftAfter(b, c)
    thrift.begin(1, quiet())
    for (const member of [d, b, e]) thrift.heard(member, answer)
    await pass(THRIFT_QUIET_MS)
    thrift.begin(1, quiet())
    toAll(append(6))
    expect(taken()).toEqual(['append to b', 'append to d'])
  })

  test.each([
    ['several decide at once', 2, quiet()],
    ['something is under way', 1, { ...quiet(), lastIndex: 6 }],
    ['members change', 1, quiet({ outgoing: [b] })],
    ['it follows', 1, { ...quiet(), role: 'follower' as const }],
  ])('holds nothing where %s', (_, proposals, view) => {
    const { thrift, toAll, taken } = thriftAfter(b, c)
    thrift.begin(proposals, view)
    toAll(append(5))
    expect(taken()).toHaveLength(4)
  })

  test('asks all where one decision follows the other', async () => {
    const { thrift, toAll, taken, pass } = thriftAfter(b, c)
    thrift.begin(1, quiet())
    for (const member of [d, b]) thrift.heard(member, answer)
    await pass(THRIFT_QUIET_MS - 1)
    thrift.begin(1, quiet())
    toAll(append(6))
    expect(taken()).toHaveLength(4)
  })

  test('does not ask first who votes no more', () => {
    const { thrift, toAll, taken } = thriftAfter(b, c, d)
    thrift.begin(1, quiet({ voters: members.filter(member => member !== b) }))
    toAll(append(5))
    expect(taken()).toEqual(['append to c', 'append to d'])
  })

  test('says nothing more once it has ended', async () => {
    const { thrift, pass, toAll, taken } = thriftAfter(b, c)
    thrift.begin(1, quiet())
    toAll(append(5))
    taken()
    thrift.end()
    await pass(2 * THRIFT_HOLD_MS)
    expect(taken()).toEqual([])
  })
})

describe('five drivers', () => {
  test('decide with three, and the other two have it soon after', async () => {
    const room = roomOf('a b c d e')
    await room.pass(600)
    void room.leader().driver.propose(command('x'))
    await room.pass(100)
    const leader = room.leader()
    const others = room.all.filter(one => one !== leader)
    void leader.driver.propose(command('y'))
    await room.pass(6)
    const having = () => others.filter(one => one.driver.view.lastIndex === leader.driver.view.lastIndex).length
    expect(leader.applied).toEqual(['x', 'y'])
    expect(having()).toBe(2)
    await room.pass(THRIFT_HOLD_MS + 2)
    expect(having()).toBe(4)
    await room.pass(2 * THRIFT_HOLD_MS)
    for (const one of room.all) expect(one.applied).toEqual(['x', 'y'])
  })

  test('decide a little later where one that is asked first is gone, and do not ask it first again', async () => {
    const room = roomOf('a b c d e')
    await room.pass(600)
    const leader = room.leader()
    void leader.driver.propose(command('x'))
    await room.pass(100)
    const before = leader.driver.view.lastIndex
    void leader.driver.propose(command('y'))
    await room.pass(6)
    const quick = room.all.find(one => one !== leader && one.driver.view.lastIndex > before)
    if (quick) quick.isCut = true
    await room.pass(100)
    void leader.driver.propose(command('z'))
    await room.pass(6)
    expect(leader.applied).toEqual(['x', 'y'])
    await room.pass(THRIFT_HOLD_MS)
    expect(leader.applied).toEqual(['x', 'y', 'z'])
    void leader.driver.propose(command('last'))
    await room.pass(6)
    expect(leader.applied).toEqual(['x', 'y', 'z', 'last'])
  })
})
