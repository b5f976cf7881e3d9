/** Handing leadership over: every way in which it ends (transfer.ts; etcd-io/raft tests the same situations). */
import { describe, expect, test } from 'vitest'
import * as core from '../../../src/consensus/raft/index.ts'
import { Lone } from './support/lone.ts'
import { id, Room, type RoomOptions } from './support/room.ts'

const T = 15 // electionTicks of preset `lab`

function roomLedByA(options: RoomOptions = {}, voters = ['a', 'b', 'c']): Room {
  const room = new Room(core, voters, options)
  room.elect('a')
  return room
}

const handOver = (room: Room, target: string) => room.step('a', { kind: 'transfer', target: id(target) })
const endings = (room: Room) =>
  room.of('a').effects.flatMap(effect => (effect.kind === 'transfer-ended' ? [[effect.target, effect.outcome]] : []))

test.each([true, false])('it hands over to an up-to-date member at once, and back (check-quorum %s)', checkQuorum => {
  const room = roomLedByA({ checkQuorum })
  handOver(room, 'b')
  room.settle()
  expect(room.leaders).toEqual(['b'])
  expect(endings(room)).toEqual([['b', 'done']])
  room.step('b', { kind: 'transfer', target: id('a') })
  room.settle()
  expect(room.leaders).toEqual(['a'])
})

test('it hands over to a member that needs a snapshot first', () => {
  const room = roomLedByA({ limits: { snapshotAfterEntries: 2, trailingEntries: 0 } })
  room.isolate('c')
  for (const payload of ['1', '2', '3', '4']) {
    room.of('a').propose(payload)
    room.settle()
  }
  room.heal()
  handOver(room, 'c')
  room.pass(5)
  expect(room.leaders).toEqual(['c'])
  expect(room.of('c').applied).toEqual(['1', '2', '3', '4'])
})

test.each(['a', 'd', 'x'])('it refuses to hand over to itself, a learner or a stranger: %s', target => {
  const room = roomLedByA({ joiners: ['d'] })
  room.of('a').change({ set: 'learner', member: id('d') })
  room.settle()
  expect(handOver(room, target)).toMatchObject([{ kind: 'refused', reason: 'no-such-voter' }])
  room.of('a').propose('x')
  room.settle()
  expect([room.leaders, room.of('d').applied]).toEqual([['a'], ['x']])
})

test('a follower refuses and says who leads', () => {
  const room = roomLedByA()
  const effects = room.step('b', { kind: 'transfer', target: id('c') })
  expect(effects).toMatchObject([{ kind: 'refused', reason: 'not-leader', leader: 'a' }])
})

describe('while the target is silent', () => {
  function waiting(options: RoomOptions = {}): Room {
    const room = roomLedByA(options)
    room.isolate('c')
    handOver(room, 'c')
    room.settle()
    expect(room.of('a').view.transferTarget).toBe('c')
    return room
  }

  test('proposals and changes are refused and reads are not', () => {
    const room = waiting()
    const { lastIndex } = room.of('a').view
    expect(room.of('a').propose('x')).toMatchObject([{ kind: 'refused', reason: 'transferring' }])
    const change = room.of('a').change({ set: 'removed', member: id('b') })
    expect(change).toMatchObject([{ kind: 'refused', reason: 'transferring' }])
    expect(room.of('a').view.lastIndex).toBe(lastIndex)
    room.step('a', { kind: 'read', id: 1 })
    room.settle()
    expect(room.of('a').effects).toContainEqual({ kind: 'read-ready', id: 1, index: lastIndex })
  })

  test('another wish takes its place', () => {
    const room = waiting()
    handOver(room, 'b')
    room.settle()
    expect(room.leaders).toEqual(['b'])
    expect(endings(room)).toEqual([
      ['c', 'aborted'],
      ['b', 'done'],
    ])
  })

  test('the same wish does not prolong it', () => {
    const room = waiting()
    room.pass(T - 1, ['a', 'b'])
    expect(handOver(room, 'c')).toMatchObject([{ kind: 'refused', reason: 'transferring' }])
    room.pass(1, ['a', 'b'])
    expect(endings(room)).toEqual([['c', 'aborted']])
  })

  test('handing over to itself calls it off', () => {
    const room = waiting()
    handOver(room, 'a')
    expect(endings(room)).toEqual([['c', 'aborted']])
    expect(room.of('a').propose('x')[0]?.kind).toBe('accepted')
  })

  test('a driver that sleeps to the deadline ends it in time', () => {
    const room = waiting({ timing: { heartbeatMs: 70 } })
    for (let slept = 0; slept < T; ) {
      const ticks = Math.min(room.of('a').view.ticksToDeadline, T - slept)
      room.step('a', { kind: 'tick', ticks })
      room.settle()
      slept += ticks
    }
    expect(endings(room)).toEqual([['c', 'aborted']])
  })

  test('a leader that loses its quorum meanwhile says that it came to nothing', () => {
    const room = waiting()
    room.isolate('b')
    room.pass(2 * T, ['a'])
    expect(endings(room)).toEqual([['c', 'aborted']])
    expect(room.leaders).toEqual([])
  })
})

test.each(['removed', 'learner'] as const)('it is called off when the target is made %s meanwhile', set => {
  const room = roomLedByA({}, ['a', 'b', 'c', 'd'])
  room.isolate('d')
  room.of('a').change({ set, member: id('d') })
  handOver(room, 'd')
  room.settle()
  expect(endings(room)).toEqual([['d', 'aborted']])
  expect(room.of('a').propose('x')[0]?.kind).toBe('accepted')
})

test('only the leader of the term can ask for a campaign, and only of a voter', () => {
  const lone = new Lone({ term: 2 })
  lone.receive('b', { kind: 'heartbeat', term: 2, commit: 1, round: 1 })
  expect(lone.receive('c', { kind: 'timeout-now', term: 2 })).toEqual([])
  expect(lone.view.term).toBe(2)
  expect(lone.receive('b', { kind: 'timeout-now', term: 2 })).toMatchObject([
    { kind: 'vote-request', term: 3, pre: false, transfer: true },
    { kind: 'vote-request', term: 3, pre: false, transfer: true },
  ])
  const learner = new Lone({ self: 'x', term: 2 })
  learner.receive('b', { kind: 'heartbeat', term: 2, commit: 1, round: 1 })
  expect(learner.receive('b', { kind: 'timeout-now', term: 2 })).toEqual([])
})
