/** A tab that Chromium discards for want of memory: gone like a crashed one, and itself again when somebody looks at it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { Stage, times } from './support/stage.ts'
import { peersOf, type Tab, waitForPeers } from './support/tabs.ts'

/** In the query of the tab that is discarded: tabs that are debugged never are. */
const mark = 'to-be-discarded'

let profile: string
let stage: Stage
beforeAll(async () => {
  profile = mkdtempSync(join(tmpdir(), 'tabmesh-profile-'))
  writeFileSync(join(profile, 'Local State'), JSON.stringify({ internal_only_uis_enabled: true })) // for chrome://discards
  stage = await Stage.open(['chromium'], { profile, leaving: mark })
})
afterEach(() => stage.clear())
afterAll(async () => {
  await stage?.close()
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
})

test('a discarded tab is gone for the others, and the same peer again once it is looked at', async () => {
  const room = stage.room()
  const [first, second] = (await stage.tabs(room, times(2, 'chromium'))) as [Tab, Tab]
  const address = new URL(room.url('sleepy'))
  const own = `${mark}-${room.name}`
  address.search = own
  const client = await stage.browser('chromium').target().createCDPSession()
  await client.send('Target.createTarget', { url: address.href, background: true })
  for (const tab of [first, second]) await waitForPeers(tab, 2)
  const before = await sleepyOf(first)

  const discards = await stage.browser('chromium').newPage()
  await discards.goto('chrome://discards')
  // Asked again until it happens: a single click was not always enough.
  const peersLeft = async () => {
    await discard(discards, own)
    return (await peersOf(first)).length
  }
  await expect.poll(peersLeft, { timeout: 45_000, interval: 1000 }).toBe(1)
  for (const tab of [first, second]) await waitForPeers(tab, 1, 10_000)
  await everyTabHearsEveryOther([first, second])

  const { targetInfos } = await client.send('Target.getTargets')
  const discarded = targetInfos.find(({ url }) => url.includes(own))
  if (!discarded) throw new Error('the discarded tab is not among those of the browser')
  await client.send('Target.activateTarget', { targetId: discarded.targetId })
  for (const tab of [first, second]) await waitForPeers(tab, 2)
  const after = await sleepyOf(first)
  expect(after.id).toBe(before.id)
  expect(after.session).not.toBe(before.session)
})

async function sleepyOf(tab: Tab): Promise<{ id: string; session: string }> {
  const sleepy = (await peersOf(tab)).find(({ name }) => name === 'sleepy')
  return { id: sleepy?.id ?? '', session: sleepy?.session ?? '' }
}

/** As a person would there, if the tab is listed. */
function discard(page: Page, mark: string): Promise<void> {
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
  }, mark)
}
