/** From the start of a page's navigation until `meshReady` resolves, into a mesh of some size, with a warm cache. */
import { blankTab, closeTab, meshOf, waitForPeers } from '../test/browser/support/tabs.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { type RawPages, withRawPages } from './support/raw.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

declare global {
  var joinedAtMs: number | undefined
}

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [10], count: 30 })
  await Scene.with(options, async scene => {
    const bare = summary(await withRawPages(scene, pages => measureRaw(pages, options.count)))
    const rows: Row[] = [{ what: 'raw page: load, dial, open', ...bare, ratio: 1 }]
    for (const tabs of options.tabs) {
      const ours = summary(await measure(scene, tabs, options.count))
      rows.push({ what: `tabmesh, joining as number ${tabs}`, ...ours, ratio: rounded(ours.p50 / bare.p50) })
    }
    report('join', options, await scene.versions(), rows)
  })
}

async function measureRaw(pages: RawPages, count: number): Promise<number[]> {
  const standing = await pages.open()
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const tab = await pages.open()
    // The page was ready before it could be asked; its dial is added to its own load time.
    times.push(
      await tab.page.evaluate(async () => {
        const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
        const { ms } = await globalThis.raw.dial()
        return (navigation?.domInteractive ?? 0) + ms
      }),
    )
    await closeTab(tab)
  }
  await closeTab(standing)
  return times
}

async function measure(scene: Scene, tabs: number, count: number): Promise<number[]> {
  const room = scene.stage.room()
  const standing = await scene.mesh(tabs - 1, room)
  const [first] = standing
  if (!first) throw new Error('join needs at least two tabs')
  const times: number[] = []
  for (let index = 0; index < count + 2; index++) {
    const tab = await blankTab(scene.browser, scene.options.hidden ? 'tab' : 'window')
    await tab.page.evaluateOnNewDocument(() => {
      // Stamps the moment at which the console's own promise resolves.
      let ready: Promise<unknown> | undefined
      Object.defineProperty(globalThis, 'meshReady', {
        get: () => ready,
        set: (promise: Promise<unknown>) => {
          ready = promise
          promise.then(() => {
            globalThis.joinedAtMs ??= performance.now() // it is set again with each snapshot
          })
        },
      })
    })
    await tab.page.goto(room.url('new'), { waitUntil: 'domcontentloaded' })
    await meshOf(tab)
    const joinedAtMs = await tab.page.evaluate(() => globalThis.joinedAtMs)
    if (joinedAtMs === undefined) throw new Error('meshReady was not stamped')
    if (index >= 2) times.push(joinedAtMs) // the first two warm the cache
    await waitForPeers(first, tabs - 1)
    await closeTab(tab)
    await waitForPeers(first, tabs - 2)
  }
  for (const tab of standing) await closeTab(tab)
  return times
}
