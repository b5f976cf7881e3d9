/** Broadcasts of 100 B: latency when quiet (one each 100 ms, from a tab in turn), and delivery and rate in a burst of 2,000. */
import { closeTab, idOf, meshOf, type Tab } from '../test/browser/support/tabs.ts'
import { clockOffsetMs } from './support/clocks.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { withRawPair } from './support/raw.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const payloadBytes = 100
const quietIntervalMs = 100
export const burstMessages = 2_000
const burstTimeoutMs = 30_000

declare global {
  /** What this tab heard: latency in ms by number of the broadcast, and when the last one came. */
  var heard: { latencies: number[]; lastAtMs: number }
}

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [3, 10, 20], count: 200 })
  await Scene.with(options, async scene => {
    const bare = await withRawPair(scene, (one, two) => measureRaw(one, two, options.count))
    const rows: Row[] = [{ what: 'raw channel, 2 tabs: half a round trip', ...bare.oneWay, 'deliveries/s': bare.rate }]
    for (const count of options.tabs) {
      const tabs = await scene.mesh(count)
      const offsetMs = await clockOffsetMs(tabs)
      const quiet = await measureQuiet(tabs, options.count)
      const burst = await measureBurst(tabs)
      rows.push({
        what: `tabmesh, ${count} tabs, quiet`,
        ...quiet,
        ratio: rounded(quiet.p50 / bare.oneWay.p50),
        'clock offset': rounded(offsetMs),
      })
      rows.push({
        what: `tabmesh, ${count} tabs, burst of ${burstMessages}`,
        ...burst,
        ratio: rounded(burst['deliveries/s'] / bare.rate),
      })
      for (const tab of tabs) await closeTab(tab)
    }
    report('broadcast', options, await scene.versions(), rows)
  })
}

async function measureRaw(one: Tab, two: Tab, count: number) {
  const { session } = await one.page.evaluate(() => globalThis.raw.dial())
  const trips = await one.page.evaluate(
    (session, count, bytes) => globalThis.raw.roundTrips(session, count, bytes),
    session,
    count,
    payloadBytes,
  )
  const last = two.page.evaluate(messages => globalThis.raw.whenReceived(messages), burstMessages)
  const startedAt = await one.page.evaluate(
    async (session, messages, bytes) => {
      const startedAt = performance.timeOrigin + performance.now()
      await globalThis.raw.flood(session, messages, bytes)
      return startedAt
    },
    session,
    burstMessages,
    payloadBytes,
  )
  return {
    oneWay: summary(trips.map(ms => ms / 2)),
    rate: rounded((burstMessages / ((await last) - startedAt)) * 1_000),
  }
}

/** Node keeps the beat: a hidden page has no timer that does. */
export async function measureQuiet(tabs: readonly Tab[], count: number) {
  await listen(tabs)
  for (let index = 0; index < count; index++) {
    const tab = tabs[index % tabs.length] as Tab
    await Promise.all([say(tab, 1), new Promise(resolve => setTimeout(resolve, quietIntervalMs))])
  }
  const expected = (tabs.length - 1) * count
  const latencies = await collect(tabs, expected, 5_000)
  return { ...summary(latencies), 'delivered %': rounded((latencies.length / expected) * 100) }
}

export async function measureBurst(tabs: readonly Tab[]) {
  await listen(tabs)
  const [sender] = tabs
  if (!sender) throw new Error('no tabs')
  const startedAtMs = await say(sender, burstMessages)
  const expected = (tabs.length - 1) * burstMessages
  const latencies = await collect(tabs, expected, burstTimeoutMs)
  const lastAtMs = Math.max(...(await Promise.all(tabs.map(tab => tab.page.evaluate(() => globalThis.heard.lastAtMs)))))
  return {
    ...summary(latencies),
    'delivered %': rounded((latencies.length / expected) * 100),
    'deliveries/s': rounded((latencies.length / (lastAtMs - startedAtMs)) * 1_000),
  }
}

/** Starts counting afresh in each tab, each broadcast once however often it comes. */
async function listen(tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) {
    const mesh = await meshOf(tab)
    await mesh.evaluate(mesh => {
      const isFirst = globalThis.heard === undefined
      globalThis.heard = { latencies: [], lastAtMs: 0 }
      if (!isFirst) return
      mesh.subscribe('bench.broadcast', payload => {
        const now = performance.timeOrigin + performance.now()
        const { atMs } = payload as unknown as { atMs: number }
        globalThis.heard.latencies.push(now - atMs)
        globalThis.heard.lastAtMs = now
      })
    })
  }
  await Promise.all(tabs.map(idOf)) // one more turn, so that each engine knows of the subscription
}

async function say(tab: Tab, count: number): Promise<number> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(
    async (mesh, count, payloadBytes) => {
      const startedAtMs = performance.timeOrigin + performance.now()
      const filler = 'x'.repeat(payloadBytes - 40) // beside the stamp, its name and the number
      const broadcasts = Array.from({ length: count }, (_, number) =>
        mesh.broadcast('bench.broadcast', { atMs: performance.timeOrigin + performance.now(), number, filler }),
      )
      await Promise.all(broadcasts)
      return startedAtMs
    },
    count,
    payloadBytes,
  )
}

/** All latencies, as soon as `expected` have come or the time is up. */
async function collect(tabs: readonly Tab[], expected: number, timeoutMs: number): Promise<number[]> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const heard = await Promise.all(tabs.map(tab => tab.page.evaluate(() => globalThis.heard.latencies)))
    if (heard.flat().length >= expected || Date.now() > deadline) return heard.flat()
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
