/** Writes that finish late, out of step with the log, or never (durability.ts): what may be said, counted and applied when. */
import { describe, expect, test } from 'vitest'
import * as core from '../../../src/consensus/raft/index.ts'
import type { Entry } from '../../../src/consensus/raft/messages.ts'
import { Lone, type LoneOptions, plain } from './support/lone.ts'
import { Room } from './support/room.ts'
import { entry } from './support/stored.ts'

const slow = (options: LoneOptions = {}) => new Lone({ ...plain, slowDisk: true, ...options })
const append = (lone: Lone, from: string, term: number, entries: Entry[], commit = 1) =>
  lone.receive(from, { kind: 'append', term, prevIndex: 1, prevTerm: 1, commit, entries })
const writes = (lone: Lone) => lone.effects('persist')
const finish = (lone: Lone, token: number) => lone.room.step('a', { kind: 'persisted', token })
const acks = (said: readonly { readonly kind: string }[]) => said.filter(({ kind }) => kind === 'append-ok')

test('it has one write under way, and what changes meanwhile is one more', () => {
  const lone = slow()
  for (const last of [2, 3, 4])
    append(
      lone,
      'b',
      2,
      Array.from({ length: last - 1 }, (_, at) => entry(2 + at, 2)),
    )
  expect(writes(lone).map(({ entries, keepTo }) => [keepTo, entries.length])).toEqual([[1, 1]])
  expect(lone.finishWrite()).toMatchObject([{ kind: 'append-ok', match: 2 }])
  expect(writes(lone).map(({ entries, keepTo }) => [keepTo, entries.length])).toEqual([
    [1, 1],
    [2, 2],
  ])
  // Of two acknowledgements that wait for one write the later says all.
  expect(lone.finishWrite()).toMatchObject([{ kind: 'append-ok', match: 4 }])
})

describe('A, then B, then A again (etcd-io/raft: the ABA problem of asynchronous writes)', () => {
  /** Entries of term 2 are being written; term 3 replaces them, and term 4 brings the very same back. */
  function aba(): Lone {
    const lone = slow()
    append(lone, 'b', 2, [entry(2, 2), entry(3, 2)])
    append(lone, 'c', 3, [entry(2, 3)])
    append(lone, 'b', 4, [entry(2, 2), entry(3, 2)], 3)
    return lone
  }

  test('the first write’s completion counts for nothing', () => {
    const lone = aba()
    expect(writes(lone)).toHaveLength(1)
    expect(acks(lone.finishWrite())).toEqual([])
    expect(lone.view).toMatchObject({ durable: 1, lastIndex: 3 })
    expect(lone.applied).toEqual([])
  })

  test('the second write has it all, and then it counts', () => {
    const lone = aba()
    lone.finishWrite()
    expect(writes(lone).at(-1)).toMatchObject({ keepTo: 1, entries: [entry(2, 2), entry(3, 2)], hard: { term: 4 } })
    expect(acks(lone.finishWrite())).toContainEqual(expect.objectContaining({ term: 4, match: 3 }))
    expect(lone.view.durable).toBe(3)
    expect(lone.applied).toEqual(['2/2', '3/2'])
    expect(lone.disk.entries.map(({ term }) => term)).toEqual([2, 2])
  })

  test('a completion that comes twice, or was never asked for, counts for nothing', () => {
    const lone = aba()
    const [first] = writes(lone)
    if (first === undefined) return expect.unreachable()
    lone.finishWrite()
    for (const token of [first.token, first.token + 2, 0, -1]) finish(lone, token)
    expect(lone.view.durable).toBe(1)
    expect(acks(lone.room.sent.map(({ message }) => message))).toEqual([])
  })
})

test('a cut that spares part of a write under way leaves that part counting', () => {
  const lone = slow()
  append(lone, 'b', 2, [entry(2, 2), entry(3, 2), entry(4, 2)])
  lone.receive('c', { kind: 'append', term: 3, prevIndex: 2, prevTerm: 2, commit: 2, entries: [entry(3, 3)] })
  lone.finishWrite()
  expect(lone.view.durable).toBe(2)
  expect(lone.applied).toEqual(['2/2'])
  expect(writes(lone).at(-1)).toMatchObject({ keepTo: 2, entries: [entry(3, 3)] })
})

test('a snapshot that comes while entries are being written is applied when it is durable itself', () => {
  const lone = slow()
  append(lone, 'b', 2, [entry(2, 2), entry(3, 2)])
  const membership = { ...lone.view.membership, learners: [] }
  const snapshot = { index: 9, term: 2, timeMs: 0, membership, data: ['all'] }
  lone.receive('b', { kind: 'snapshot', term: 2, snapshot })
  expect(acks(lone.finishWrite())).toMatchObject([{ match: 3 }])
  expect(lone.effects('restore')).toEqual([])
  expect(lone.view).toMatchObject({ durable: 0, commit: 9, firstIndex: 10 })
  expect(acks(lone.finishWrite())).toMatchObject([{ match: 9 }])
  expect(lone.effects('restore')).toHaveLength(1)
  expect(lone.applied).toEqual(['all'])
  expect(lone.disk).toMatchObject({ snapshot: { index: 9 }, entries: [] })
})

test('a candidate’s own vote counts when it is durable, whatever was being written before', () => {
  const lone = slow({ voters: ['a', 'b', 'c'] })
  append(lone, 'b', 2, [entry(2, 2)])
  lone.campaign()
  lone.receive('c', { kind: 'vote-reply', term: 3, pre: false, granted: true })
  lone.finishWrite() // the entry's
  expect(lone.view.role).toBe('candidate')
  lone.finishWrite() // the vote's
  expect(lone.view.role).toBe('leader')
})

test('a leader without its own disk commits with the others’', () => {
  const room = new Room(core, ['a', 'b', 'c'])
  room.elect('a')
  room.slowDisks.add('a')
  room.of('a').propose('x')
  room.settle()
  expect(room.of('a').view).toMatchObject({ commit: 3, durable: 2 })
  expect([room.of('a').applied, room.of('b').applied]).toEqual([[], ['x']])
})

test('what waited for the disk since a term that is over is not said any more', () => {
  const lone = slow({ term: 2 })
  for (let term = 3; term <= 3_002; term++)
    lone.receive('b', { kind: 'vote-request', term, lastIndex: 9, lastTerm: 2, pre: false, transfer: false })
  expect(lone.finishWrite()).toEqual([])
  expect(lone.finishWrite()).toMatchObject([{ kind: 'vote-reply', term: 3_002, granted: true }])
})

test('what was written goes together: term and vote with the entries of the same moment (D3)', () => {
  const lone = slow()
  append(lone, 'b', 2, [entry(2, 2)], 2)
  lone.receive('b', { kind: 'append', term: 2, prevIndex: 2, prevTerm: 2, commit: 2, entries: [entry(3, 2)] })
  lone.finishWrite()
  expect(writes(lone).map(({ hard, entries }) => [hard, entries.map(({ index }) => index)])).toEqual([
    [{ term: 2, votedFor: undefined, commit: 2 }, [2]],
    [{ term: 2, votedFor: undefined, commit: 2 }, [3]],
  ])
})
