/** Two browsers are two devices: cut from each other, lost, and back again, with what each decided meanwhile. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Json } from '../../src/base/json.ts'
import type { BrowserName } from './support/browsers.ts'
import { decide, decided, leadingTab, viewOf, waitForLeader, waitForVoters } from './support/deciding.ts'
import { Stage } from './support/stage.ts'
import { closeTab, idOf, meshOf, type Tab, textOf, waitForPeers } from './support/tabs.ts'

/** A person sees and presses within so long, ms. */
const shownMs = 15_000
/** A second on a machine that has nothing else to do; a busy one stretches the election timeouts. */
const answeredMsMax = 5_000
const crowd: BrowserName[] = ['chromium', 'chromium', 'chromium', 'firefox', 'firefox']

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

test('three voters go on when two are cut off, whoever led; the two refuse at once and heal by themselves', async () => {
  const tabs = await stage.tabs(stage.room(), crowd)
  const [many, few] = [tabs.slice(0, 3), tabs.slice(3)] as [[Tab, ...Tab[]], [Tab, ...Tab[]]]
  for (const tab of tabs) await waitForPeers(tab, 4)
  await waitForVoters(tabs, 5)
  for (const [place, leaders] of [few, many].entries()) {
    await leadFrom(leaders, tabs)
    await partition(many[0], [many, few])
    for (const tab of few) {
      const { code, ms } = await refusal(tab)
      expect(code).toBe('no-quorum')
      expect(ms).toBeLessThan(answeredMsMax)
    }
    await decide(many[1] as Tab, `cut-${place}`, 'decided by three')
    expect((await refusal(few[0])).code).toBe('no-quorum') // and so it stays
    await (await meshOf(many[2] as Tab)).evaluate(mesh => mesh.faults.heal())
    await decide(few[0], `healed-${place}`, true)
    for (const tab of tabs) expect(await decided(tab, 'cut')).toHaveProperty(`cut-${place}`)
    await waitForLeader(tabs)
  }
})

test('of two devices one is lost: the other goes on from what it has, and the first, back again, is asked and loses nothing silently', async () => {
  const room = stage.room()
  const [lost, left] = [await stage.tab('chromium', room.url('Lost')), await stage.tab('firefox', room.url('Left'))]
  await Promise.all([waitForPeers(lost, 1), waitForPeers(left, 1)])
  await waitForVoters([lost, left], 1)
  await decide(left, 'shared', 1)
  await expect.poll(async () => (await viewOf(left))?.keys, { timeout: shownMs }).toBe(1)
  await partition(lost, [[lost], [left]])
  await decide(lost, 'late', 2) // the only voter is here
  const members = await hosted(lost)
  await closeTab(lost)
  await (await meshOf(left)).evaluate(mesh => mesh.faults.heal())

  await press(left, '>>> wa-tab ::-p-text(Decisions)')
  await press(left, '>>> quorum-lost >>> wa-button ::-p-text(Continue from here)')
  await press(left, '>>> quorum-lost >>> .yes')
  await decide(left, 'next', 3)
  expect(await decided(left)).toEqual({ shared: 1, next: 3 })

  const back = await stage.tab('chromium', room.url('Lost'))
  await press(back, '>>> wa-tab ::-p-text(Decisions)')
  await expect.poll(() => textOf(back), { timeout: shownMs }).toContain('Which history goes on?')
  expect(await decided(back)).toEqual({ shared: 1, late: 2 }) // its own, until a person chooses
  await press(back, '>>> conflict-choice >>> wa-button ::-p-text(Join the other history)')
  await press(back, '>>> conflict-choice >>> .yes')
  await expect.poll(() => decided(back).catch(() => undefined), { timeout: shownMs }).toEqual({ shared: 1, next: 3 })
  for (const tab of [back, left])
    await expect.poll(async () => (await viewOf(tab))?.conflict, { timeout: shownMs }).toBeUndefined()
  const databases = await back.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
  for (const member of members) expect(databases.some(name => name?.endsWith(member))).toBe(true) // set aside, not gone
})

/** Resolves when all feel it: an order for the room is confirmed a moment before it is obeyed. */
async function partition(by: Tab, halves: readonly (readonly Tab[])[]): Promise<void> {
  const ids = await Promise.all(halves.map(half => Promise.all(half.map(idOf))))
  await (await meshOf(by)).evaluate(async (mesh, ids) => void (await mesh.faults.partition(ids)), ids)
  for (const tab of halves.flat()) {
    const inForce = async () => (await meshOf(tab)).evaluate(mesh => mesh.faults.list().length)
    await expect.poll(inForce, { timeout: shownMs }).toBe(1)
  }
}

/** Has a tab of these lead, if none does. */
async function leadFrom(wanted: readonly Tab[], tabs: readonly Tab[]): Promise<void> {
  const leader = await leadingTab(tabs)
  if (wanted.includes(leader)) return
  const host = await idOf(wanted[0] as Tab)
  const view = await viewOf(leader)
  const heir = view?.members.find(member => member.host === host && member.seat === 'voter')?.member
  await (await meshOf(leader)).evaluate((mesh, heir) => mesh.decisions.stepDown(heir), heir)
  await expect
    .poll(async () => wanted.includes(await leadingTab(tabs).catch(() => leader)), { timeout: shownMs })
    .toBe(true)
  await waitForLeader(tabs)
}

/** What a tab says when it is asked to decide, and how soon. */
async function refusal(tab: Tab): Promise<{ code: string | undefined; ms: number }> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(async mesh => {
    const startedAtMs = performance.now()
    const code = await mesh.decisions.set('refused', 1 as Json, { timeoutMs: 8_000 }).then(
      () => undefined,
      error => (error as { code: string }).code,
    )
    return { code, ms: performance.now() - startedAtMs }
  })
}

async function hosted(tab: Tab): Promise<string[]> {
  const members = (await viewOf(tab))?.members ?? []
  return members.filter(({ isHostedHere }) => isHostedHere).map(({ member }) => member)
}

async function press({ page }: Tab, selector: string): Promise<void> {
  await expect.poll(async () => (await page.$(selector)) !== null, { timeout: shownMs }).toBe(true)
  await (await page.$(selector))?.click()
}
