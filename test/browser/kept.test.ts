/** What a room keeps of itself: agents, links and settings are there again after all tabs were closed. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { violations } from './support/axe.ts'
import { Stage, times } from './support/stage.ts'
import { closeTab, idOf, meshOf, type Tab, textOf, waitForPeers } from './support/tabs.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

async function keptBy(tab: Tab) {
  const mesh = await meshOf(tab)
  return mesh.evaluate(async mesh => {
    const own = await mesh.decisions.list('tabmesh/')
    return own.map(({ key }) => key)
  })
}

test('agents and settings are known again after all tabs were closed and one was opened; none of it is a decision', async () => {
  const room = stage.room()
  const [one, two, three] = (await stage.tabs(room, times(3, 'chromium'))) as [Tab, Tab, Tab]
  for (const tab of [one, two, three]) await waitForPeers(tab, 2)
  const third = await idOf(three)
  await (await meshOf(three)).evaluate(mesh =>
    mesh.agents.register({ id: 'judge', name: 'Judge', type: 'validator', capabilities: ['vote'] }),
  )
  await (await meshOf(two)).evaluate(mesh =>
    mesh.settings.set({ gossip: { fanout: 5 }, timing: { preset: 'internet' } }),
  )
  for (const tab of [one, two, three]) {
    const mesh = await meshOf(tab)
    await expect
      .poll(() => mesh.evaluate(async mesh => (await mesh.gossip.settings()).fanout), { timeout: 20_000 })
      .toBe(5)
  }
  const wanted = ['tabmesh/topology', `tabmesh/agents/${third}/judge`]
  await expect.poll(() => keptBy(one), { timeout: 40_000 }).toEqual(expect.arrayContaining(wanted))
  const linksKept = async () => (await meshOf(one)).evaluate(async mesh => (await mesh.kept()).topology?.links.length)
  await expect.poll(linksKept, { timeout: 40_000 }).toBe(3)
  const refused = await (await meshOf(one)).evaluate(mesh =>
    mesh.decisions.set('tabmesh/settings/gossip', 1).then(
      () => undefined,
      (error: { code: string }) => error.code,
    ),
  )
  expect(refused).toBe('invalid-option')
  await Promise.all([one, two, three].map(closeTab))

  const again = await stage.tab('chromium', room.url('again'))
  const mesh = await meshOf(again)
  const self = await idOf(again)
  const away = () => mesh.evaluate(mesh => mesh.agents.away().map(({ id, name, state }) => ({ id, name, state })))
  // A new tab takes up an identity that is free, and with it what lived there.
  const gone = self === third ? 2 : 3
  await expect.poll(away, { timeout: 30_000 }).toHaveLength(gone)
  const known = await mesh.evaluate(mesh => [...mesh.agents.getAll(), ...mesh.agents.away()].map(({ id }) => id))
  expect(known).toContain(`${third}/judge`)
  const { settings, topology } = await mesh.evaluate(mesh => mesh.kept())
  expect(settings).toEqual({ gossip: { fanout: 5 }, timing: { preset: 'internet' } })
  expect(topology?.peers).toHaveLength(3)
  expect(topology?.links).toHaveLength(3)
  await expect
    .poll(() => mesh.evaluate(async mesh => (await mesh.gossip.settings()).fanout), { timeout: 20_000 })
    .toBe(5)
  await expect
    .poll(() => mesh.evaluate(mesh => mesh.snapshot.decisions?.timing.preset), { timeout: 20_000 })
    .toBe('internet')
  expect(await mesh.evaluate(mesh => mesh.snapshot.decisions?.generation?.decided)).toBe(0)
  expect(await mesh.evaluate(mesh => mesh.decisions.list())).toEqual([])

  await again.page.locator('>>> wa-tab::-p-text(Agents)').click()
  await expect.poll(() => textOf(again), { timeout: 20_000 }).toContain(`${gone} agents away`)
  expect(await violations(again)).toEqual([])
})
