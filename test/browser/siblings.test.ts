/** With signaling dead for good, a new tab joins through a tab of its own browser, and links to all others through the mesh. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { type Front, openFront } from './support/front.ts'
import { expectResult, startJob } from './support/jobs.ts'
import { countWordsReference } from './support/reference.ts'
import { roomAt, Stage } from './support/stage.ts'
import { closeTab, idOf, meshOf, type Tab, waitForPeers } from './support/tabs.ts'

let stage: Stage
let front: Front
beforeEach(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
  front = await openFront(stage.server.port)
})
afterEach(async () => {
  // Browsers themselves report each failed attempt to reach a dead server, and cannot be asked not to.
  await stage?.clear([/WebSocket|ERR_|can.t establish a connection/i])
  await front?.close()
  await stage?.close()
})

test('newcomers of both browsers join, link and work without any signaling', async () => {
  const room = roomAt(front.origin, 'siblings', 'one key for all')
  const tabs = await stage.tabs(room, ['chromium', 'firefox', 'chromium'])
  for (const tab of tabs) await waitForPeers(tab, 2)
  front.loseSignaling()
  const state = async (tab: Tab) => (await meshOf(tab)).evaluate(mesh => mesh.snapshot.signaling.state)
  for (const tab of tabs) await expect.poll(() => state(tab), { timeout: 15_000 }).not.toBe('connected')

  for (const [at, name] of (['chromium', 'firefox'] as const).entries()) {
    const newcomer = await stage.tab(name, room.url(`newcomer ${at}`))
    tabs.push(newcomer)
    await waitForPeers(newcomer, tabs.length - 1)
    expect(await (await meshOf(newcomer)).evaluate(mesh => mesh.snapshot.phase)).toBe('joined')
    expect(await state(newcomer)).not.toBe('connected')
  }
  for (const tab of tabs) await waitForPeers(tab, tabs.length - 1)
  // Five tabs all link to each other; each of the newcomers' links but its first was made through the mesh.
  for (const tab of tabs) await expect.poll(() => linksOf(tab), { timeout: 30_000 }).toEqual(await othersOf(tab, tabs))
  const counters = await (await meshOf(tabs[3] as Tab)).evaluate(mesh => mesh.snapshot.counters)
  expect(counters['signals.relayed']).toBeGreaterThan(0)

  await everyTabHearsEveryOther(tabs)
  const texts = [{ name: 'a.txt', text: 'to be or not to be\n'.repeat(20_000) }]
  const program = { kind: 'capability', capability: 'text.count-words', options: { top: 3 } } as const
  const id = await startJob(tabs[4] as Tab, { program, inputs: texts })
  await expectResult(tabs, id, countWordsReference(texts, 3))

  // The tab through which the others came may go: what stands does not hang on it.
  await closeTab(tabs[0] as Tab)
  const left = tabs.filter(tab => !tab.isGone)
  for (const tab of left) await waitForPeers(tab, left.length - 1)
  await everyTabHearsEveryOther(left)
})

async function linksOf(tab: Tab): Promise<string[]> {
  return (await meshOf(tab)).evaluate(mesh => mesh.links.map(({ peer }) => peer).sort())
}

async function othersOf(tab: Tab, tabs: readonly Tab[]): Promise<string[]> {
  return (await Promise.all(tabs.filter(other => other !== tab).map(idOf))).sort()
}
