/**
 * How soon every other tab takes a closed tab off its list, from the closing page's `pagehide`. Stamped with `Date.now()`, one clock for the
 * whole machine: the finer `performance` clocks of an old and of a fresh page were seen to differ by 30 ms.
 */
import { blankTab, closeTab, idOf, meshOf, type Tab, waitForPeers } from '../test/browser/support/tabs.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { withRawPages } from './support/raw.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const stamps = 'bench-closed'
const noticeTimeoutMs = 20_000

declare global {
  /** When this tab noticed that the watched one left, ms since 1970. */
  var goneAtMs: Promise<number | undefined> | undefined
  /** When the closing page heard that it closes. */
  var closedAtMs: Promise<number>
}

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [5], count: 50 })
  await Scene.with(options, async scene => {
    const bare = summary(await measureRaw(scene, options.count))
    const rows: Row[] = [{ what: 'raw channel, closed by its page at pagehide', ...bare, ratio: 1 }]
    for (const tabs of options.tabs) {
      const { last, each, missed } = await measure(scene, tabs, options.count)
      const [all, one] = [summary(last), summary(each)]
      rows.push({ what: `tabmesh, ${tabs} tabs: each other tab`, ...one, ratio: rounded(one.p50 / bare.p50) })
      rows.push({
        what: `tabmesh, ${tabs} tabs: the last to notice`,
        ...all,
        ratio: rounded(all.p50 / bare.p50),
        missed,
      })
    }
    report('leave', options, await scene.versions(), rows)
  })
}

async function measureRaw(scene: Scene, count: number): Promise<number[]> {
  return withRawPages(scene, async ({ open }) => {
    const standing = await open()
    const times: number[] = []
    for (let index = 0; index < count; index++) {
      const tab = await open()
      await hearStamp(standing)
      const { session } = await standing.page.evaluate(() => globalThis.raw.dial())
      const closed = standing.page.evaluate(session => globalThis.raw.whenClosed(session), session)
      await closeTab(tab)
      const noticedAt = await closed
      times.push(noticedAt - (await closedAt(standing)))
    }
    await closeTab(standing)
    return times
  })
}

async function measure(scene: Scene, tabs: number, count: number) {
  const room = scene.stage.room()
  const standing = await scene.mesh(tabs - 1, room)
  const [first] = standing
  if (!first) throw new Error('leave needs at least two tabs')
  const [last, each]: [number[], number[]] = [[], []]
  let missed = 0
  for (let index = 0; index < count; index++) {
    const tab = await openStamping(scene, room.url('leaver'))
    for (const one of [tab, ...standing]) await waitForPeers(one, tabs - 1)
    const leaver = await idOf(tab)
    for (const one of standing) await watch(one, leaver)
    await hearStamp(first)
    await closeTab(tab)
    const moments = await Promise.all(standing.map(whenGone))
    const from = await closedAt(first)
    const waits = moments.flatMap(moment => (moment === undefined ? [] : [moment - from]))
    missed += moments.length - waits.length
    each.push(...waits)
    if (waits.length === moments.length) last.push(Math.max(...waits))
  }
  for (const tab of standing) await closeTab(tab)
  return { last, each, missed }
}

/** A tab that writes down the moment of its `pagehide`, before the engine's own listener does its work. */
async function openStamping(scene: Scene, url: string): Promise<Tab> {
  const tab = await blankTab(scene.browser, scene.options.hidden ? 'tab' : 'window')
  await tab.page.evaluateOnNewDocument(stamps => {
    const channel = new BroadcastChannel(stamps)
    addEventListener('pagehide', () => channel.postMessage(Date.now()))
  }, stamps)
  await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
  if (scene.options.hidden) await scene.settle([tab])
  return tab
}

/** Resolves when the tab listens for the leaving of `leaver`. */
async function watch(tab: Tab, leaver: string): Promise<void> {
  const mesh = await meshOf(tab)
  await mesh.evaluate(
    (mesh, leaver, noticeTimeoutMs) => {
      globalThis.goneAtMs = new Promise(resolve => {
        const late = setTimeout(() => resolve(undefined), noticeTimeoutMs)
        const off = mesh.on('agent-leave', ({ peer }) => {
          if (peer.id !== leaver) return
          clearTimeout(late)
          off()
          resolve(Date.now())
        })
      })
    },
    leaver,
    noticeTimeoutMs,
  )
}

function whenGone(tab: Tab): Promise<number | undefined> {
  return tab.page.evaluate(() => globalThis.goneAtMs)
}

/** From here on the tab hears when a page closes. By BroadcastChannel: in Firefox what a closing page stores may be lost. */
async function hearStamp(tab: Tab): Promise<void> {
  await tab.page.evaluate(stamps => {
    const channel = new BroadcastChannel(stamps)
    globalThis.closedAtMs = new Promise(resolve => {
      channel.onmessage = ({ data }) => {
        channel.close()
        resolve(data as number)
      }
    })
  }, stamps)
}

function closedAt(tab: Tab): Promise<number> {
  return tab.page.evaluate(() => globalThis.closedAtMs)
}
