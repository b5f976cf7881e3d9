/** Linearizable reads, beyond the scenarios: which answers count, and that each read gets exactly one (reads.ts). */
import { describe, expect, test } from 'vitest'
import * as core from '../../../src/consensus/raft/index.ts'
import { Lone, plain } from './support/lone.ts'
import { id, Room, type RoomOptions } from './support/room.ts'

const answers = (room: Room, name = 'a') =>
  room.of(name).effects.filter(effect => effect.kind === 'read-ready' || effect.kind === 'read-refused')

function roomLedByA(options: RoomOptions = {}, voters = ['a', 'b', 'c']): Room {
  const room = new Room(core, voters, options)
  room.elect('a')
  return room
}

test('it answers a lone voter without a message', () => {
  const room = roomLedByA({}, ['a'])
  const { commit } = room.of('a').view
  expect(room.step('a', { kind: 'read', id: 1 })).toEqual([{ kind: 'read-ready', id: 1, index: commit }])
  expect(room.sent).toEqual([])
})

test('a follower refuses and says who leads', () => {
  const room = roomLedByA()
  expect(room.step('b', { kind: 'read', id: 1 })).toEqual([
    { kind: 'read-refused', id: 1, reason: 'not-leader', leader: 'a' },
  ])
})

test('a learner’s answer counts for nothing', () => {
  const room = roomLedByA({ joiners: ['d'] })
  room.of('a').change({ set: 'learner', member: id('d') })
  room.settle()
  room.cut('a', 'b')
  room.cut('a', 'c')
  room.step('a', { kind: 'read', id: 1 })
  room.settle()
  expect(answers(room)).toEqual([])
})

test('in a joint configuration both halves must answer', () => {
  const room = roomLedByA({ joiners: ['d'] }, ['a', 'b'])
  room.of('a').change({ set: 'learner', member: id('d') })
  room.settle()
  const changes = [
    { set: 'voter', member: id('d') },
    { set: 'removed', member: id('b') },
  ] as const
  room.step('a', { kind: 'reconfigure', change: { kind: 'enter-joint', autoLeave: false, changes: [...changes] } })
  room.settle()
  for (const [read, silent] of ['b', 'd'].entries()) {
    room.isolate(silent)
    room.step('a', { kind: 'read', id: read })
    room.settle()
    expect(answers(room)).toHaveLength(read)
    room.heal()
    room.pass(5)
    expect(answers(room)).toHaveLength(read + 1)
  }
})

test('a round whose heartbeats were lost is made up for by the next', () => {
  const room = roomLedByA()
  room.step('a', { kind: 'read', id: 1 })
  room.lose()
  room.pass(4)
  expect(answers(room)).toEqual([])
  room.pass(1)
  expect(answers(room)).toMatchObject([{ kind: 'read-ready', id: 1 }])
})

test('an answer to a round that was never asked answers no later one', () => {
  const lone = new Lone(plain).lead()
  lone.receive('b', { kind: 'append-ok', term: 2, match: 2 })
  lone.receive('b', { kind: 'heartbeat-ok', term: 2, round: 1_000 })
  lone.room.step('a', { kind: 'read', id: 1 })
  expect(lone.effects('read-ready')).toEqual([])
  lone.receive('b', { kind: 'heartbeat-ok', term: 2, round: 1 })
  expect(lone.effects('read-ready')).toHaveLength(1)
})

test('it refuses more than may wait', () => {
  const room = roomLedByA({ limits: { readsPendingMax: 2 } })
  room.isolate('a')
  for (const read of [1, 2]) room.step('a', { kind: 'read', id: read })
  expect(answers(room)).toEqual([])
  expect(room.step('a', { kind: 'read', id: 3 })).toMatchObject([{ kind: 'read-refused', reason: 'too-many-reads' }])
})

describe('every read gets exactly one answer', () => {
  test.each(['postponed', 'waiting', 'confirmed'] as const)('when the host is halted: %s', state => {
    const room = roomLedByA()
    if (state === 'waiting') room.isolate('a')
    if (state === 'postponed') {
      for (const name of ['b', 'c']) room.of(name).forgetLeader()
      room.step('b', { kind: 'campaign' })
      room.settle(({ message }) => message.kind.startsWith('vote'))
    }
    const leader = state === 'postponed' ? 'b' : 'a'
    if (state === 'confirmed') {
      room.slowDisks.add('a')
      room.of('a').propose('x')
      room.settle()
    }
    room.step(leader, { kind: 'read', id: 1 })
    if (state !== 'postponed') room.settle()
    expect(answers(room, leader)).toEqual([])
    room.step(leader, { kind: 'halt' })
    expect(answers(room, leader)).toMatchObject([{ kind: 'read-refused', id: 1 }])
    room.step(leader, { kind: 'applied', index: room.of(leader).view.commit })
    expect(answers(room, leader)).toHaveLength(1)
  })

  test('a confirmed one is still answered after the office is lost', () => {
    const room = roomLedByA()
    room.slowDisks.add('a')
    room.of('a').propose('x')
    room.settle()
    room.step('a', { kind: 'read', id: 1 })
    room.settle()
    room.isolate('a')
    room.pass(30)
    expect(room.of('a').view.role).not.toBe('leader')
    room.of('a').finishWrite()
    expect(answers(room)).toMatchObject([{ kind: 'read-ready', id: 1 }])
  })
})
