/** How soon every other tab takes a closed tab off its list: from the closing page's `pagehide`, and from the call that closed it. */
import { closeTab, idOf, meshOf, type Tab, waitForPeers } from '../test/browser/support/tabs.ts'
import { clockOffsetMs } from './support/clocks.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { withRawPages } from './support/raw.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const key = 'closed-at'
const noticeTimeoutMs = 20_000

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [5], count: 50 })
  await Scene.with(options, async scene => {
    const bare = summary(await measureRaw(scene, options.count))
    const rows: Row[] = [{ what: 'raw channel, closed by its page at pagehide', ...bare, ratio: 1 }]
    for (const tabs of options.tabs) {
      const { last, each, offsetMs, missed } = await measure(scene, tabs, options.count)
      const [all, one] = [summary(last), summary(each)]
      rows.push({ what: `tabmesh, ${tabs} tabs: each other tab`, ...one, ratio: rounded(one.p50 / bare.p50) })
      rows.push({
        what: `tabmesh, ${tabs} tabs: the last to notice`,
        ...all,
        ratio: rounded(all.p50 / bare.p50),
        missed,
      })
      rows.push({ what: 'largest clock offset between tabs', p50: rounded(offsetMs) })
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
      await standing.page.evaluate(key => localStorage.removeItem(key), key)
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
  const offsetMs = await clockOffsetMs(standing)
  const [last, each]: [number[], number[]] = [[], []]
  let missed = 0
  for (let index = 0; index < count; index++) {
    const tab = await scene.open(room.url('leaver'))
    for (const one of [tab, ...standing]) await waitForPeers(one, tabs - 1)
    const leaver = await idOf(tab)
    await tab.page.evaluate(key => {
      localStorage.removeItem(key)
      addEventListener('pagehide', () => localStorage.setItem(key, String(performance.timeOrigin + performance.now())))
    }, key)
    const noticed = standing.map(one => whenGone(one, leaver))
    await closeTab(tab)
    const moments = await Promise.all(noticed)
    const from = await closedAt(first)
    const waits = moments.flatMap(moment => (moment === undefined ? [] : [moment - from]))
    missed += moments.length - waits.length
    each.push(...waits)
    if (waits.length === moments.length) last.push(Math.max(...waits))
  }
  for (const tab of standing) await closeTab(tab)
  return { last, each, offsetMs, missed }
}

async function whenGone(tab: Tab, leaver: string): Promise<number | undefined> {
  return (await meshOf(tab)).evaluate(
    (mesh, leaver, noticeTimeoutMs) =>
      new Promise<number | undefined>(resolve => {
        const late = setTimeout(() => resolve(undefined), noticeTimeoutMs)
        const off = mesh.on('agent-leave', ({ peer }) => {
          if (peer.id !== leaver) return
          clearTimeout(late)
          off()
          resolve(performance.timeOrigin + performance.now())
        })
      }),
    leaver,
    noticeTimeoutMs,
  )
}

async function closedAt(tab: Tab): Promise<number> {
  const stamp = await tab.page.evaluate(key => localStorage.getItem(key), key)
  if (stamp === null) throw new Error('the closing page ran no pagehide')
  return Number(stamp)
}
