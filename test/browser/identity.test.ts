/** Who a tab is: the same after a reload, somebody else when duplicated, and itself again when reopened. */
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { Crowd } from './support/crowd.ts'
import { Stage } from './support/stage.ts'
import { closeTab, idOf, type Tab, waitForPeers } from './support/tabs.ts'

describe.each<BrowserName>(['chromium', 'firefox'])('in %s', name => {
  let stage: Stage
  let crowd: Crowd
  let one: Tab
  let two: Tab
  beforeAll(async () => {
    stage = await Stage.shared([name])
    crowd = new Crowd(stage, [name, name])
  })
  beforeEach(async () => {
    ;[one, two] = (await crowd.whole()) as [Tab, Tab]
  })
  afterAll(async () => {
    await stage?.clear()
    await stage?.close()
  })

  test('a reloaded tab is the same peer, and is listed once', async () => {
    const before = await idOf(two)
    for (let round = 0; round < 3; round++) {
      await two.page.reload({ waitUntil: 'domcontentloaded' })
      expect(await idOf(two)).toBe(before)
      const peers = await waitForPeers(one, 1)
      expect(peers.map(({ id }) => id)).toEqual([before])
      await waitForPeers(two, 1)
    }
  })

  test('a tab opened at the same address is another peer', async () => {
    const three = await stage.tab(name, crowd.room.url('T1'))
    await waitForPeers(three, 2)
    expect(new Set([await idOf(one), await idOf(two), await idOf(three)]).size).toBe(3)
  })

  test('a duplicated tab, with the session storage of the first, is another peer', async () => {
    const copy = await stage.duplicate(two, name, crowd.room.url('copy'))
    const peers = await waitForPeers(copy, 2)
    expect(peers.map(({ id }) => id).sort()).toEqual([await idOf(one), await idOf(two)].sort())
    expect(await idOf(copy)).not.toBe(await idOf(two))
    expect((await waitForPeers(one, 2)).map(({ state }) => state)).toEqual(['alive', 'alive'])
  })

  test('a tab that a tab opened, which browsers give a copy of the session storage, is another peer', async () => {
    const opened = new Promise<Page | null>(resolve => two.page.once('popup', resolve))
    await two.page.evaluate(url => void globalThis.open(url), crowd.room.url('opened'))
    const page = await opened
    if (!page) throw new Error('nothing was opened')
    const copy: Tab = { page, browser: two.browser, problems: [], isGone: false }
    stage.adopt(copy)
    const peers = await waitForPeers(copy, 2)
    expect(peers.map(({ id }) => id).sort()).toEqual([await idOf(one), await idOf(two)].sort())
    expect(await idOf(copy)).not.toBe(await idOf(two))
  })

  test('a tab closed and opened again has its old identity', async () => {
    const before = await idOf(two)
    await closeTab(two)
    await waitForPeers(one, 0)
    const again = await stage.tab(name, crowd.room.url('T1'))
    expect(await idOf(again)).toBe(before)
    expect((await waitForPeers(one, 1)).map(({ id }) => id)).toEqual([before])
  })
})
