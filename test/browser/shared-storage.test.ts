/** What tabs keep: through a reload of all at once, a full disk, and a sleep. */
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Entry } from '../../src/engine/shared-handle.ts'
import type { BrowserName } from './support/browsers.ts'
import { Stage } from './support/stage.ts'
import { blankTab, meshOf, type Tab, textOf, waitForPeers } from './support/tabs.ts'

/** How often 4 MB are written before the disk must be full. */
const fillsMax = 4

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'], 'window')
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

async function meet(browsers: readonly BrowserName[]): Promise<[Tab, Tab]> {
  const tabs = (await stage.tabs(stage.room(), browsers)) as [Tab, Tab]
  for (const tab of tabs) await waitForPeers(tab, 1)
  return tabs
}

async function write(tab: Tab, text: string): Promise<void> {
  const mesh = await meshOf(tab)
  await mesh.evaluate(async (mesh, text) => {
    ;(await mesh.shared.doc('notes')).getText('text').insert(0, text)
    await mesh.memory.retrieve('nothing') // calls are answered in order: the engine has it
  }, text)
}

async function read(tab: Tab): Promise<string> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(async mesh => (await mesh.shared.doc('notes')).getText('text').toString())
}

/** Key, kind and value of all that is remembered. */
async function remembered(tab: Tab): Promise<unknown[]> {
  const mesh = await meshOf(tab)
  const entries: readonly Entry[] = await mesh.evaluate(mesh => mesh.memory.list())
  return entries.map(({ namespace, key, kind, value, tags }) => [namespace, key, kind, value, tags.join()])
}

const all = [
  ['default', 'topics', 'set', ['gossip', 'raft'], ''],
  ['default', 'visits', 'counter', 5, ''],
  ['team', 'plan', 'value', { steps: [1, 2] }, 'draft'],
]

test.each<[BrowserName, BrowserName]>([
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
])(
  '%s and %s: documents, values, counters and sets are back after all tabs were reloaded at once, and after all were closed',
  async (first, second) => {
    const [one, other] = await meet([first, second])
    await write(one, 'kept')
    await (await meshOf(one)).evaluate(async mesh => {
      await mesh.memory.store('plan', { steps: [1, 2] }, { namespace: 'team', tags: ['draft'] })
      await mesh.memory.store('gone', 1)
      await mesh.memory.increment('visits', 2)
      await mesh.memory.add('topics', 'raft')
    })
    await (await meshOf(other)).evaluate(async mesh => {
      await mesh.memory.increment('visits', 3)
      await mesh.memory.add('topics', 'gossip')
    })
    for (const tab of [one, other]) await expect.poll(() => remembered(tab), { timeout: 10_000 }).toHaveLength(4)
    await (await meshOf(other)).evaluate(mesh => mesh.memory.delete('gone'))
    for (const tab of [one, other]) await expect.poll(() => remembered(tab), { timeout: 10_000 }).toEqual(all)
    await expect.poll(() => read(other), { timeout: 10_000 }).toBe('kept')

    await Promise.all([one, other].map(tab => tab.page.reload({ waitUntil: 'domcontentloaded' })))
    for (const tab of [one, other]) {
      await expect.poll(() => remembered(tab), { timeout: 10_000 }).toEqual(all)
      expect(await read(tab)).toBe('kept')
    }
    // Each browser alone: nobody is left who could be asked.
    const address = one.page.url()
    await Promise.all([one, other].map(tab => tab.page.goto('about:blank')))
    for (const tab of [one, other]) {
      await tab.page.goto(address, { waitUntil: 'domcontentloaded' })
      expect(await remembered(tab)).toEqual(all)
      expect(await read(tab)).toBe('kept')
      await tab.page.goto('about:blank')
    }
  },
)

test('a full disk is told, loses nothing that was stored, and what comes then lives on in the tabs until there is room again', async () => {
  // Chromium looks again how much room there is only when that is used up, so nothing may have been stored before.
  const fresh = await Stage.open(['chromium', 'firefox'])
  onTestFinished(async () => {
    await fresh.clear()
    await fresh.close()
  })
  const room = fresh.room()
  const one = await blankTab(fresh.browser('chromium'), 'window')
  fresh.adopt(one)
  const client = await one.page.createCDPSession()
  const { origin } = fresh.server
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 3_000_000 })
  await one.page.goto(room.url('full'), { waitUntil: 'domcontentloaded' })
  const other = await fresh.tab('firefox', room.url('roomy'))
  for (const tab of [one, other]) await waitForPeers(tab, 1)
  await write(one, 'before. ')
  const mesh = await meshOf(one)
  await mesh.evaluate(mesh => mesh.memory.store('kept', true))
  await expect.poll(() => read(other), { timeout: 10_000 }).toBe('before. ')
  const told = await mesh.evaluateHandle(mesh => {
    const problems: string[] = []
    mesh.on('problem', ({ code, message }) => problems.push(`${code}: ${message}`))
    return problems
  })
  // Chromium compresses what it stores, and now and then lends more than there is; decisions meet the end of the disk too.
  let text = 'before. '
  const isTold = async () => (await told.jsonValue()).some(problem => /^storage-full: .*shared documents/.test(problem))
  for (let round = 0; round < fillsMax && !(await isTold()); round++) {
    const large = randomBytes(3_000_000).toString('base64')
    text = large + text
    await write(one, large)
    await expect
      .poll(isTold, { timeout: 5_000 })
      .toBe(true)
      .catch(() => {})
  }
  expect(await isTold()).toBe(true)
  await write(one, 'while it is full. ')
  text = `while it is full. ${text}`
  await mesh.evaluate(mesh => mesh.memory.store('while full', true))
  await one.page.locator('>>> wa-tab ::-p-text(Shared)').click()
  await expect.poll(() => textOf(one), { timeout: 10_000 }).toContain('This browser has no room left')
  // It goes on: in memory, and to the others.
  await expect.poll(() => read(other), { timeout: 20_000 }).toBe(text)
  const keys = async (tab: Tab) =>
    (await meshOf(tab)).evaluate(mesh => mesh.memory.list().then(all => all.map(({ key }) => key)))
  await expect.poll(() => keys(other), { timeout: 10_000 }).toEqual(['kept', 'while full'])

  // Room again: the next try writes all of it, and the message goes.
  await client.send('Storage.overrideQuotaForOrigin', { origin })
  await write(one, 'after. ')
  await expect.poll(() => textOf(one), { timeout: 30_000 }).not.toContain('This browser has no room left')
  await other.page.goto('about:blank') // nobody is left to be asked
  await one.page.reload({ waitUntil: 'domcontentloaded' })
  await expect.poll(() => read(one), { timeout: 10_000 }).toBe(`after. ${text}`)
  expect(await keys(one)).toEqual(['kept', 'while full'])
})

test('G4: a frozen tab that wakes is caught up within one round of anti-entropy, and what was deleted meanwhile stays deleted', async () => {
  const [frozen, other] = await meet(['chromium', 'firefox'])
  await write(frozen, 'a secret. ')
  await (await meshOf(frozen)).evaluate(async mesh => {
    await mesh.memory.store('secret', 1)
    await mesh.memory.add('set', 'secret')
  })
  await expect.poll(() => remembered(other), { timeout: 10_000 }).toHaveLength(2)
  await expect.poll(() => read(other), { timeout: 10_000 }).toBe('a secret. ')
  const client = await frozen.page.createCDPSession()
  // The worker's timers go on in a tab that is merely frozen, so the mesh stands still as well: as in a machine that sleeps.
  await (await meshOf(frozen)).evaluate(mesh => mesh.faults.pause({ forMs: 12_000 }))
  await client.send('Page.setWebLifecycleState', { state: 'frozen' })
  await (await meshOf(other)).evaluate(async mesh => {
    const text = (await mesh.shared.doc('notes')).getText('text')
    text.delete(0, text.length)
    text.insert(0, 'written meanwhile')
    await mesh.memory.delete('secret')
    await mesh.memory.remove('set', 'secret')
    await mesh.memory.store('meanwhile', 1)
  })
  await new Promise(resolve => setTimeout(resolve, 12_500)) // what is tested is that this time passes
  await client.send('Page.setWebLifecycleState', { state: 'active' })
  const interval = await (await meshOf(other)).evaluate(mesh => mesh.snapshot.shared?.settings.antiEntropyInterval ?? 0)
  await expect.poll(() => read(frozen), { timeout: interval + 5_000 }).toBe('written meanwhile')
  await expect
    .poll(() => remembered(frozen), { timeout: interval + 5_000 })
    .toEqual([['default', 'meanwhile', 'value', 1, '']])
  expect(await read(other)).toBe('written meanwhile')
  expect(await remembered(other)).toEqual([['default', 'meanwhile', 'value', 1, '']])
})
