/** What a machine makes of a disk, and what it will not start from (restore.ts, log.ts). */
import { expect, test } from 'vitest'
import { raftConfig } from '../../../src/consensus/raft/config.ts'
import { createRaft, genesisState, joinerState } from '../../../src/consensus/raft/index.ts'
import type { Entry, MembershipChange } from '../../../src/consensus/raft/messages.ts'
import type { RestoredState } from '../../../src/consensus/raft/state.ts'
import { entry, id, stored } from './support/stored.ts'

const origin = { member: id('a'), generation: 'g1' }
const config = raftConfig('lab', { ...origin, epoch: 1, random: { next: () => 0.5 } })
const genesis = genesisState({ ...origin, voters: ['c', 'a', 'b'].map(id) })
const start = (change: Partial<RestoredState>) => createRaft(config, { ...genesis, ...change })

test('genesis is the same for each of the first voters', () => {
  const other = genesisState({ member: id('b'), generation: 'g1', voters: ['a', 'b', 'c'].map(id) })
  expect({ ...genesis, member: undefined }).toEqual({ ...other, member: undefined })
  expect(createRaft(config, genesis).view).toMatchObject({
    role: 'follower',
    term: 1,
    commit: 1,
    lastIndex: 1,
    membership: { voters: ['a', 'b', 'c'] },
  })
})

test('a joiner knows nobody', () => {
  const { view } = createRaft(config, joinerState(origin))
  expect(view).toMatchObject({ commit: 0, lastIndex: 0, membership: { voters: [], learners: [] } })
})

test('what the state machine has applied is committed, though the stored commit index is older', () => {
  const change: MembershipChange = { kind: 'simple', changes: [{ set: 'learner', member: id('d') }] }
  const entries: Entry[] = [
    entry(2, 1),
    { kind: 'membership', index: 3, term: 1, timeMs: 0, bytes: 0, change },
    entry(4, 1),
  ]
  const { view } = start({ entries: entries, applied: 3 })
  expect(view).toMatchObject({ commit: 3, applied: 3, lastIndex: 4, membership: { learners: ['d'] } })
})

test('committed entries that the state machine lacks come again with the first step', () => {
  const raft = createRaft(config, stored(genesis, { log: [1, 1, 1], commit: 3 }))
  const effects = raft.step({ kind: 'tick', ticks: 1 })
  expect(effects).toMatchObject([{ kind: 'apply', entries: [{ index: 2 }, { index: 3 }] }])
  expect(raft.step({ kind: 'tick', ticks: 1 })).toEqual([])
})

test('entries may begin below the snapshot', () => {
  const snapshot = { ...genesis.snapshot, index: 4, term: 1 }
  const hard = { ...genesis.hard, commit: 4 }
  const { view } = start({ snapshot, hard, applied: 4, entries: [2, 3, 4, 5].map(index => entry(index, 1)) })
  expect(view).toMatchObject({ firstIndex: 3, lastIndex: 5, commit: 4 })
  expect([1, 2, 3, 5].map(index => view.termAt(index))).toEqual([undefined, 1, 1, 1])
})

test.each<[string, Partial<RestoredState>]>([
  ['another member’s', { member: id('b') }],
  ['of another generation', { generation: 'g2' }],
  ['with a gap', { entries: [entry(2, 1), entry(4, 1)] }],
  ['with a gap after the snapshot', { entries: [entry(3, 1)] }],
  ['with a commit index beyond its end', { hard: { ...genesis.hard, commit: 2 } }],
  ['whose state machine is ahead of the log', { applied: 2 }],
  ['whose state machine is behind the snapshot', { applied: 0 }],
  [
    'whose log contradicts its snapshot',
    { snapshot: { ...genesis.snapshot, index: 3, term: 2 }, entries: [2, 3].map(index => entry(index, 1)), applied: 3 },
  ],
])('it does not start from a disk %s', (_, change) => {
  expect(() => start(change)).toThrow(expect.objectContaining({ name: 'InvariantError' }))
})

test('it does not believe a driver that has applied what it was never given', () => {
  const raft = start({})
  expect(() => raft.step({ kind: 'applied', index: 2 })).toThrow('handed out up to 1')
})
