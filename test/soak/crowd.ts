/** Many tabs in one mesh on one machine: how they are linked, whether all hear all, and what an idle one costs. */
import { rounded, summary, table } from '../../bench/support/numbers.ts'
import { Scene } from '../../bench/support/scene.ts'
import { linksLow, linksMax } from '../../src/mesh/limits.ts'
import { waitForPeers } from '../browser/support/tabs.ts'
import type { SoakOptions } from './options.ts'
import { type Cost, costOf } from './processes.ts'
import { progress } from './progress.ts'
import { openWatched, say, type WatchedTab } from './watched-tab.ts'

/** Links come and go for a while after the last tab joined, ms. */
const calmMs = 20_000
/** A broadcast has this long to reach everybody, ms. */
const hearMs = 10_000

export async function run(options: SoakOptions): Promise<readonly string[]> {
  return Scene.with({ ...options, tabs: [options.tabs], count: 1 }, async scene => {
    const pid = scene.browser.process()?.pid
    if (pid === undefined) throw new Error('the browser has no process of its own')
    const bare = costOf(pid)
    const room = scene.stage.room()
    const tabs: WatchedTab[] = []
    for (let at = 0; at < options.tabs; at++) {
      tabs.push(await openWatched(scene, room.url(`T${at}`)))
      progress(`${tabs.length} of ${options.tabs} tabs have joined`)
    }
    await scene.settle(tabs)
    for (const tab of tabs) await waitForPeers(tab, options.tabs - 1, 120_000)
    await new Promise(resolve => setTimeout(resolve, calmMs))

    const idleMs = options.minutes * 60_000
    progress(`all see all; idle for ${idleMs / 1000} s`)
    const before = costOf(pid)
    await new Promise(resolve => setTimeout(resolve, idleMs))
    const idle = costOf(pid)

    const degrees = await Promise.all(tabs.map(({ page }) => page.evaluate(() => globalThis.mesh?.links.length ?? 0)))
    const deaf = await rollCall(tabs)
    report(options, { bare, before, idle }, degrees, deaf)
    const outside = degrees.filter(degree => degree < Math.min(linksLow, tabs.length - 1) || degree > linksMax)
    return [
      ...outside.map(degree => `a tab has ${degree} links, not ${linksLow} to ${linksMax}`),
      ...deaf.map(({ from, missed }) => `the broadcast of T${from} was missed by ${missed} tabs`),
    ]
  })
}

/** Each tab says one thing; returns those that were not heard by all. */
async function rollCall(tabs: readonly WatchedTab[]): Promise<{ from: number; missed: number }[]> {
  for (const [at, tab] of tabs.entries()) await say(tab, at)
  const deadlineMs = Date.now() + hearMs
  for (;;) {
    const heard = await Promise.all(tabs.map(({ page }) => page.evaluate(() => globalThis.sayings)))
    const hearers = tabs.map((_, from) => heard.filter((sayings, to) => to !== from && sayings.includes(from)).length)
    const deaf = hearers
      .map((count, from) => ({ from, missed: tabs.length - 1 - count }))
      .filter(({ missed }) => missed > 0)
    if (deaf.length === 0 || Date.now() > deadlineMs) return deaf
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

function report(
  { tabs, hidden, minutes }: SoakOptions,
  { bare, before, idle }: Readonly<Record<'bare' | 'before' | 'idle', Cost>>,
  degrees: readonly number[],
  deaf: readonly unknown[],
): void {
  const { p50, max } = summary(degrees)
  const row = {
    tabs,
    place: hidden ? 'hidden' : 'visible',
    'links min': Math.min(...degrees),
    'links p50': p50,
    'links max': max,
    'broadcasts heard by all': `${tabs - deaf.length} of ${tabs}`,
    'CPU per idle tab, % of a core': rounded(((idle.cpuSeconds - before.cpuSeconds) / (minutes * 60) / tabs) * 100),
    'memory per tab, MB': rounded((idle.memoryBytes - bare.memoryBytes) / tabs / 1e6),
  }
  console.log(`\n${table([row])}\n`)
  console.log(JSON.stringify(row))
}
