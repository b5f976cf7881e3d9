/** Nobody leaves, every core is busy with something else, and for an hour nobody may be given up. */
import { spawn } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { Scene } from '../../bench/support/scene.ts'
import { waitForPeers } from '../browser/support/tabs.ts'
import type { SoakOptions } from './options.ts'
import { progress } from './progress.ts'
import { openWatched, say, type WatchedTab } from './watched-tab.ts'

/** How often somebody says something that all must hear, ms. */
const sayEveryMs = 15_000

export async function run(options: SoakOptions): Promise<readonly string[]> {
  return Scene.with({ ...options, tabs: [options.tabs], count: 1 }, async scene => {
    const room = scene.stage.room()
    const tabs: WatchedTab[] = []
    for (let at = 0; at < options.tabs; at++) tabs.push(await openWatched(scene, room.url(`T${at}`)))
    await scene.settle(tabs)
    for (const tab of tabs) await waitForPeers(tab, options.tabs - 1)
    const burners = cpus().map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
    try {
      return await watch(tabs, options.minutes)
    } finally {
      for (const burner of burners) burner.kill()
    }
  })
}

async function watch(tabs: readonly WatchedTab[], minutes: number): Promise<readonly string[]> {
  const untilMs = Date.now() + minutes * 60_000
  const loads: number[] = []
  let said = 0
  while (Date.now() < untilMs) {
    await say(tabs[said % tabs.length] as WatchedTab, said++)
    await new Promise(resolve => setTimeout(resolve, Math.min(sayEveryMs, Math.max(0, untilMs - Date.now()))))
    loads.push(loadavg()[0] ?? 0)
    const partings = await Promise.all(tabs.map(({ page }) => page.evaluate(() => globalThis.partings.length)))
    const left = Math.ceil((untilMs - Date.now()) / 60_000)
    progress(`${left} min to go, load ${loads.at(-1)?.toFixed(1)}, partings seen ${partings.reduce((a, b) => a + b)}`)
  }
  const broken: string[] = []
  let suspicions = 0
  for (const [at, tab] of tabs.entries()) {
    const { partings, sayings, peers } = await tab.page.evaluate(() => ({
      partings: globalThis.partings,
      sayings: globalThis.sayings,
      peers: globalThis.mesh?.peers.length,
    }))
    suspicions += partings.filter(({ what }) => what === 'suspect').length
    for (const { peer, what, atMs } of partings)
      if (what !== 'suspect') broken.push(`T${at} gave up ${peer} (${what}) at ${new Date(atMs).toISOString()}`)
    const missed = Array.from({ length: said }, (_, number) => number).filter(
      number => number % tabs.length !== at && !sayings.includes(number),
    )
    if (missed.length > 0) broken.push(`T${at} missed broadcasts ${missed.join(', ')}`)
    if (peers !== tabs.length - 1) broken.push(`T${at} lists ${peers} others of ${tabs.length - 1}`)
  }
  const load = (loads.reduce((a, b) => a + b, 0) / loads.length).toFixed(1)
  const outcome = { tabs: tabs.length, minutes, load, broadcasts: said, suspicions, falseVerdicts: broken.length }
  console.log(JSON.stringify(outcome))
  return broken
}
