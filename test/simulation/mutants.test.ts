/** The simulation notices when a rule is broken; without that, a seed that passes says nothing. */
import { describe, expect, test } from 'vitest'
import * as raft from '../../src/consensus/raft/index.ts'
import { huntMutant, shrinkFailure } from '../../src/simulator/raft/campaign.ts'
import { loadMutant, mutatedSource } from '../../src/simulator/raft/load-mutant.ts'
import { type Mutant, mutantNamed, mutants } from '../../src/simulator/raft/mutants.ts'
import { defaultOptions } from '../../src/simulator/raft/options.ts'
import { runSeed } from '../../src/simulator/raft/simulation.ts'

function mutant(name: string): Mutant {
  const found = mutantNamed(name)
  if (!found) throw new Error(`there is no mutant ${name}`)
  return found
}

test('every mutant has a name of its own and a place in the core', async () => {
  expect(mutants.length).toBeGreaterThanOrEqual(30)
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  for (const one of mutants) expect(await mutatedSource(one)).toContain(one.replace)
})

describe('a simulation notices', () => {
  test.for<[name: string, invariant: string]>([
    ['vote-twice', 'one-vote-per-term'],
    ['vote-for-anyone', 'vote-up-to-date'],
    ['half-is-enough', 'commit-by-quorum'],
    ['count-learners', 'commit-by-quorum'],
    ['commit-old-terms', 'commit-own-term'],
    ['ack-before-durable', 'durable-before-promise'],
    ['apply-before-commit', 'state-machine-safety'],
    ['read-without-quorum', 'read-confirmed'],
    ['two-changes-at-once', 'one-change-at-a-time'],
    ['snapshot-without-sessions', 'state-machine-safety'],
    ['no-session-dedup', 'effectively-once'],
  ])('%s, as a broken promise: %s', async ([name, invariant]) => {
    const { killedBy } = await huntMutant(mutant(name), defaultOptions, [1, 2, 3, 4, 5])
    expect(killedBy?.violation?.invariant).toBe(invariant)
  })

  test.for<[name: string, invariant: string, firstSeed: number]>([
    ['no-session-dedup', 'linearizable', 1],
    ['half-is-enough', 'linearizable', 20], // the history of seed 19 takes half a minute to check
    ['count-learners', 'liveness', 20],
  ])('%s from outside alone, with no watcher inside: %s', async ([name, invariant, firstSeed]) => {
    const core = await loadMutant(mutant(name))
    const options = { ...defaultOptions, isBlind: true }
    const seen: (string | undefined)[] = []
    for (let seed = firstSeed; seed < firstSeed + 60 && !seen.includes(invariant); seed++)
      seen.push(runSeed({ seed, options, raft: core }).violation?.invariant)
    expect(seen).toContain(invariant)
  })
})

test('the shortest fault list of a failure still breaks the same promise, and no fault of it can be left out', async () => {
  const core = await loadMutant(mutant('forget-vote-on-restart'))
  const failure = runSeed({ seed: 26, options: defaultOptions, raft: core })
  expect(failure.violation?.invariant).toBe('one-vote-per-term')
  const { faults, isMinimal } = shrinkFailure(failure, defaultOptions, core)
  expect(faults.length).toBeLessThan(failure.faults.length)
  expect(faults.length).toBeGreaterThan(0)
  expect(isMinimal).toBe(true)
  const ids = faults.map(({ id }) => id)
  const again = (only: readonly number[]) => runSeed({ seed: 26, options: defaultOptions, raft: core, only }).violation
  expect(again(ids)?.invariant).toBe('one-vote-per-term')
  for (const id of ids) expect(again(ids.filter(other => other !== id))?.invariant).not.toBe('one-vote-per-term')
  expect(runSeed({ seed: 26, options: defaultOptions, raft, only: ids }).violation).toBeUndefined()
})
