/** Real tabs decide together, and what was decided outlives them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { decide, decided, leadingTab, viewOf, waitForVoters } from './support/deciding.ts'
import { Stage, times } from './support/stage.ts'
import { closeTab, type Tab, waitForPeers } from './support/tabs.ts'

describe.each<BrowserName>(['chromium', 'firefox'])('in %s', name => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open([name])
  })
  afterEach(() => stage.clear())
  afterAll(() => stage?.close())

  test('five tabs decide, go on when the leader is closed, and when all but one are; one reopened has everything', async () => {
    const room = stage.room()
    const tabs = await stage.tabs(room, times(5, name))
    for (const tab of tabs) await waitForPeers(tab, 4)
    await waitForVoters(tabs, 5)
    for (const [place, tab] of tabs.entries()) await decide(tab, `from-${place}`, place)
    for (const tab of tabs) expect(await decided(tab)).toEqual(fromEach(5))

    const leader = await leadingTab(tabs)
    await closeTab(leader)
    const left = tabs.filter(tab => !tab.isGone)
    await decide(left[0] as Tab, 'after', 'the leader')
    for (const tab of left) expect(await decided(tab, 'after')).toEqual({ after: 'the leader' })

    const [last, ...others] = left as [Tab, ...Tab[]]
    await Promise.all(others.map(closeTab))
    const startedAtMs = Date.now()
    await decide(last, 'alone', true)
    expect(Date.now() - startedAtMs).toBeLessThan(5_000)
    expect((await viewOf(last))?.members.filter(({ isHostedHere }) => isHostedHere).length).toBeGreaterThanOrEqual(3)

    await closeTab(last)
    const again = await stage.tab(name, room.url('again'))
    expect(await decided(again)).toEqual({ ...fromEach(5), after: 'the leader', alone: true })
  })
})

function fromEach(tabs: number): Record<string, number> {
  return Object.fromEntries(times(tabs, 0).map((_, place) => [`from-${place}`, place]))
}
