/** Real tabs decide together, and what was decided outlives them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { decide, decided, leadingTab, viewOf, waitForVoters } from './support/deciding.ts'
import { hostedBy } from './support/members.ts'
import { Stage, times } from './support/stage.ts'
import { closeTab, crashTab, type Tab, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

/** After four of five tabs are gone at once the last decides again within so long, ms. */
const aloneMsMax = 2_000

describe.each<BrowserName>(isThorough ? ['chromium', 'firefox'] : ['chromium'])('in %s', name => {
  /** A renderer can be killed from outside in Chromium only; elsewhere tabs are closed. */
  const kill = name === 'chromium' ? crashTab : closeTab
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.shared([name])
  })
  afterEach(() => stage.clear())
  afterAll(() => stage?.close())

  test('five tabs decide, go on when four are killed at once, spread out over four new ones, and one opened later finds everything', async () => {
    const room = stage.room()
    const tabs = await stage.tabs(room, times(5, name))
    for (const tab of tabs) await waitForPeers(tab, 4)
    await waitForVoters(tabs, 5)
    for (const [place, tab] of tabs.entries()) await decide(tab, `from-${place}`, place)
    for (const tab of tabs) expect(await decided(tab)).toEqual(fromEach(5))

    const leader = await leadingTab(tabs)
    const last = tabs.find(tab => tab !== leader) as Tab
    await Promise.all(tabs.filter(tab => tab !== last).map(kill))
    const startedAtMs = Date.now()
    await decide(last, 'alone', true)
    expect(Date.now() - startedAtMs).toBeLessThan(aloneMsMax)
    await expect.poll(async () => (await hostedBy(last)).length).toBeGreaterThanOrEqual(3)

    const fresh = [last, ...(await stage.tabs(room, times(4, name)))]
    await waitForVoters(fresh, 5)
    const hosted = async () => (await Promise.all(fresh.map(hostedBy))).map(of => of.length)
    await expect.poll(hosted, { timeout: 10_000 }).toEqual(times(5, 1))
    await expect.poll(async () => (await viewOf(last))?.counters['decisions.handed-over']).toBe(4)

    await closeTab(await leadingTab(fresh))
    const left = fresh.filter(tab => !tab.isGone)
    await decide(left[0] as Tab, 'after', 'the leader')
    for (const tab of left) expect(await decided(tab, 'after')).toEqual({ after: 'the leader' })

    await Promise.all(left.map(closeTab))
    const again = await stage.tab(name, room.url('again'))
    expect(await decided(again)).toEqual({ ...fromEach(5), after: 'the leader', alone: true })
  })
})

function fromEach(tabs: number): Record<string, number> {
  return Object.fromEntries(times(tabs, 0).map((_, place) => [`from-${place}`, place]))
}
