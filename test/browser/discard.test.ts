/** A tab that Chromium discards for want of memory: gone like a crashed one, and itself again when somebody looks at it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { leaveNewTabsAlone } from './support/browsers.ts'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { Stage, times } from './support/stage.ts'
import { peersOf, type Tab, waitForPeers } from './support/tabs.ts'

let profile: string
let stage: Stage
// For each try, since the debugger stays away from all tabs opened after the one to be discarded.
beforeEach(async () => {
  profile = mkdtempSync(join(tmpdir(), 'tabmesh-profile-'))
  writeFileSync(join(profile, 'Local State'), JSON.stringify({ internal_only_uis_enabled: true })) // for chrome://discards
  stage = await Stage.open(['chromium'], { profile })
})
afterEach(async () => {
  try {
    await stage.clear()
  } finally {
    await stage.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
})

test('a discarded tab is gone for the others, and the same peer again once it is looked at', async () => {
  const room = stage.room()
  const [first, second] = (await stage.tabs(room, times(2, 'chromium'))) as [Tab, Tab]
  const discards = await stage.browser('chromium').newPage()
  await discards.goto('chrome://discards')

  await leaveNewTabsAlone(stage.browser('chromium'))
  const client = await stage.browser('chromium').target().createCDPSession()
  await client.send('Target.createTarget', { url: room.url('sleepy'), background: true })
  for (const tab of [first, second]) await waitForPeers(tab, 2)
  const before = await sleepyOf(first)

  await discard(discards, 'name=sleepy')
  for (const tab of [first, second]) await waitForPeers(tab, 1, 10_000)
  await everyTabHearsEveryOther([first, second])

  const { targetInfos } = await client.send('Target.getTargets')
  const discarded = targetInfos.find(({ url }) => url.includes('name=sleepy'))
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

/** As a person would there, once the tab is listed. */
async function discard(page: Page, mark: string): Promise<void> {
  await page.waitForFunction(
    mark => {
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
    },
    { polling: 200 },
    mark,
  )
}
