/**
 * Broadcasts of 100 B among many tabs: latency when quiet, and deliveries per second in bursts, from one tab and from all at once, each delivery
 * counted; beside a full mesh of bare data channels of as many tabs in the same run.
 */
import { type Heard, sayInBurst, sayQuietly } from '../test/browser/support/broadcasts.ts'
import { closeTab, meshOf, type Tab } from '../test/browser/support/tabs.ts'
import { clockOffsetMs } from './support/clocks.ts'
import { withFullMesh } from './support/full.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const burstMessages = 2_000
/** Bursts of each kind; the median counts, and the worst delivery. */
const bursts = 5

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [10, 32], count: 200 })
  await Scene.with(options, async scene => {
    const rows: Row[] = []
    for (const count of options.tabs) {
      rows.push(
        ...(await withFullMesh(scene, count, async mesh => [
          quietRow(`bare channels, full mesh, ${count} tabs`, await mesh.quietly(options.count)),
          await burstRow(`bare channels, ${count} tabs, burst from one`, () => mesh.inBurst(burstMessages, 1)),
          await burstRow(`bare channels, ${count} tabs, burst from all`, () => mesh.inBurst(burstMessages, count)),
        ])),
      )
      const tabs = await scene.mesh(count)
      await scene.rest()
      const offsetMs = await clockOffsetMs(tabs)
      const quiet = quietRow(`tabmesh, ${count} tabs`, await sayQuietly(tabs, options.count))
      rows.push({ ...quiet, 'clock offset': rounded(offsetMs) })
      const before = await copiesOf(tabs)
      rows.push(await burstRow(`tabmesh, ${count} tabs, burst from one`, () => sayInBurst(tabs, burstMessages)))
      rows.push(await burstRow(`tabmesh, ${count} tabs, burst from all`, () => sayInBurst(tabs, burstMessages, count)))
      const after = await copiesOf(tabs)
      const received = after.received - before.received
      rows.push({
        what: `tabmesh, ${count} tabs, batches in these bursts`,
        samples: received,
        'copies each': rounded((after.duplicates - before.duplicates) / received),
      })
      for (const tab of tabs) await closeTab(tab)
    }
    report('gossip', options, await scene.versions(), rows)
  })
}

function quietRow(what: string, heard: Heard): Row {
  return { what: `${what}, quiet`, ...summary(heard.latencies), 'delivered %': share([heard]) }
}

async function burstRow(what: string, burst: () => Promise<Heard>): Promise<Row> {
  const heard: Heard[] = []
  for (let round = 0; round < bursts; round++) heard.push(await burst())
  const rates = heard
    .map(({ latencies, tookMs }) => (latencies.length / tookMs) * 1_000)
    .sort((one, other) => one - other)
  const samples = heard.reduce((sum, { latencies }) => sum + latencies.length, 0)
  return { what, samples, 'delivered %': share(heard), 'deliveries/s': rounded(rates[rates.length >> 1] ?? 0) }
}

function share(heard: readonly Heard[]): number {
  return Math.min(...heard.map(({ latencies, expected }) => rounded((latencies.length / expected) * 100)))
}

/** Batches that the tabs received, and copies of them, all together. */
async function copiesOf(tabs: readonly Tab[]): Promise<{ received: number; duplicates: number }> {
  const sums = { received: 0, duplicates: 0 }
  for (const tab of tabs) {
    const { received, duplicates } = await (await meshOf(tab)).evaluate(
      async mesh => (await mesh.metrics()).gossip.batches,
    )
    sums.received += received
    sums.duplicates += duplicates
  }
  return sums
}
