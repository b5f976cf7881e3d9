/** The command bar as people use it, in real tabs that decide: keys, completion, history, answers of the whole room. */

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { violations } from './support/axe.ts'
import type { BrowserName } from './support/browsers.ts'
import { leadingTab, viewOf, waitForVoters } from './support/deciding.ts'
import { Stage } from './support/stage.ts'
import { type Tab, textOf, waitForPeers } from './support/tabs.ts'

const answerMs = 10_000

describe.each<BrowserName>(['chromium', 'firefox'])('in %s', name => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.shared([name], 'window')
  })
  afterEach(() => stage.clear())
  afterAll(() => stage?.close())

  test('the room is asked, changed and told by typed lines', async () => {
    const room = stage.room()
    const tabs: Tab[] = []
    for (const person of ['Ada', 'Bob', 'Cyd']) tabs.push(await stage.tab(name, room.url(person)))
    for (const tab of tabs) await waitForPeers(tab, 2)
    await waitForVoters(tabs, 3)
    const leading = await leadingTab(tabs)
    const tab = tabs.find(one => one !== leading) as Tab
    const { page } = tab
    await page.bringToFront()

    // A slash, a name half typed, and Tab.
    await page.keyboard.press('/')
    await focused(tab)
    await page.keyboard.type('consensus ver')
    await shows(tab, 'Asks a quorum, now, whether it follows the leader')
    expect(await violations(tab)).toEqual([])
    await page.keyboard.press('Tab')
    expect(await typed(tab)).toBe('consensus verify-quorum ')
    await page.keyboard.press('Enter')
    await shows(tab, '3 voters answered, 2 needed')
    expect(await violations(tab)).toEqual([])

    // The leader lives elsewhere, and obeys.
    const before = (await viewOf(tab))?.leader
    await say(tab, 'consensus step-down')
    await shows(tab, /stepped down\. \w+( \(this tab\))? leads in term \d+, and a quorum follows/)
    await expect.poll(async () => (await viewOf(tab))?.leader?.host, { timeout: answerMs }).not.toBe(before?.host)

    // Clocks change for everybody.
    await say(tab, 'consensus config --timing lab')
    await shows(tab, 'Changed for the whole room.')
    for (const one of tabs)
      await expect.poll(async () => (await viewOf(one))?.timing.preset, { timeout: answerMs }).toBe('lab')

    // What is wrong says what to do; the line before comes back.
    await say(tab, 'consnesus status')
    await shows(tab, 'Did you mean “consensus status”?')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    expect(await typed(tab)).toBe('consensus config --timing lab')

    // Escape closes it, the keys open it again, and nothing typed is lost.
    await page.keyboard.press('Escape')
    await expect.poll(() => focusedLabel(tab), { timeout: answerMs }).not.toBe('Command')
    await page.keyboard.down('Control')
    await page.keyboard.press('k')
    await page.keyboard.up('Control')
    await focused(tab)
    await shows(tab, '3 voters answered')

    // Another tab of this browser has the history.
    const other = tabs.find(one => one !== tab) as Tab
    await other.page.bringToFront()
    await other.page.reload({ waitUntil: 'domcontentloaded' })
    await other.page.waitForSelector('mesh-console')
    await press(other, '>>> command-launcher >>> wa-button')
    await focused(other)
    await other.page.keyboard.press('ArrowUp')
    expect(await typed(other)).toBe('consnesus status')
  })
})

/** Waits until the bar's line has the focus: it is fetched at its first use. */
async function focused(tab: Tab): Promise<void> {
  await expect.poll(() => focusedLabel(tab), { timeout: answerMs }).toBe('Command')
}

function focusedLabel(tab: Tab): Promise<string | null | undefined> {
  return tab.page.evaluate(() => {
    let element = document.activeElement
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    return element?.getAttribute('aria-label')
  })
}

async function say(tab: Tab, line: string): Promise<void> {
  await focused(tab)
  await tab.page.keyboard.type(`${line}\n`)
}

function typed(tab: Tab): Promise<string> {
  return tab.page.$eval('>>> command-bar >>> input', input => (input as HTMLInputElement).value)
}

async function press(tab: Tab, selector: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const element = await tab.page.$(selector)
      if (!element) throw new Error(`nothing is at ${selector}`)
      await element.click()
    },
    { timeout: answerMs, interval: 50 },
  )
}

async function shows(tab: Tab, words: string | RegExp): Promise<void> {
  const poll = expect.poll(() => textOf(tab), { timeout: answerMs })
  await (typeof words === 'string' ? poll.toContain(words) : poll.toMatch(words))
}
