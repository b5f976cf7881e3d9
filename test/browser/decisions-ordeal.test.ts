/**
 * Four clients decide through five real tabs while whoever leads is closed, crashed, frozen, cut off and reloaded, once each. The
 * longer form is `npm run soak -- decisions --minutes N`.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { systemRandom } from '../../src/base/system.ts'
import { brokenPromises, ordeal } from './support/ordeal/ordeal.ts'
import { troubles } from './support/ordeal/troubles.ts'
import { Stage, times } from './support/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

test('what clients are told is linearizable, and nothing acknowledged is missing, whatever befalls who leads', async () => {
  const outcome = await ordeal({
    stage,
    browsers: times(5, 'chromium'),
    placement: 'window',
    random: systemRandom,
    calmMs: 2_000,
    troubleMs: 60_000,
    troublesMax: troubles.length,
    restMs: 500,
  })
  expect(brokenPromises(outcome)).toEqual([])
  expect(Object.keys(outcome.troubles).sort()).toEqual([...troubles].sort())
  expect(outcome.operations).toBeGreaterThan(100)
  expect(outcome.outcomes.done).toBeGreaterThan(100)
})
