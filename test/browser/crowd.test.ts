/**
 * Real tabs find each other and share work: who is here, by name, how they are linked, and how far away they are; a job's result is byte
 * for byte what one thread computes, in every tab, whoever closes meanwhile.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import type { BrowserName } from './support/browsers.ts'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { Crowd } from './support/crowd.ts'
import { expectResult, type Job, startJob, whenJob } from './support/jobs.ts'
import { countWordsReference, grepReference, sampleTexts, type Text } from './support/reference.ts'
import { Stage, times } from './support/stage.ts'
import { closeTab, idOf, meshOf, type Tab, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

const countWords = (top: number): Job['program'] => ({
  kind: 'capability',
  capability: 'text.count-words',
  options: { top },
})

/** The best of ten round trips on one machine takes about 1 ms; a busy machine gets more. */
const rttMsMax = 50

let stage: Stage
let sample: Text[]
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
  sample = sampleTexts()
})
afterAll(() => stage?.close())

const mixed = ['chromium', 'firefox', 'chromium', 'firefox', 'chromium', 'firefox'] as const
const crowds: { who: string; browsers: readonly BrowserName[] }[] = [
  { who: 'five tabs of Chromium', browsers: times(5, 'chromium') },
  { who: 'five tabs of Firefox', browsers: times(5, 'firefox') },
  { who: 'three of Chromium and three of Firefox', browsers: mixed },
]

describe.each(crowds)('$who', ({ browsers }) => {
  let crowd: Crowd
  let tabs: Tab[]
  beforeAll(() => {
    crowd = new Crowd(stage, browsers)
  })
  beforeEach(async () => {
    tabs = await crowd.whole()
  })
  afterAll(() => stage.clear())

  test('each see all the others, and hear each other directly and by broadcast', async () => {
    const ids = await Promise.all(tabs.map(idOf))
    expect(new Set(ids).size).toBe(tabs.length)
    for (const [index, tab] of tabs.entries()) {
      const peers = await waitForPeers(tab, tabs.length - 1)
      const names = peers.map(({ id, name }) => `${id} ${name}`)
      const others = ids.flatMap((id, other) => (other === index ? [] : [`${id} T${other}`]))
      expect(names.sort()).toEqual(others.sort())
      for (const { id, link, rttMs, device } of peers) {
        expect(['webrtc', 'broadcast', 'relayed']).toContain(link)
        if (link !== 'relayed') expect(rttMs).toBeGreaterThanOrEqual(0)
        expect(await bestPingMs(tab, id)).toBeLessThan(rttMsMax)
        expect(device).toMatch(browsers[ids.indexOf(id)] === 'chromium' ? /Chrom/ : /Firefox/)
      }
      expect(peers.filter(({ link }) => link !== 'relayed').length).toBeGreaterThanOrEqual(1)
    }
    await everyTabHearsEveryOther(tabs)
  })

  test('those of one browser hear each other past the links too', async () => {
    // The pipes come after joining: each word that is heard gives them time.
    const isPast = async (tab: Tab) => {
      const mesh = await meshOf(tab)
      const { counters } = await mesh.evaluate(mesh => mesh.metrics())
      return (
        (counters['gossip.sibling-batches-sent'] ?? 0) > 0 && (counters['gossip.sibling-batches-received'] ?? 0) > 0
      )
    }
    await expect
      .poll(
        async () => {
          await everyTabHearsEveryOther(tabs)
          return Promise.all(tabs.map(isPast))
        },
        { timeout: 30_000, interval: 500 },
      )
      .toEqual(tabs.map(() => true))
  })

  test.runIf(browsers === mixed || isThorough)('count the words of the sample as one thread does', async () => {
    const id = await startJob(at(tabs, 1), { program: countWords(50), inputs: 'sample' })
    await expectResult(tabs, id, countWordsReference(sample, 50))
  })

  test.runIf(browsers === mixed || isThorough)('search: the matching lines by file and line', async () => {
    const options = { pattern: '^(?=.{0,199}$).*\\bpeace\\b', flags: 'iu', max: 40 }
    const program = { kind: 'capability', capability: 'text.grep', options } as const
    const id = await startJob(at(tabs, 2), { program, inputs: 'sample' })
    const { count, hits } = grepReference(sample, /^(?=.{0,199}$).*\bpeace\b/iu, 40)
    expect(hits.length).toBeGreaterThan(0)
    await expectResult(tabs, id, { count, hits, truncated: count > hits.length })
  })

  test.runIf(browsers === mixed || isThorough)('run functions that a person typed', async () => {
    const program = {
      kind: 'source',
      map: '(text) => [...text.matchAll(/e/g)].length',
      reduce: '(parts) => ({ letters: parts.reduce((sum, part) => sum + part, 0), shards: parts.length > 0 })',
    } as const
    const id = await startJob(at(tabs, 0), { program, inputs: 'sample' })
    const letters = sample.reduce((sum, { text }) => sum + text.split('e').length - 1, 0)
    await expectResult(tabs, id, { letters, shards: true })
  })

  test.runIf(browsers !== mixed && (browsers[0] === 'chromium' || isThorough))(
    'lose and double nothing when the submitter and a helper close midway; all take part, and who joins after the end reads the result too',
    async () => {
      const [survivor, submitter, helper] = [at(tabs, 0), at(tabs, 1), at(tabs, 2)]
      const id = await startJob(submitter, { program: slowCountOf(60), inputs: 'sample' })
      const before = await whenJob(survivor, id, job => job.safeToClose && job.shardsDone > 4)
      expect(before.state).toBe('running')
      expect(before.shardsDone).toBeLessThan(before.shards / 2)
      await closeTab(submitter)
      await closeTab(helper)
      const left = tabs.filter(tab => !tab.isGone)
      await expectResult(left, id, slowCountReference(sample))
      const { perPeer } = await whenJob(survivor, id, job => job.state === 'done')
      const workers = new Set(perPeer.filter(({ done }) => done > 0).map(({ peer }) => peer))
      for (const tab of left) expect(workers).toContain(await idOf(tab))
      const late = await stage.tab('firefox', crowd.room.url('late'))
      await expectResult([late], id, slowCountReference(sample))
    },
  )

  test.runIf(browsers === mixed)(
    'go on in the other browser with texts that only the closed submitter had',
    async () => {
      const [survivor, submitter, helper] = [at(tabs, 0), at(tabs, 1), at(tabs, 2)]
      const texts = ownTexts()
      const id = await startJob(submitter, { program: slowCountOf(400), inputs: texts })
      const before = await whenJob(survivor, id, job => job.safeToClose && job.shardsDone > 0)
      expect(before.state).toBe('running')
      await closeTab(submitter)
      await closeTab(helper)
      const left = tabs.filter(tab => !tab.isGone)
      await expectResult(left, id, slowCountReference(texts))
    },
  )
})

test('a tab that nobody joins is usable, and says that it is alone', async () => {
  const tab = await stage.tab('chromium', stage.room().url())
  const mesh = await meshOf(tab)
  expect(await mesh.evaluate(mesh => [mesh.snapshot.phase, mesh.peers.length])).toEqual(['alone', 0])
  await stage.clear()
})

/** Takes its time, so that tabs can close in the middle; counts one letter's words exactly. */
const slowCountOf = (callMs: number): Job['program'] => ({
  kind: 'source',
  map: `async (text) => {
    await new Promise(done => setTimeout(done, ${callMs}))
    return (text.match(/[a-z]+/g) ?? []).length
  }`,
  reduce: '(parts) => ({ words: parts.reduce((sum, part) => sum + part, 0) })',
})

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

function at(tabs: readonly Tab[], index: number): Tab {
  const tab = tabs[index]
  if (!tab) throw new Error(`there is no tab ${index}`)
  return tab
}

async function bestPingMs(tab: Tab, peer: PeerId): Promise<number> {
  return (await meshOf(tab)).evaluate(async (mesh, peer) => {
    const trips: number[] = []
    for (let round = 0; round < 10; round++) trips.push((await mesh.ping(peer)).rttMs)
    return Math.min(...trips)
  }, peer)
}
