/** Two tabs that dial each other at the same moment end up with exactly one connection, over which words go both ways. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { keepConnections } from './support/connections.ts'
import { Stage } from './support/stage.ts'
import { blankTab, idOf, meshOf, type Tab, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

const roundTimeoutMs = 20_000

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
})
afterEach(() => stage.clear())
afterAll(() => stage?.close())

const pairs: [BrowserName, BrowserName, number][] = [
  ['chromium', 'chromium', 200],
  ['chromium', 'firefox', 20],
]
if (isThorough) pairs.push(['firefox', 'firefox', 40])
test.each(pairs)('%s and %s, %i times', { timeout: 240_000 }, async (left, right, rounds) => {
  const room = stage.room()
  const [one, two] = [await openCounted(left, room.url('T0')), await openCounted(right, room.url('T1'))]
  await Promise.all([waitForPeers(one, 1), waitForPeers(two, 1)])
  const ids = [await idOf(one), await idOf(two)] as const
  for (const [tab, other] of [
    [one, ids[1]],
    [two, ids[0]],
  ] as const)
    await listen(tab, other)

  for (let round = 0; round < rounds; round++) {
    await (await meshOf(one)).evaluate((mesh, other) => mesh.cut(other), ids[1])
    const atMs = Date.now() + 20
    await Promise.all([dialAt(one, ids[1], atMs), dialAt(two, ids[0], atMs)])
    // One broadcast each way proves that gossip flows, and over which link is not asked: there must be one only.
    const heard = await Promise.all([exchange(one, two, round), exchange(two, one, round)])
    expect(heard, `round ${round}`).toEqual([true, true])
  }

  for (const [tab, other] of [
    [one, ids[1]],
    [two, ids[0]],
  ] as const) {
    await expect.poll(() => openConnections(tab), { timeout: 10_000 }).toBe(1)
    expect(await (await meshOf(tab)).evaluate(mesh => mesh.links.map(({ peer }) => peer))).toEqual([other])
    expect((await waitForPeers(tab, 1)).map(({ id }) => id)).toEqual([other])
  }
})

async function openCounted(name: BrowserName, url: string): Promise<Tab> {
  const tab = await blankTab(stage.browser(name))
  stage.adopt(tab)
  await keepConnections(tab.page)
  await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
  return tab
}

async function openConnections(tab: Tab): Promise<number> {
  return tab.page.evaluate(() => {
    globalThis.connections = globalThis.connections.filter(({ signalingState }) => signalingState !== 'closed')
    return globalThis.connections.filter(({ connectionState }) => connectionState === 'connected').length
  })
}

async function dialAt(tab: Tab, other: string, atMs: number): Promise<void> {
  await (await meshOf(tab)).evaluate(
    async (mesh, other, atMs) => {
      while (Date.now() < atMs); // a timer would be a millisecond or more too late
      const peer = mesh.peers.find(({ id }) => id === other)
      const isLinked = () => mesh.links.some(({ peer }) => peer === other)
      // Of two dials one gives way. What counts is that a link stands, whoever made it.
      if (peer) await mesh.connect(peer.id).catch(() => {})
      await new Promise<void>(resolve => {
        const off = mesh.on('snapshot', () => {
          if (!isLinked()) return
          off()
          resolve()
        })
        if (isLinked()) {
          off()
          resolve()
        }
      })
    },
    other,
    atMs,
  )
}

async function listen(tab: Tab, other: string): Promise<void> {
  await (await meshOf(tab)).evaluate((mesh, other) => {
    const rounds = new Set<number>()
    Object.assign(globalThis, { rounds })
    mesh.subscribe('test.glare', (payload, { from }) => from === other && rounds.add(payload as number))
  }, other)
}

/** Broadcasts in one tab, and tells whether the other heard it. */
async function exchange(from: Tab, to: Tab, round: number): Promise<boolean> {
  await (await meshOf(from)).evaluate((mesh, round) => mesh.broadcast('test.glare', round), round)
  const isHeard = (round: number) => (globalThis as unknown as { rounds: Set<number> }).rounds.has(round)
  return to.page.waitForFunction(isHeard, { timeout: roundTimeoutMs, polling: 5 }, round).then(
    () => true,
    () => false,
  )
}
