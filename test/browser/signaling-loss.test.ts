/** The server only introduces: once tabs are linked, its death changes nothing among them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { expectResult, startJob } from './support/jobs.ts'
import { countWordsReference } from './support/reference.ts'
import { type Server, startServer } from './support/server.ts'
import { Stage } from './support/stage.ts'
import { closeTab, meshOf, type Tab, waitForPeers } from './support/tabs.ts'

let stage: Stage
let revived: Server | undefined
beforeEach(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
})
afterEach(async () => {
  // Browsers themselves report each failed attempt to reach a dead server, and cannot be asked not to.
  await stage?.clear([/WebSocket|ERR_CONNECTION_REFUSED|can.t establish a connection/i])
  await stage?.close()
  await revived?.stop()
})

test('messages, jobs and departures go on without the server, and newcomers come when it is back', async () => {
  const room = stage.room()
  const tabs = await stage.tabs(room, ['chromium', 'chromium', 'firefox', 'chromium'])
  for (const tab of tabs) await waitForPeers(tab, 3)
  // The server also serves the page: what jobs need must have come from it by now.
  for (const tab of tabs) await tab.page.waitForNetworkIdle()
  await stage.server.kill()
  const state = async (tab: Tab) => (await meshOf(tab)).evaluate(mesh => mesh.snapshot.signaling.state)
  for (const tab of tabs) await expect.poll(() => state(tab), { timeout: 15_000 }).not.toBe('connected')

  await everyTabHearsEveryOther(tabs)
  const texts = [{ name: 'a.txt', text: 'to be or not to be\n'.repeat(20_000) }]
  const program = { kind: 'capability', capability: 'text.count-words', options: { top: 3 } } as const
  const id = await startJob(tabs[0] as Tab, { program, inputs: texts })
  await expectResult(tabs, id, countWordsReference(texts, 3))
  const typed = {
    kind: 'source',
    map: 'text => text.length',
    reduce: 'sizes => sizes.reduce((sum, size) => sum + size)',
  } as const
  const typedId = await startJob(tabs[2] as Tab, { program: typed, inputs: texts })
  await expectResult(tabs, typedId, texts[0]?.text.length)

  await closeTab(tabs[1] as Tab)
  const left = tabs.filter(tab => !tab.isGone)
  for (const tab of left) await waitForPeers(tab, 2)

  revived = await startServer({ port: stage.server.port })
  for (const tab of left) await expect.poll(() => state(tab), { timeout: 40_000 }).toBe('connected')
  const newcomer = await stage.tab('firefox', room.url('newcomer'))
  await waitForPeers(newcomer, 3)
  await everyTabHearsEveryOther([...left, newcomer])
})
