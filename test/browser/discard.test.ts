/** A tab that Chromium discards for want of memory: gone like a crashed one, and itself again when somebody looks at it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from './support/browsers.ts'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { type Server, startServer } from './support/server.ts'
import { roomAt } from './support/stage.ts'
import { blankTab, meshOf, type Tab, waitForPeers } from './support/tabs.ts'

/** In the query of the tab that is discarded: tabs that are debugged never are. */
const mark = 'to-be-discarded'

let server: Server
let browser: Browser
let profile: string
beforeAll(async () => {
  profile = mkdtempSync(join(tmpdir(), 'tabmesh-profile-'))
  writeFileSync(join(profile, 'Local State'), JSON.stringify({ internal_only_uis_enabled: true })) // for chrome://discards
  server = await startServer()
  browser = await launchBrowser('chromium', { profile, leaving: mark })
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
})

test('a discarded tab is gone for the others, and the same peer again once it is looked at', async () => {
  const room = roomAt(server.origin, 'memory-pressure', 'a key')
  const tabs = [await openTab(room.url('one')), await openTab(room.url('two'))]
  const address = new URL(room.url('sleepy'))
  address.search = mark
  const client = await browser.target().createCDPSession()
  await client.send('Target.createTarget', { url: address.href, background: true })
  for (const tab of tabs) await waitForPeers(tab, 2)
  const before = await sleepyOf(tabs[0] as Tab)

  const discards = await browser.newPage()
  await discards.goto('chrome://discards')
  await expect.poll(() => discard(discards, mark), { timeout: 10_000 }).toBe(true)
  for (const tab of tabs) await waitForPeers(tab, 1, 10_000)
  await everyTabHearsEveryOther(tabs)

  const { targetInfos } = await client.send('Target.getTargets')
  const discarded = targetInfos.find(({ url }) => url.includes(mark))
  if (!discarded) throw new Error('the discarded tab is not among those of the browser')
  await client.send('Target.activateTarget', { targetId: discarded.targetId })
  for (const tab of tabs) await waitForPeers(tab, 2)
  const after = await sleepyOf(tabs[0] as Tab)
  expect(after.id).toBe(before.id)
  expect(after.session).not.toBe(before.session)
})

async function openTab(url: string): Promise<Tab> {
  const tab = await blankTab(browser)
  await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
  return tab
}

async function sleepyOf(tab: Tab): Promise<{ id: string; session: string }> {
  return (await meshOf(tab)).evaluate(mesh => {
    const peer = mesh.peers.find(({ name }) => name === 'sleepy')
    return { id: peer?.id ?? '', session: peer?.session ?? '' }
  })
}

/** As a person would there; true once the link was found. */
function discard(page: Page, mark: string): Promise<boolean> {
  return page.evaluate(mark => {
    const rows: Element[] = []
    const visit = (root: ParentNode) => {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot) visit(element.shadowRoot)
        if (element.tagName === 'TR' && element.textContent.includes(mark)) rows.push(element)
      }
    }
    visit(document)
    const links = rows.flatMap(row => [...row.querySelectorAll<HTMLElement>('*')])
    const link = links.find(({ textContent }) => textContent.trim() === '[Urgent Discard]')
    link?.click()
    return link !== undefined
  }, mark)
}
