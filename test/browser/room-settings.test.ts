/** Settings of the room, changed through the console: one tab's form changes what all tabs do, and the other tab's form shows it. */
import type { ElementHandle } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { violations } from './support/axe.ts'
import { Stage } from './support/stage.ts'
import { meshOf, type Tab, textOf, waitForPeers } from './support/tabs.ts'

const answerMs = 20_000

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'], 'window')
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

/** Two tabs with the form in view, one in each browser. */
async function two(): Promise<[Tab, Tab]> {
  const tabs = (await stage.tabs(stage.room(), ['chromium', 'firefox'])) as [Tab, Tab]
  for (const tab of tabs) await waitForPeers(tab, 1)
  for (const tab of tabs) {
    await tab.page.bringToFront()
    await (await there(tab, '>>> wa-tab ::-p-text(Decisions)')).click()
    await (await there(tab, '>>> room-settings >>> summary')).click()
    await there(tab, '>>> #fanout')
    await expect.poll(() => textOf(tab), { timeout: answerMs }).toContain('as by default')
  }
  return tabs
}

/** Puppeteer's own waiting sees no changes inside shadow roots. */
function there({ page }: Tab, selector: string): Promise<ElementHandle> {
  const look = async () => {
    const element = await page.$(selector)
    if (!element) throw new Error(`nothing is at ${selector}`)
    return element as ElementHandle
  }
  return vi.waitFor(look, { timeout: answerMs, interval: 50 })
}

const shownIn = ({ page }: Tab, id: string) => page.$eval(`>>> #${id}`, field => (field as HTMLInputElement).value)

async function type(tab: Tab, id: string, text: string): Promise<void> {
  await tab.page.bringToFront()
  const field = await there(tab, `>>> #${id}`)
  await field.evaluate(field => (field as HTMLInputElement).select())
  await field.type(text)
}

async function enter(tab: Tab, id: string): Promise<void> {
  await (await there(tab, `>>> #${id}`)).press('Enter')
}

async function shows(tab: Tab, words: string): Promise<void> {
  await expect.poll(() => textOf(tab), { timeout: answerMs }).toContain(words)
}

async function gossips(tab: Tab, fanout: number): Promise<void> {
  const mesh = await meshOf(tab)
  const settings = () => mesh.evaluate(async mesh => (await mesh.gossip.settings()).fanout)
  await expect.poll(settings, { timeout: answerMs }).toBe(fanout)
}

test('what one tab changes holds for the other and is shown there, but not over what is being typed', async () => {
  const [one, other] = await two()
  await type(one, 'fanout', '99')
  await enter(one, 'fanout')
  await shows(one, '“Compare with” must be a number from 1 to 10.')
  await type(one, 'fanout', '6')
  await enter(one, 'fanout')
  await shows(one, 'Decided in')
  for (const tab of [one, other]) await gossips(tab, 6)

  await other.page.bringToFront()
  await expect.poll(() => shownIn(other, 'fanout'), { timeout: answerMs }).toBe('6')
  await shows(other, 'Changed elsewhere')
  expect(await textOf(one)).not.toContain('Changed elsewhere')

  await type(other, 'fanout', '2')
  await (await there(one, '>>> settings-part >>> button[aria-label^="Use the default, 3"]')).click()
  await shows(one, 'the default counts again')
  for (const tab of [one, other]) await gossips(tab, 3)
  await other.page.bringToFront()
  await shows(other, 'Changed elsewhere meanwhile: 3.')
  expect(await shownIn(other, 'fanout')).toBe('2')
  await enter(other, 'fanout')
  await shows(other, 'Decided in')
  for (const tab of [one, other]) await gossips(tab, 2)
  await one.page.bringToFront()
  await expect.poll(() => shownIn(one, 'fanout'), { timeout: answerMs }).toBe('2')
})

test('clocks are chosen by their preset, and those that could not work are refused in words', async () => {
  const [one, other] = await two()
  await (await there(one, '>>> #preset')).select('internet')
  expect(await shownIn(one, 'electionMs')).toBe('1500')
  await enter(one, 'heartbeatMs')
  await shows(one, 'Decided in')
  const mesh = await meshOf(other)
  const clocks = () => mesh.evaluate(mesh => mesh.snapshot.decisions?.timing.electionMs)
  await expect.poll(clocks, { timeout: answerMs }).toBe(1_500)
  await expect.poll(() => shownIn(other, 'preset'), { timeout: answerMs }).toBe('internet')
  await type(one, 'electionMs', '300')
  await enter(one, 'electionMs')
  await shows(one, 'Nothing was changed.')
  await shows(one, '“Choose another leader after” must be at least twice “Leader says it is here every”')
  expect(await clocks()).toBe(1_500)

  for (const [scheme, width] of [
    ['light', 1440],
    ['dark', 390],
  ] as const) {
    await one.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
    await one.page.setViewport({ width, height: 1600 })
    expect(await violations(one)).toEqual([])
  }
})
