/** Who is gone leaves every list, whether the tab was closed, left, or died. How fast is measured by `npm run bench -- leave`. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { Stage, times } from './support/stage.ts'
import { closeTab, crashTab, idOf, meshOf, type Tab, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

/** Budgets are 50 ms (closed) and 3 s (crashed elsewhere); a busy test machine gets more. */
const closedMsMax = 2_000
const crashedMsMax = 10_000

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

const crowds: [string, BrowserName[]][] = [['both', ['chromium', 'firefox', 'chromium', 'firefox']]]
if (isThorough) crowds.push(['Chromium', times(5, 'chromium')], ['Firefox', times(5, 'firefox')])

test.each(crowds)(
  'of %s, tabs that leave or are closed are gone from all lists, with the reason',
  async (_, browsers) => {
    let tabs = await meet(browsers)
    const goes = async (leaver: Tab, how: () => Promise<unknown>, ...may: string[]) => {
      const reasons = await watch(tabs, leaver)
      const startedAt = Date.now()
      await how()
      tabs = tabs.filter(tab => tab !== leaver)
      for (const tab of tabs) await waitForPeers(tab, tabs.length - 1, closedMsMax)
      expect(Date.now() - startedAt).toBeLessThan(closedMsMax + 1_000)
      const heard = await reasons()
      expect(heard).toHaveLength(tabs.length) // once each
      for (const reason of heard) expect(may).toContain(reason)
      await everyTabHearsEveryOther(tabs)
    }
    const [first, second, ...others] = tabs as [Tab, Tab, ...Tab[]]
    const last = others.at(-1) as Tab
    await goes(second, async () => (await meshOf(second)).evaluate(mesh => mesh.leave()), 'left')
    await goes(first, () => closeTab(first), 'closed')
    // Firefox often gives the last tab of one of its processes no `pagehide`: then nothing can say goodbye, and the others find out.
    const isSilent = browsers.at(-1) === 'firefox'
    await goes(last, () => closeTab(last), 'closed', ...(isSilent ? ['crashed'] : []))
  },
)

test.each<[string, BrowserName[]]>([
  ['tabs of its own browser', times(4, 'chromium')],
  ['tabs of another browser', ['chromium', 'firefox', 'firefox']],
])('a tab whose renderer was killed is gone from the lists of %s', async (_, browsers) => {
  const tabs = await meet(browsers)
  const [victim, ...left] = tabs as [Tab, ...Tab[]]
  const reasons = await watch(tabs, victim)
  await crashTab(victim)
  for (const tab of left) await waitForPeers(tab, left.length - 1, crashedMsMax)
  // Nobody said goodbye, so nobody may claim that it did.
  for (const reason of await reasons()) expect(['crashed', 'closed']).toContain(reason)
  await everyTabHearsEveryOther(left)
})

test('all but one may close, one after the other and all at once', async () => {
  const tabs = await meet(times(5, 'chromium'))
  const [last, ...others] = tabs as [Tab, ...Tab[]]
  await closeTab(others[0] as Tab)
  await waitForPeers(last, 3, closedMsMax)
  await Promise.all(others.slice(1).map(closeTab))
  await waitForPeers(last, 0, closedMsMax)
  expect(await (await meshOf(last)).evaluate(mesh => mesh.snapshot.phase)).toMatch(/joined|alone/)
})

async function meet(browsers: readonly BrowserName[]): Promise<Tab[]> {
  const tabs = await stage.tabs(stage.room(), browsers)
  for (const tab of tabs) await waitForPeers(tab, browsers.length - 1)
  return tabs
}

/** Listens in all other tabs for the leaving of one; the function returned tells the reasons they were given. */
async function watch(tabs: readonly Tab[], leaver: Tab): Promise<() => Promise<string[]>> {
  const id = await idOf(leaver)
  const others = tabs.filter(tab => tab !== leaver)
  const heard = await Promise.all(
    others.map(async tab =>
      (await meshOf(tab)).evaluateHandle((mesh, id) => {
        const reasons: string[] = []
        mesh.on('agent-leave', ({ peer, reason }) => peer.id === id && reasons.push(reason))
        return reasons
      }, id),
    ),
  )
  return async () => (await Promise.all(heard.map(reasons => reasons.jsonValue()))).flat()
}
