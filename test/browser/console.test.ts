/** The console as people use it: the button that runs the sample, what every tab then shows, and what axe says of every state. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { violations } from './support/axe.ts'
import type { BrowserName } from './support/browsers.ts'
import { whenJob } from './support/jobs.ts'
import { countWordsReference, sampleTexts } from './support/reference.ts'
import { roomAt, Stage } from './support/stage.ts'
import { blankTab, meshOf, refusalOf, type Tab, textOf, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }
const countWords = { kind: 'capability', capability: 'text.count-words', options: { top: 50 } } as const
/** Enough for a chart and a table as long as those of the sample. */
const fewTexts = ['a', 'b', 'c'].map(name => ({
  name: `${name}.txt`,
  text: Array.from({ length: 60 }, (_, number) => `${name}${'x'.repeat(number % 12)}y `.repeat(number + 1)).join('\n'),
}))

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'], 'window')
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

test.each<[BrowserName]>([['chromium'], ['firefox']])('in %s the sample job is one press away', async name => {
  const room = stage.room()
  const [one, two] = [await stage.tab(name, room.url('Ada')), await stage.tab(name, room.url('Bob'))]
  await Promise.all([waitForPeers(one, 1), waitForPeers(two, 1)])
  for (const [tab, other] of [
    [one, 'Bob'],
    [two, 'Ada'],
  ] as const) {
    await expect.poll(() => textOf(tab), { timeout: 10_000 }).toContain(other)
  }
  await one.page.locator('>>> wa-button ::-p-text(Run sample job)').click()
  const { words, top } = countWordsReference(sampleTexts(), 50) as { words: number; top: { word: string }[] }
  for (const tab of [one, two]) {
    const started = async () => (await meshOf(tab)).evaluate(mesh => mesh.jobs[0]?.id)
    await expect.poll(started, { timeout: 20_000 }).toBeDefined()
    const id = await started()
    if (!id) throw new Error('no job')
    await whenJob(tab, id, job => job.state === 'done')
    // The table: the most frequent words, and how many there were in all, as every tab computed them.
    const shown = () => textOf(tab).then(text => text.replaceAll(/[\s,.\u202f\u00a0]/g, ''))
    await expect.poll(shown, { timeout: 10_000 }).toContain(String(words))
    for (const { word } of top.slice(0, 5)) expect(await textOf(tab)).toContain(word)
  }
})

test('axe sees what is wrong', async () => {
  const tab = await stage.tab('chromium', stage.room().url('Ada'))
  await meshOf(tab)
  await tab.page.evaluate(() => document.body.append(document.createElement('button')))
  expect(await violations(tab)).toEqual([expect.stringMatching(/^button-name: /)])
})

const looks: ['light' | 'dark', keyof typeof sizes][] = [
  ['light', 'desktop'],
  ['dark', 'phone'],
]
if (isThorough) looks.push(['dark', 'desktop'], ['light', 'phone'])
describe.each(looks)('axe finds nothing, %s on a %s', (scheme, size) => {
  const open = async (url: string): Promise<Tab> => {
    const tab = await blankTab(stage.browser('chromium'), 'window')
    stage.adopt(tab)
    await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
    await tab.page.setViewport(sizes[size])
    await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
    return tab
  }

  test('alone, joined, and with a job done', async () => {
    const room = stage.room()
    const tab = await open(room.url('Ada'))
    await meshOf(tab)
    await expect.poll(() => textOf(tab), { timeout: 10_000 }).toContain('first one here')
    expect(await violations(tab), 'alone').toEqual([])

    const other = await stage.tab('chromium', room.url('Bob'))
    await waitForPeers(tab, 1)
    await expect.poll(() => textOf(tab), { timeout: 10_000 }).toContain('Bob')
    expect(await violations(tab), 'joined').toEqual([])

    const tabs = size === 'phone' ? 'nav ' : 'wa-tab'
    for (const [panel, words] of [
      ['Agents', 'Who can'],
      ['Faults', 'Heal all'],
      ['Metrics', 'Connectivity'],
    ] as const) {
      await tab.page.locator(`>>> ${tabs}::-p-text(${panel})`).click()
      await expect.poll(() => textOf(tab), { timeout: 10_000 }).toContain(words)
      expect(await violations(tab), panel).toEqual([])
    }

    const id = await (await meshOf(other)).evaluate(
      (mesh, program, inputs) => mesh.startJob({ program, inputs }),
      countWords,
      fewTexts,
    )
    await whenJob(tab, id, job => job.state === 'done')
    if (size === 'phone') await tab.page.locator('>>> nav ::-p-text(Work)').click()
    await expect.poll(() => textOf(tab), { timeout: 10_000 }).toContain('Download JSON')
    expect(await violations(tab), 'job done').toEqual([])
  })

  test('refused', async () => {
    const room = stage.room()
    await meshOf(await stage.tab('chromium', room.url('inside')))
    const tab = await open(roomAt(stage.server.origin, room.name, `${room.key}x`).url('outside'))
    expect((await refusalOf(tab))?.code).toBe('wrong-secret')
    await expect.poll(() => textOf(tab), { timeout: 10_000 }).toMatch(/separate room/i)
    expect(await violations(tab)).toEqual([])
  })
})
