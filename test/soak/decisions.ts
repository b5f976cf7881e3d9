/**
 * Four clients decide through real tabs while whoever leads is closed, crashed, frozen or reloaded, and links are cut in halves:
 * what they were told must be linearizable, nothing acknowledged may be missing at the end, and calm needs no election.
 */
import { rounded, table } from '../../bench/support/numbers.ts'
import { systemRandom } from '../../src/base/system.ts'
import type { BrowserName } from '../browser/support/browsers.ts'
import { openDisplay } from '../browser/support/display.ts'
import { brokenPromises, type OrdealOutcome, ordeal } from '../browser/support/ordeal/ordeal.ts'
import { Stage } from '../browser/support/stage.ts'
import { blankTab, iceFailed } from '../browser/support/tabs.ts'
import type { SoakOptions } from './options.ts'
import { progress } from './progress.ts'

/** Of the time asked for, as much is spent in calm, ms. */
const calmMs = 10_000
const restMs = 1_500

export async function run({ browsers, tabs, minutes, hidden }: SoakOptions): Promise<readonly string[]> {
  const display = await openDisplay()
  const stage = await Stage.open(browsers, { display: display.name })
  try {
    const outcome = await ordeal({
      stage,
      browsers: Array.from({ length: tabs }, (_, at) => browsers[at % browsers.length] as BrowserName),
      placement: hidden ? 'tab' : 'window',
      random: systemRandom,
      calmMs,
      troubleMs: Math.max(0, minutes * 60_000 - calmMs),
      restMs,
      progress,
      settle: async () => {
        if (hidden) for (const name of browsers) stage.adopt(await blankTab(stage.browser(name), 'tab'))
      },
    })
    report({ browsers: browsers.join(' and '), tabs, place: hidden ? 'hidden' : 'visible', minutes }, outcome)
    return brokenPromises(outcome)
  } finally {
    await stage.clear([iceFailed]).catch(error => console.error(String(error)))
    await stage.close()
    display.close()
  }
}

function report(scene: Readonly<Record<string, string | number>>, outcome: OrdealOutcome): void {
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  const { verdict, missing, doubledTerms, operations, outcomes, p50Ms, p99Ms } = outcome
  const row = {
    ...scene,
    operations,
    'p50, ms': rounded(p50Ms),
    'p99, ms': rounded(p99Ms),
    'founding, ms': outcome.foundingMs,
    elections: counts(outcome.elections),
    'elections in calm': outcome.electionsInCalm,
    'highest term': outcome.highestTerm,
    'terms with two leaders': doubledTerms.length,
    'acknowledged and missing': missing.length,
    verdict: verdict.kind,
  }
  const gaps = Object.entries(outcome.troubles).map(([trouble, { times, longestGapMs }]) => ({
    trouble,
    times,
    'longest without an answer, ms': longestGapMs,
  }))
  console.log(`\n${table([row])}\n\noutcomes: ${counts(outcomes)}\n\n${table(gaps)}\n`)
  console.log(JSON.stringify({ ...scene, ...outcome, verdict: verdict.kind }))
}
