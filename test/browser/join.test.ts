/** Tabs of real browsers find each other: who is here, by name, how they are linked, and how far away they are. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import type { BrowserName } from './support/browsers.ts'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { Stage, times } from './support/stage.ts'
import { idOf, meshOf, type Tab, waitForPeers } from './support/tabs.ts'

/** The best of ten round trips on one machine takes about 1 ms; a busy machine gets more. */
const rttMsMax = 50

const crowds: [string, BrowserName[]][] = [
  ['five tabs of Chromium', times(5, 'chromium')],
  ['five tabs of Firefox', times(5, 'firefox')],
  ['three of Chromium and three of Firefox', ['chromium', 'firefox', 'chromium', 'firefox', 'chromium', 'firefox']],
]

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

test.each(crowds)('%s each see all the others, and hear each other directly and by broadcast', async (_, browsers) => {
  const tabs = await stage.tabs(stage.room(), browsers)
  const ids = await Promise.all(tabs.map(idOf))
  expect(new Set(ids).size).toBe(tabs.length)
  for (const [index, tab] of tabs.entries()) {
    const peers = await waitForPeers(tab, tabs.length - 1)
    const names = peers.map(({ id, name }) => `${id} ${name}`)
    const others = ids.flatMap((id, other) => (other === index ? [] : [`${id} T${other}`]))
    expect(names.sort()).toEqual(others.sort())
    for (const { id, link, rttMs, device } of peers) {
      expect(['webrtc', 'broadcast', 'relayed']).toContain(link)
      if (link !== 'relayed') expect(rttMs).toBeGreaterThanOrEqual(0)
      expect(await bestPingMs(tab, id)).toBeLessThan(rttMsMax)
      expect(device).toMatch(browsers[ids.indexOf(id)] === 'chromium' ? /Chrom/ : /Firefox/)
    }
    expect(peers.filter(({ link }) => link !== 'relayed').length).toBeGreaterThanOrEqual(1)
  }
  await everyTabHearsEveryOther(tabs)
})

test('a tab that nobody joins is usable, and says that it is alone', async () => {
  const [tab] = await stage.tabs(stage.room(), ['chromium'])
  if (!tab) throw new Error('no tab')
  const mesh = await meshOf(tab)
  expect(await mesh.evaluate(mesh => [mesh.snapshot.phase, mesh.peers.length])).toEqual(['alone', 0])
})

async function bestPingMs(tab: Tab, peer: PeerId): Promise<number> {
  return (await meshOf(tab)).evaluate(async (mesh, peer) => {
    const trips: number[] = []
    for (let round = 0; round < 10; round++) trips.push((await mesh.ping(peer)).rttMs)
    return Math.min(...trips)
  }, peer)
}
