/** The Raft core under every kind of fault: many seeds keep every promise, and one seed is one run. */
import { describe, expect, test } from 'vitest'
import * as raft from '../../src/consensus/raft/index.ts'
import { operationsOf } from '../../src/simulator/checkers/history.ts'
import { defaultOptions, type RaftSimulationOptions } from '../../src/simulator/raft/options.ts'
import { type RunResult, runSeed } from '../../src/simulator/raft/simulation.ts'
import type { TraceEvent } from '../../src/simulator/world/trace.ts'
import { regressionSeeds } from './regression-seeds.ts'

function run(seed: number, options: Partial<RaftSimulationOptions> = {}, only?: readonly number[]): RunResult {
  return runSeed({ seed, options: { ...defaultOptions, ...options }, raft, ...(only && { only }) })
}

function passes(result: RunResult): void {
  expect(result.violation?.message, `seed ${result.seed}`).toBeUndefined()
}

describe('the Raft core', () => {
  test('keeps every promise over 40 seeds of all faults', () => {
    const sum = { faults: 0, terms: 0, commits: 0, memberships: 0, ok: 0 }
    for (let seed = 1_001; seed <= 1_040; seed++) {
      const result = run(seed)
      passes(result)
      sum.faults += result.faults.length
      sum.terms += result.terms
      sum.commits += result.commits
      sum.memberships += result.memberships
      sum.ok += result.operations.ok
    }
    // Otherwise nothing was put to the test.
    expect(sum.faults).toBeGreaterThan(2_000)
    expect(sum.terms).toBeGreaterThan(300)
    expect(sum.commits).toBeGreaterThan(7_000)
    expect(sum.memberships).toBeGreaterThan(130)
    expect(sum.ok).toBeGreaterThan(17_000)
  })

  test.for(regressionSeeds)('keeps every promise in seed %i: %s', ([seed]) => passes(run(seed)))

  test.for<[string, Partial<RaftSimulationOptions>]>([
    ['one member', { members: 1 }],
    ['two members', { members: 2 }],
    ['nine members', { members: 9, ops: 200 }],
    ['64 clients on one key', { clients: 64, keys: 1, ops: 2_000 }],
    ['no faults', { faults: [] }],
    ['one operation', { clients: 1, ops: 1, keys: 1 }],
  ])('keeps every promise with %s', ([, options]) => {
    for (const seed of [1, 2, 3]) passes(run(seed, options))
  })
})

describe('a run', () => {
  test('is the same the second time, event for event, and another for another seed', () => {
    const hashes = [1, 2, 3, 4, 5].map(seed => {
      const { traceHash, events } = run(seed)
      expect([run(seed).traceHash, run(seed).events], `seed ${seed}`).toEqual([traceHash, events])
      return traceHash
    })
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  test('asks for as many operations as it was told to, one at a time for each process, in order of time', () => {
    for (const seed of [1, 2, 3, 4]) {
      const { history, operations } = run(seed, { ops: 300 })
      expect(history.filter(({ type }) => type === 'invoke')).toHaveLength(300)
      expect(operations.ok + operations.fail + operations.info).toBe(300)
      expect(() => operationsOf(history)).not.toThrow() // it refuses two at once
      expect(history.every(({ time }, place) => time > (history[place - 1]?.time ?? -1))).toBe(true)
      const usedUp = new Set<number>()
      for (const { process, type } of history) {
        expect(usedUp).not.toContain(process)
        if (type === 'info') usedUp.add(process)
      }
    }
  })

  test('follows only the faults it is told to', () => {
    const all = run(2)
    const some = all.faults.filter(({ id }) => id % 3 === 0).map(({ id }) => id)
    const part = run(2, {}, some)
    expect(part.faults.map(({ id }) => id)).toEqual(some)
    expect(part.traceHash).not.toBe(all.traceHash)
    expect(run(2, {}, []).faults).toEqual([])
  })

  test('is the same whether or not somebody watches', () => {
    const events: TraceEvent[] = []
    const watched = runSeed({ seed: 2, options: defaultOptions, raft, watch: event => events.push(event) })
    expect(watched.traceHash).toBe(run(2).traceHash)
    const kinds = new Set(events.map(({ kind }) => kind))
    for (const kind of ['deliver', 'drop', 'timer', 'disk', 'fault', 'role', 'start', 'stop'])
      expect(kinds).toContain(kind)
  })
})
