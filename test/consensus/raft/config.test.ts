/** Presets and whatever an application chooses instead (config.ts). */
import { describe, expect, test } from 'vitest'
import { RAFT_PRESETS, type RaftOverrides, raftConfig } from '../../../src/consensus/raft/config.ts'
import { DEFAULT_LIMITS } from '../../../src/consensus/raft/limits.ts'
import { id } from './support/stored.ts'

const identity = { member: id('a'), generation: 'g1', epoch: 1, random: { next: () => 0.5 } }

test.each([
  // preset       heartbeat  election, ms
  ['lab', 50, 150],
  ['internet', 250, 1_500],
] as const)(
  'preset %s beats every %i ms and waits %i to twice that for an election',
  (preset, heartbeatMs, electionMs) => {
    const config = raftConfig(preset, identity)
    expect(config.heartbeatTicks * config.tickMs).toBe(heartbeatMs)
    expect(config.electionTicks * config.tickMs).toBe(electionMs)
    expect(config).toMatchObject({ preVote: true, checkQuorum: true, limits: DEFAULT_LIMITS, member: 'a', epoch: 1 })
    expect(RAFT_PRESETS[preset]).toMatchObject({ heartbeatMs, electionMs })
  },
)

test('what is not overridden stays', () => {
  const config = raftConfig('lab', identity, {
    timing: { electionMs: 300 },
    limits: { readsPendingMax: 7 },
    preVote: false,
  })
  expect(config).toMatchObject({ electionTicks: 30, heartbeatTicks: 5, preVote: false, checkQuorum: true })
  expect(config.limits).toEqual({ ...DEFAULT_LIMITS, readsPendingMax: 7 })
})

describe('it refuses', () => {
  test.each<[string, RaftOverrides, string]>([
    ['no tick', { timing: { tickMs: 0 } }, 'tickMs'],
    ['a broken tick', { timing: { tickMs: 2.5 } }, 'tickMs'],
    ['a heartbeat between ticks', { timing: { heartbeatMs: 55 } }, 'multiples of tickMs'],
    ['an election timeout that one lost heartbeat uses up', { timing: { electionMs: 90 } }, 'twice heartbeatMs'],
    ['an election timeout of few ticks', { timing: { tickMs: 50, heartbeatMs: 50, electionMs: 200 } }, 'five ticks'],
    ['an impatient snapshot', { timing: { snapshotRetryMs: 100 } }, 'snapshotRetryMs'],
    ['time that is no number', { timing: { electionMs: '150' as never } }, 'electionMs'],
    ['a time it does not know', { timing: { leaseMs: 9 } as never }, 'leaseMs'],
    ['a limit of none', { limits: { inflightMessagesMax: 0 } }, 'inflightMessagesMax'],
    ['a limit that is none', { limits: { readsPendingMax: Number.POSITIVE_INFINITY } }, 'readsPendingMax'],
    ['a limit it does not know', { limits: { votesMax: 3 } as never }, 'votesMax'],
    ['room for less than one entry', { limits: { uncommittedBytesMax: 10, entryBytesMax: 11 } }, 'uncommittedBytesMax'],
    ['a log that fills before it may be cut', { limits: { logEntriesMax: 2_000 } }, 'logEntriesMax'],
  ])('%s', (_, overrides, named) => {
    const refusal = expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(named) })
    expect(() => raftConfig('lab', identity, overrides)).toThrow(refusal)
  })

  test.each([{ member: id('') }, { generation: '' }, { epoch: 0 }, { epoch: 1.5 }])('an identity with %j', wrong => {
    expect(() => raftConfig('lab', { ...identity, ...wrong })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
  })
})
