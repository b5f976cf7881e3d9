/** Broadcasts of 100 B: latency when quiet (one each 100 ms, from a tab in turn), and delivery and rate in a burst of 2,000. */
import { type Heard, sayInBurst, sayQuietly } from '../test/browser/support/broadcasts.ts'
import { closeTab, type Tab } from '../test/browser/support/tabs.ts'
import { clockOffsetMs } from './support/clocks.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { withRawPair } from './support/raw.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const payloadBytes = 100
const burstMessages = 2_000

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [3, 10, 20], count: 200 })
  await Scene.with(options, async scene => {
    const bare = await withRawPair(scene, (one, two) => measureRaw(one, two, options.count))
    const rows: Row[] = [{ what: 'raw channel, 2 tabs: half a round trip', ...bare.oneWay, 'deliveries/s': bare.rate }]
    for (const count of options.tabs) {
      const tabs = await scene.mesh(count)
      await scene.rest()
      const offsetMs = await clockOffsetMs(tabs)
      const quiet = delivered(await sayQuietly(tabs, options.count))
      const shout = await sayInBurst(tabs, burstMessages)
      const burst = { ...delivered(shout), 'deliveries/s': rounded((shout.latencies.length / shout.tookMs) * 1_000) }
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

function delivered({ latencies, expected }: Heard) {
  return { ...summary(latencies), 'delivered %': rounded((latencies.length / expected) * 100) }
}
