/** A wrong secret is refused plainly: no mesh forms, and the page says what to do. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { roomAt, Stage } from './support/stage.ts'
import { meshOf, peersOf, refusalOf, textOf, waitForPeers } from './support/tabs.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

test.each<[BrowserName, BrowserName]>([
  ['chromium', 'chromium'],
  ['firefox', 'firefox'],
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
])('a tab of %s refuses one of %s that has another key', async (insider, outsider) => {
  const room = stage.room()
  const inside = await stage.tab(insider, room.url('inside'))
  await meshOf(inside)
  const outside = await stage.tab(outsider, roomAt(stage.server.origin, room.name, `${room.key}x`).url('outside'))
  const refusal = await refusalOf(outside)
  expect(refusal?.code).toBe('wrong-secret')
  expect(refusal?.message).toMatch(/key|secret|link/i)
  // The page says so, in words, and offers two ways out.
  await expect.poll(() => textOf(outside), { timeout: 10_000 }).toMatch(/separate room/i)
  expect(await peersOf(inside)).toEqual([])
})

test('a separate room of the same name opens on request', async () => {
  const room = stage.room()
  await meshOf(await stage.tab('chromium', room.url('inside')))
  const separate = `${roomAt(stage.server.origin, room.name, `${room.key}x`).url('own')}&separate=1`
  const own = await stage.tab('chromium', separate)
  expect(await refusalOf(own)).toBeUndefined()
  expect(await peersOf(own)).toEqual([])
})

test('a public room and a private one of the same name do not mix', async () => {
  const room = stage.room()
  const inside = await stage.tab('chromium', room.url('inside'))
  await meshOf(inside)
  const first = await stage.tab('chromium', `${stage.server.origin}/?room=${room.name}&separate=1`)
  const second = await stage.tab('chromium', `${stage.server.origin}/?room=${room.name}&separate=1`)
  await waitForPeers(first, 1)
  await waitForPeers(second, 1)
  expect(await peersOf(inside)).toEqual([])
})
