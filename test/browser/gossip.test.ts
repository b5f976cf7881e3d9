/** Gossip of real tabs in two browsers: priorities, deflated bursts, rumours for who comes late, numbers of the room, settings and figures. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Stage } from './support/stage.ts'
import { idOf, meshOf, type Tab, waitForPeers } from './support/tabs.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

test('a burst arrives whole in both browsers, a rumour reaches who comes late, and all agree on a number', async () => {
  const room = stage.room()
  const tabs = (await stage.tabs(room, ['chromium', 'firefox'])) as [Tab, Tab]
  for (const tab of tabs) await waitForPeers(tab, 1)
  const [one, other] = [await meshOf(tabs[0]), await meshOf(tabs[1])]

  const settings = { interval: 100, antiEntropyInterval: 1_000 }
  for (const mesh of [one, other])
    expect(await mesh.evaluate((mesh, settings) => mesh.gossip.configure(settings), settings)).toMatchObject(settings)
  expect(await one.evaluate(mesh => mesh.gossip.settings())).toMatchObject({ ...settings, fanout: 3 })

  const said = 1_500
  const heard = await other.evaluateHandle(mesh => {
    const numbers: number[] = []
    mesh.subscribe('test.burst', payload => numbers.push(Number(payload)))
    return numbers
  })
  await idOf(tabs[1]) // one more turn, so that the engine knows of the subscription
  await one.evaluate(async (mesh, said) => {
    const all = Array.from({ length: said }, (_, number) => mesh.broadcast('test.burst', number, { priority: 'low' }))
    await Promise.all(all)
  }, said)
  await expect.poll(() => heard.evaluate(numbers => numbers.length), { timeout: 30_000 }).toBe(said)
  expect(await heard.evaluate(numbers => numbers.every((number, at) => number === at))).toBe(true)
  const { topics } = await one.evaluate(async mesh => (await mesh.metrics()).gossip)
  expect(topics.find(({ topic }) => topic === 'test.burst')).toMatchObject({ published: said })

  await one.evaluate(mesh => mesh.gossip.rumour('test.rumour', { noon: true }, { ttlMs: 600_000 }))
  const [late] = (await stage.tabs(room, ['firefox'])) as [Tab]
  await waitForPeers(late, 2)
  const newcomer = await meshOf(late)
  await newcomer.evaluate((mesh, settings) => mesh.gossip.configure(settings), settings)
  const rumours = await newcomer.evaluateHandle(mesh => {
    const heard: unknown[] = []
    mesh.gossip.onRumour('test.rumour', (payload, { from }) => heard.push([payload, from]))
    return heard
  })
  const rumour = [{ noon: true }, await idOf(tabs[0])]
  await expect.poll(() => rumours.evaluate(heard => heard), { timeout: 30_000 }).toEqual([rumour])

  const answers = await Promise.all(
    [one, other, newcomer].map((mesh, at) => mesh.evaluate((mesh, at) => mesh.aggregate('test.load', 10 * at), at)),
  )
  for (const answer of answers) expect(answer).toMatchObject({ count: 3, min: 0, max: 20 })
})
