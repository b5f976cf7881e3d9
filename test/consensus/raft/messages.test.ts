/** What may come in from a wire or a disk, and what is turned away (messages.ts, coherent.ts). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import * as core from '../../../src/consensus/raft/index.ts'
import { ID_LENGTH_MAX, MEMBERS_MAX, WIRE_ENTRIES_MAX } from '../../../src/consensus/raft/limits.ts'
import {
  parseEnvelope,
  parseStoredEntry,
  parseStoredHardState,
  parseStoredSnapshot,
} from '../../../src/consensus/raft/messages.ts'
import { id, Room } from './support/room.ts'
import { entry } from './support/stored.ts'

const header = { sender: { generation: 'g1', epoch: 1 }, term: 3 }
const nobody = { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false }
const abc = { ...nobody, voters: ['a', 'b', 'c'] }
const snapshotOf = (membership: object, rest: object = {}) => ({
  kind: 'snapshot',
  ...header,
  snapshot: { index: 5, term: 2, timeMs: 0, membership, data: null, ...rest },
})
const append = (...entries: object[]) => ({ kind: 'append', ...header, prevIndex: 4, prevTerm: 2, commit: 4, entries })
const isRefused = (message: unknown) => {
  const parsed = parseEnvelope({ from: 'a', to: 'b', message })
  return parsed instanceof MeshError && parsed.code === 'malformed'
}

test('it lets every kind of message of a lively room pass unchanged', () => {
  const room = new Room(core, ['a', 'b', 'c'], {
    joiners: ['d'],
    limits: { snapshotAfterEntries: 2, trailingEntries: 0 },
  })
  room.elect('a')
  room.of('a').change({ set: 'learner', member: id('d') })
  room.settle()
  room.isolate('c')
  room.step('c', { kind: 'campaign' })
  room.of('a').propose('1', '2', '3')
  room.settle()
  room.step('a', { kind: 'transfer', target: id('c') })
  room.heal()
  room.pass(15)
  for (const name of ['c', 'c']) room.step(name, { kind: 'campaign' })
  room.pass(60)
  const old = room.sent.find(({ message }) => message.kind === 'append')
  if (old !== undefined) room.hand({ ...old, to: id('c') })
  const kinds = new Set(room.sent.map(({ message }) => message.kind))
  expect([...kinds].sort()).toEqual([
    'append',
    'append-ok',
    'append-refused',
    'commit',
    'heartbeat',
    'heartbeat-ok',
    'snapshot',
    'stale-term',
    'timeout-now',
    'vote-reply',
    'vote-request',
  ])
  for (const { from, to, message } of room.sent)
    expect(parseEnvelope({ from, to, message })).toEqual({ from, to, message })
})

describe('it refuses', () => {
  const beat = { kind: 'heartbeat', ...header, commit: 1, round: 1 }
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['an unknown kind', { ...beat, kind: 'gossip' }],
    ['a field too many', { ...beat, from: 'c' }],
    ['a field too few', { ...beat, round: undefined }],
    ['a negative number', { ...beat, term: -1 }],
    ['a fraction', { ...beat, term: 1.5 }],
    ['a number beyond what is exact', { ...beat, term: 2 ** 53 }],
    ['not a number', { ...beat, term: Number.NaN }],
    ['no number', { ...beat, term: '3' }],
    ['an epoch before the first', { ...beat, sender: { generation: 'g1', epoch: 0 } }],
    ['no generation', { ...beat, sender: { generation: '', epoch: 1 } }],
    ['a generation as long as a book', { ...beat, sender: { generation: 'g'.repeat(ID_LENGTH_MAX + 1), epoch: 1 } }],
    ['an entry of no kind', append({ ...entry(5, 2), kind: 'x' })],
    ['a session id as long as a book', append({ ...entry(5, 2), session: 's'.repeat(ID_LENGTH_MAX + 1) })],
    [
      'more entries than a message may have',
      append(...Array.from({ length: WIRE_ENTRIES_MAX + 1 }, (_, at) => entry(5 + at, 2))),
    ],
    ['entries that do not follow', append(entry(6, 2))],
    ['entries with a gap', append(entry(5, 2), entry(7, 2))],
    ['entries in the wrong order', append(entry(6, 2), entry(5, 2))],
    ['terms that fall', append(entry(5, 3), entry(6, 2))],
    ['an entry older than the one before it', append(entry(5, 1))],
    ['an entry of a later term than the leader’s', append(entry(5, 4))],
    ['time that runs backwards', append({ ...entry(5, 2), timeMs: 9 }, { ...entry(6, 2), timeMs: 8 })],
    ['a noop that claims room', append({ kind: 'noop', index: 5, term: 2, timeMs: 0, bytes: 9 })],
    ['a preceding entry of a later term', { ...append(), prevTerm: 4 }],
    ['a snapshot of nothing', snapshotOf(abc, { index: 0 })],
    ['a snapshot of a later term', snapshotOf(abc, { term: 4 })],
    ['a snapshot without voters', snapshotOf(nobody)],
    ['a member that votes twice', snapshotOf({ ...abc, voters: ['a', 'a'] })],
    ['a member that votes and learns', snapshotOf({ ...abc, learners: ['a'] })],
    ['a learner that still votes in the other half', snapshotOf({ ...abc, outgoing: ['d'], learners: ['d'] })],
    ['a future learner that never voted', snapshotOf({ ...abc, learnersNext: ['d'] })],
    ['a plain configuration that is to be left', snapshotOf({ ...abc, autoLeave: true })],
    [
      'more members than a room may have',
      snapshotOf({ ...nobody, voters: Array.from({ length: MEMBERS_MAX + 1 }, String) }),
    ],
    ['a hint beyond the question', { kind: 'append-refused', ...header, prevIndex: 4, hintIndex: 5, hintTerm: 1 }],
    [
      'a candidate with a log of its own future',
      { kind: 'vote-request', ...header, lastIndex: 4, lastTerm: 3, pre: false, transfer: false },
    ],
  ])('%s', (_, message) => expect(isRefused(message)).toBe(true))

  test('a sender without a name', () => {
    expect(parseEnvelope({ from: '', to: 'b', message: beat })).toBeInstanceOf(MeshError)
    expect(parseEnvelope({ from: 'a', to: 'b', message: beat, hops: 1 })).toBeInstanceOf(MeshError)
  })
})

test('it never throws, and what it lets pass never stops a machine that is not told two stories of one term', () => {
  const number = fc.oneof(fc.nat(8), fc.constant(-1), fc.constant(0.5), fc.constant(Number.MAX_SAFE_INTEGER))
  const anyEntry = fc.record({
    kind: fc.constantFrom('noop', 'command', 'membership'),
    index: number,
    term: number,
    timeMs: number,
    bytes: number,
    session: fc.constant(''),
    sequence: number,
    payload: fc.anything(),
  })
  const message = fc.record(
    {
      kind: fc.constantFrom(
        'append',
        'append-ok',
        'append-refused',
        'heartbeat-ok',
        'vote-request',
        'vote-reply',
        'stale-term',
      ),
      sender: fc.record({ generation: fc.constantFrom('g1', 'g2'), epoch: number }),
      term: number,
      lastIndex: number,
      lastTerm: number,
      prevIndex: number,
      prevTerm: number,
      hintIndex: number,
      hintTerm: number,
      match: number,
      commit: number,
      round: number,
      pre: fc.boolean(),
      transfer: fc.boolean(),
      granted: fc.boolean(),
      entries: fc.array(anyEntry, { maxLength: 3 }),
    },
    { requiredKeys: ['kind', 'sender', 'term'] },
  )
  const keys: Readonly<Record<string, readonly string[]>> = {
    append: ['prevIndex', 'prevTerm', 'commit', 'entries'],
    'append-ok': ['match'],
    'append-refused': ['prevIndex', 'hintIndex', 'hintTerm'],
    'heartbeat-ok': ['round'],
    'vote-request': ['lastIndex', 'lastTerm', 'pre', 'transfer'],
    'vote-reply': ['pre', 'granted'],
    'stale-term': [],
  }
  let passed = 0
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), messages => {
      const room = new Room(core, ['a', 'b', 'c'], { preVote: false, checkQuorum: false })
      for (const one of messages) {
        const own = ['kind', 'sender', 'term', ...(keys[one.kind] ?? [])]
        const trimmed = Object.fromEntries(Object.entries(one).filter(([key]) => own.includes(key)))
        const parsed = parseEnvelope({ from: 'b', to: 'a', message: trimmed })
        if (parsed instanceof MeshError) continue
        // Only one story is told: b leads no term in which a itself might.
        if (parsed.message.kind === 'append' && parsed.message.term <= room.of('a').view.term) continue
        passed++
        room.hand({ from: parsed.from, to: parsed.to, host: 'b/1', message: parsed.message })
      }
    }),
    { numRuns: 300, seed: 1 },
  )
  expect(passed).toBeGreaterThan(100)
})

test('what a disk gives back is checked as well', () => {
  expect(parseStoredEntry(entry(2, 1))).toEqual(entry(2, 1))
  expect(parseStoredEntry({ ...entry(2, 1), index: -1 })).toBeInstanceOf(MeshError)
  const { snapshot } = core.genesisState({ member: id('a'), generation: 'g1', voters: [id('a')] })
  expect(parseStoredSnapshot(snapshot)).toEqual(snapshot)
  expect(parseStoredSnapshot({ ...snapshot, membership: 'all' })).toBeInstanceOf(MeshError)
  expect(parseStoredHardState({ term: 1, commit: 1 })).toEqual({ term: 1, votedFor: undefined, commit: 1 })
  expect(parseStoredHardState({ term: 1, votedFor: 'a', commit: 1 })).toEqual({ term: 1, votedFor: 'a', commit: 1 })
  expect(parseStoredHardState({ term: 1 })).toBeInstanceOf(MeshError)
})
