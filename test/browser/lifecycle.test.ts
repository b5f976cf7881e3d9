/**
 * What browsers do to tabs: they freeze them, keep them behind the back button, and people reload two at once. A short form runs
 * always; `TABMESH_THOROUGH=1 npm test -- --only browser -- test/browser/lifecycle.test.ts` freezes for longer than any patience, and races 200 times.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { Stage, times } from './support/stage.ts'
import { idOf, meshOf, type Tab, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

const frozenMs = isThorough ? 25_000 : 3_000
const races = isThorough ? 200 : 3

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

const crowds: [string, BrowserName[]][] = [['both browsers', ['chromium', 'chromium', 'firefox']]]
if (isThorough) crowds.push(['its own browser', times(3, 'chromium')])
test.each(crowds)(
  'a frozen Chromium tab comes back to tabs of %s, and nobody is lost',
  { timeout: 180_000 },
  async (_, browsers) => {
    const tabs = await meet(browsers)
    const [frozen, ...others] = tabs as [Tab, ...Tab[]]
    const id = await idOf(frozen)
    const client = await frozen.page.createCDPSession()
    await client.send('Page.setWebLifecycleState', { state: 'frozen' })
    await new Promise(resolve => setTimeout(resolve, frozenMs)) // what is tested is that this time passes
    for (const [at, tab] of others.entries())
      for (const other of others.slice(at + 1))
        expect(await (await meshOf(tab)).evaluate(mesh => mesh.peers.map(({ id }) => id))).toContain(await idOf(other))
    await client.send('Page.setWebLifecycleState', { state: 'active' })
    for (const tab of tabs) await waitForPeers(tab, tabs.length - 1)
    expect(await idOf(frozen)).toBe(id)
    await everyTabHearsEveryOther(tabs)
  },
)

test.each<BrowserName>(['chromium', 'firefox'])(
  'a %s tab that comes back by the back button joins again as itself',
  async name => {
    const [one, two] = (await meet([name, name])) as [Tab, Tab]
    const id = await idOf(two)
    await two.page.goto('about:blank')
    await waitForPeers(one, 0)
    await two.page.goBack({ waitUntil: 'domcontentloaded' })
    // A page kept for the back button reloads itself at once, which ends whatever was asked of it.
    await expect.poll(() => idOf(two).catch(() => undefined), { timeout: 20_000 }).toBe(id)
    for (const tab of [one, two]) await waitForPeers(tab, 1)
    await everyTabHearsEveryOther([one, two])
  },
)

const pairs: [BrowserName, BrowserName][] = [['chromium', 'firefox']]
if (isThorough) pairs.push(['chromium', 'chromium'])
test.each(pairs)(
  `two tabs (%s, %s) reloaded at once find each other, ${races} times`,
  { timeout: 20 * 60_000 },
  async (left, right) => {
    const tabs = await meet([left, right])
    const ids = await Promise.all(tabs.map(idOf))
    for (let round = 0; round < races; round++) {
      await Promise.all(tabs.map(tab => tab.page.reload({ waitUntil: 'domcontentloaded' })))
      for (const [at, tab] of tabs.entries()) {
        const other = ids[1 - at]
        expect(
          (await waitForPeers(tab, 1)).map(({ id }) => id),
          `round ${round}`,
        ).toEqual([other])
        const links = async () => (await meshOf(tab)).evaluate(mesh => mesh.links.map(({ peer }) => peer))
        await expect.poll(links, { timeout: 20_000 }).toEqual([other])
      }
      await everyTabHearsEveryOther(tabs)
    }
  },
)

async function meet(browsers: readonly BrowserName[]): Promise<Tab[]> {
  const tabs = await stage.tabs(stage.room(), browsers)
  for (const tab of tabs) await waitForPeers(tab, browsers.length - 1)
  return tabs
}
