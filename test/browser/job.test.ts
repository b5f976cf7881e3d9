/** Work shared by real tabs: the result is byte for byte what one thread computes, in every tab, whoever closes meanwhile. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { expectResult, type Job, startJob, whenJob } from './support/jobs.ts'
import { countWordsReference, grepReference, sampleTexts, type Text } from './support/reference.ts'
import { Stage, times } from './support/stage.ts'
import { closeTab, type Tab, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

const countWords = (top: number): Job['program'] => ({
  kind: 'capability',
  capability: 'text.count-words',
  options: { top },
})

let stage: Stage
let sample: Text[]
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
  sample = sampleTexts()
})
afterAll(() => stage?.close())

const crowds: [string, BrowserName[]][] = [
  ['five tabs of Firefox', times(5, 'firefox')],
  ['three of each', ['chromium', 'firefox', 'chromium', 'firefox', 'chromium', 'firefox']],
]
if (isThorough) crowds.push(['five tabs of Chromium', times(5, 'chromium')])

describe.each(crowds)('%s', (_, browsers) => {
  let tabs: Tab[]
  beforeAll(async () => {
    tabs = await meet(browsers)
  })
  afterAll(() => stage.clear())

  test('count the words of the sample as one thread does', async () => {
    const id = await startJob(at(tabs, 1), { program: countWords(50), inputs: 'sample' })
    await expectResult(tabs, id, countWordsReference(sample, 50))
  })

  test('search: the matching lines by file and line', async () => {
    const options = { pattern: '^(?=.{0,199}$).*\\bpeace\\b', flags: 'iu', max: 40 }
    const program = { kind: 'capability', capability: 'text.grep', options } as const
    const id = await startJob(at(tabs, 2), { program, inputs: 'sample' })
    const { count, hits } = grepReference(sample, /^(?=.{0,199}$).*\bpeace\b/iu, 40)
    expect(hits.length).toBeGreaterThan(0)
    await expectResult(tabs, id, { count, hits, truncated: count > hits.length })
  })

  test('run functions that a person typed', async () => {
    const program = {
      kind: 'source',
      map: '(text) => [...text.matchAll(/e/g)].length',
      reduce: '(parts) => ({ letters: parts.reduce((sum, part) => sum + part, 0), shards: parts.length > 0 })',
    } as const
    const id = await startJob(at(tabs, 0), { program, inputs: 'sample' })
    const letters = sample.reduce((sum, { text }) => sum + text.split('e').length - 1, 0)
    await expectResult(tabs, id, { letters, shards: true })
  })
})

describe('a room', () => {
  afterEach(() => stage.clear())

  test('every tab takes part, and one that joins after the end reads the result too', async () => {
    const room = stage.room()
    const tabs = await meet(times(3, 'chromium'), room)
    const id = await startJob(at(tabs, 0), { program: slowCount, inputs: 'sample' })
    const view = await whenJob(at(tabs, 2), id, job => job.state === 'done')
    expect(view.perPeer.filter(({ done }) => done > 0)).toHaveLength(3)
    await closeTab(at(tabs, 0))
    const late = await stage.tab('firefox', room.url('late'))
    await expectResult([late], id, slowCountReference(sample))
  })

  test('whose submitter and a helper close loses nothing and doubles nothing', async () => {
    const tabs = await meet(times(5, 'chromium'))
    const [survivor, submitter, helper] = [at(tabs, 0), at(tabs, 1), at(tabs, 2)]
    const id = await startJob(submitter, { program: slowCount, inputs: 'sample' })
    const before = await whenJob(survivor, id, job => job.safeToClose && job.shardsDone > 4)
    expect(before.state).toBe('running')
    expect(before.shardsDone).toBeLessThan(before.shards / 2)
    await closeTab(submitter)
    await closeTab(helper)
    const left = tabs.filter(tab => !tab.isGone)
    await expectResult(left, id, slowCountReference(sample))
  })

  test('goes on in the other browser with texts that only the closed submitter had', async () => {
    const tabs = await meet(['chromium', 'firefox', 'chromium', 'firefox'])
    const [survivor, submitter, helper] = [at(tabs, 0), at(tabs, 1), at(tabs, 2)]
    const texts = ownTexts()
    const id = await startJob(submitter, { program: slowCount, inputs: texts })
    const before = await whenJob(survivor, id, job => job.safeToClose && job.shardsDone > 0)
    expect(before.state).toBe('running')
    await closeTab(submitter)
    await closeTab(helper)
    const left = tabs.filter(tab => !tab.isGone)
    await expectResult(left, id, slowCountReference(texts))
  })
})

/** Takes its time (60 ms a call), so that tabs can close in the middle; counts one letter's words exactly. */
const slowCount: Job['program'] = {
  kind: 'source',
  map: `async (text) => {
    await new Promise(done => setTimeout(done, 60))
    return (text.match(/[a-z]+/g) ?? []).length
  }`,
  reduce: '(parts) => ({ words: parts.reduce((sum, part) => sum + part, 0) })',
}

function slowCountReference(texts: readonly Text[]): { words: number } {
  return { words: texts.reduce((sum, { text }) => sum + (text.match(/[a-z]+/g)?.length ?? 0), 0) }
}

/** About 3 MB in twelve texts that no server has. */
function ownTexts(): Text[] {
  const line = (number: number) => `line ${number} of a text that was typed in one tab only, and it goes on a little\n`
  return Array.from({ length: 12 }, (_, text) => ({
    name: `own-${text}.txt`,
    text: Array.from({ length: 3_000 }, (_, number) => line(text * 3_000 + number)).join(''),
  }))
}

async function meet(browsers: readonly BrowserName[], room = stage.room()): Promise<Tab[]> {
  const tabs = await stage.tabs(room, browsers)
  for (const tab of tabs) await waitForPeers(tab, browsers.length - 1)
  return tabs
}

function at(tabs: readonly Tab[], index: number): Tab {
  const tab = tabs[index]
  if (!tab) throw new Error(`there is no tab ${index}`)
  return tab
}
