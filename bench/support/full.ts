/** Tabs in a full mesh of bare RTCDataChannels (bench/pages/full.js): the baseline of broadcasts. */
import type { Heard } from '../../test/browser/support/broadcasts.ts'
import { closeTab, type Tab } from '../../test/browser/support/tabs.ts'
import { withRawPages } from './raw.ts'
import type { Scene } from './scene.ts'

declare global {
  var full: {
    peers(): number
    listen(): void
    broadcast(messages: number, bytes: number): Promise<number>
    heard: { latencies: number[]; lastAtMs: number }
  }
}

const payloadBytes = 100
const quietIntervalMs = 100

export interface FullMesh {
  quietly(count: number): Promise<Heard>
  inBurst(count: number, speakers: number): Promise<Heard>
}

export function withFullMesh<Result>(
  scene: Scene,
  count: number,
  use: (mesh: FullMesh) => Promise<Result>,
): Promise<Result> {
  return withRawPages(scene, async ({ url }) => {
    const tabs: Tab[] = []
    for (let index = 0; index < count; index++) tabs.push(await scene.open(`${url}full.html`))
    await scene.settle(tabs)
    for (const { page } of tabs)
      await page.waitForFunction(n => globalThis.full?.peers() >= n, { polling: 50, timeout: 60_000 }, count - 1)
    try {
      return await use(meshOf(tabs))
    } finally {
      for (const tab of tabs) if (!tab.isGone) await closeTab(tab)
    }
  })
}

function meshOf(tabs: readonly Tab[]): FullMesh {
  const listen = () => Promise.all(tabs.map(tab => tab.page.evaluate(() => globalThis.full.listen())))
  const say = (tab: Tab, count: number) =>
    tab.page.evaluate((count, bytes) => globalThis.full.broadcast(count, bytes), count, payloadBytes)
  return {
    async quietly(count) {
      await listen()
      const startedAtMs = Date.now()
      for (let index = 0; index < count; index++) {
        const tab = tabs[index % tabs.length] as Tab
        await Promise.all([say(tab, 1), new Promise(resolve => setTimeout(resolve, quietIntervalMs))])
      }
      return collect(tabs, (tabs.length - 1) * count, startedAtMs)
    },
    async inBurst(count, speakers) {
      await listen()
      const each = Math.ceil(count / speakers)
      const started = await Promise.all(tabs.slice(0, speakers).map(tab => say(tab, each)))
      return collect(tabs, (tabs.length - 1) * each * speakers, Math.min(...started))
    },
  }
}

async function collect(tabs: readonly Tab[], expected: number, startedAtMs: number): Promise<Heard> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const heard = await Promise.all(tabs.map(tab => tab.page.evaluate(() => globalThis.full.heard)))
    const latencies = heard.flatMap(({ latencies }) => latencies)
    const tookMs = Math.max(...heard.map(({ lastAtMs }) => lastAtMs)) - startedAtMs
    if (latencies.length >= expected || Date.now() > deadline) return { latencies, expected, tookMs }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
