/** Faults asked for in one tab and suffered by real ones: the room is parted and heals, messages arrive once, jobs go on. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { expectResult, startJob, whenJob } from './support/jobs.ts'
import { countWordsReference, sampleTexts } from './support/reference.ts'
import { Stage } from './support/stage.ts'
import { idOf, meshOf, type Tab, textOf, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

/** Until silence is noticed by the default rules, and the peer given up, with room for a busy machine. */
const partedMsMax = 60_000
const healedMsMax = 15_000
const mixed: BrowserName[] = ['chromium', 'firefox', 'chromium', 'firefox']

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'], 'window')
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

async function meet(browsers: readonly BrowserName[]): Promise<[Tab, Tab, Tab, Tab]> {
  const tabs = await stage.tabs(stage.room(), browsers)
  for (const tab of tabs) await waitForPeers(tab, browsers.length - 1)
  return tabs as [Tab, Tab, Tab, Tab]
}

test('four tabs of two browsers are cut in halves and heal', async () => {
  const tabs = await meet(mixed)
  const ids = await Promise.all(tabs.map(idOf))
  const outcome = await (await meshOf(tabs[0])).evaluate(
    (mesh, halves) => mesh.faults.partition(halves),
    [ids.slice(0, 2), ids.slice(2)],
  )
  expect(outcome.unconfirmed).toEqual([])
  const job = await startJob(tabs[0], {
    program: { kind: 'capability', capability: 'text.count-words', options: { top: 10 } },
    inputs: 'sample',
  })
  for (const tab of tabs) await waitForPeers(tab, 1, partedMsMax)
  await whenJob(tabs[1], job, view => view.state === 'done') // a half goes on with its work

  // Healed from the other side than it was asked for.
  await (await meshOf(tabs[3])).evaluate(mesh => mesh.faults.heal())
  for (const tab of tabs) await waitForPeers(tab, 3, healedMsMax)
  await everyTabHearsEveryOther(tabs)
  await expectResult(tabs, job, countWordsReference(sampleTexts(), 10))
  for (const tab of tabs) expect(await (await meshOf(tab)).evaluate(mesh => mesh.faults.list())).toEqual([])
})

test.runIf(isThorough)('every message arrives once and a job ends rightly though three in ten are lost', async () => {
  const tabs = await meet(mixed)
  const [first, second] = tabs
  await (await meshOf(first)).evaluate(mesh => mesh.faults.drop('all', 0.3, { room: true }))
  const heard = await (await meshOf(second)).evaluateHandle(mesh => {
    const numbers: number[] = []
    mesh.subscribe('test.count', payload => numbers.push(Number(payload)))
    return numbers
  })
  const numbers = Array.from({ length: 40 }, (_, number) => number)
  await (await meshOf(first)).evaluate(
    (mesh, to, numbers) =>
      Promise.all(numbers.map(number => mesh.send(to, 'test.count', number, { retries: 10, timeoutMs: 20_000 }))),
    await idOf(second),
    numbers,
  )
  const counted = (await heard.jsonValue()) as number[]
  expect([...counted].sort((a, b) => a - b)).toEqual(numbers)
  const job = await startJob(first, {
    program: { kind: 'capability', capability: 'text.count-words', options: { top: 10 } },
    inputs: 'sample',
  })
  await expectResult(tabs, job, countWordsReference(sampleTexts(), 10))
  await (await meshOf(second)).evaluate(mesh => mesh.faults.heal())
})

test('agents registered in a tab are known in all, and come back with it when it is reloaded', async () => {
  const room = stage.room()
  const [one, two] = await stage.tabs(room, ['chromium', 'firefox'])
  if (!one || !two) throw new Error('no tabs')
  await Promise.all([waitForPeers(one, 1), waitForPeers(two, 1)])
  const registered = await (await meshOf(one)).evaluate(mesh =>
    mesh.agents.register({ id: 'vera', type: 'validator', capabilities: ['vote'], region: 'eu' }),
  )
  const found = async () =>
    (await meshOf(two)).evaluate(mesh => mesh.agents.findByCapability('vote').map(({ id }) => id))
  await expect.poll(found, { timeout: 10_000 }).toEqual([registered.id])
  await one.page.reload({ waitUntil: 'domcontentloaded' })
  await waitForPeers(one, 1)
  await expect.poll(found, { timeout: 10_000 }).toEqual([registered.id])
  await (await meshOf(one)).evaluate(mesh => mesh.agents.deregister('vera'))
  await expect.poll(found, { timeout: 10_000 }).toEqual([])

  const { answered, asked } = await (await meshOf(two)).evaluate(mesh => mesh.pingAll())
  expect([answered, asked]).toEqual([1, 1])
  const { connectivity } = await (await meshOf(two)).evaluate(mesh => mesh.metrics())
  expect(connectivity).toEqual({ share: 1, reachable: 1, known: 1 })
  expect(await (await meshOf(two)).evaluate(mesh => mesh.shutdown())).toEqual({
    confirmed: [await idOf(one)],
    unconfirmed: [],
  })
  const told = async () => (await meshOf(one)).evaluate(mesh => mesh.snapshot.shutdown?.reason)
  await expect.poll(told, { timeout: 10_000 }).toBe('task_complete')
})

test('a person parts the room by hand and heals it, and every tab says who did', async () => {
  const room = stage.room()
  const [one, two] = [await stage.tab('chromium', room.url('Ada')), await stage.tab('firefox', room.url('Bob'))]
  await Promise.all([waitForPeers(one, 1), waitForPeers(two, 1)])
  const inForce = async (tab: Tab) =>
    (await meshOf(tab)).evaluate(mesh => mesh.faults.list().map(({ command }) => command.kind))
  const { page } = one
  const graph = await page.waitForSelector('>>> mesh-graph')
  await page.locator('>>> wa-button ::-p-text(Part the room)').click()
  // A ring around the other disc, wherever the layout has put it.
  const disc = await page.waitForSelector('>>> g.disc.peer')
  const [around, box] = [await disc?.boundingBox(), await graph?.boundingBox()]
  if (!around || !box) throw new Error('there is nobody in the graph')
  const [x, y, radius] = [around.x + around.width / 2, around.y + around.height / 2, around.width / 2 + 8]
  const at = (part: number) =>
    [x + radius * Math.cos(part * 2 * Math.PI), y + radius * Math.sin(part * 2 * Math.PI)] as const
  await page.mouse.move(...at(0))
  await page.mouse.down()
  for (let step = 1; step <= 24; step++) await page.mouse.move(...at(step / 24))
  await page.mouse.up()
  await expect.poll(() => textOf(one), { timeout: 10_000 }).toContain('1 peer would be cut off from the other 1')
  await page.locator('>>> wa-button ::-p-text(Part them)').click()
  for (const tab of [one, two]) await expect.poll(() => inForce(tab), { timeout: 10_000 }).toEqual(['partition'])

  await two.page.locator('>>> wa-tab::-p-text(Faults)').click()
  await expect.poll(() => textOf(two), { timeout: 10_000 }).toMatch(/Partition: Ada \| Bob.*whole room ?, by Ada/)
  await two.page.locator('>>> wa-button ::-p-text(Heal all)').click()
  for (const tab of [one, two]) await expect.poll(() => inForce(tab), { timeout: 10_000 }).toEqual([])
  await one.page.locator('>>> wa-tab::-p-text(Events)').click()
  await expect.poll(() => textOf(one), { timeout: 10_000 }).toMatch(/ended \(healed by Bob\)/)
})
