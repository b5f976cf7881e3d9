/**
 * How long nobody can decide after the leader's tab is closed, with preset `lab`: again and again in one room, where a new tab takes the
 * place of the closed one each time and all voters live again before the next trial. Beside it the longest gap where nothing is closed.
 */
import { waitForVoters } from '../test/browser/support/deciding.ts'
import { closeTab, meshOf, type Tab, waitForPeers } from '../test/browser/support/tabs.ts'
import { failover, longestGap, votersAmong } from './support/failover.ts'
import { type Row, summary } from './support/numbers.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [5], count: 20 })
  await Scene.with(options, async scene => {
    const rows: Row[] = []
    for (const count of options.tabs) {
      const room = scene.stage.room()
      let tabs = await scene.mesh(count, room)
      const voters = votersAmong(count)
      await waitForVoters(tabs, voters, 60_000)
      const [first] = tabs
      if (!first) throw new Error('there is no tab')
      await (await meshOf(first)).evaluate(async mesh => {
        await mesh.decisions.configure({ preset: 'lab' })
      })
      const [quiet, gaps]: [number[], number[]] = [[], []]
      for (let trial = 0; trial < options.count; trial++) {
        quiet.push(await longestGap(tabs.at(-1) as Tab))
        gaps.push(await failover(tabs))
        tabs = [...tabs.filter(tab => !tab.isGone), await scene.open(room.url(`N${trial}`))]
        await scene.settle(tabs)
        for (const tab of tabs) await waitForPeers(tab, count - 1, 60_000)
        await waitForVoters(tabs, voters, 60_000)
      }
      rows.push({ what: `${count} tabs, lab: nothing closed, longest time without an answer, ms`, ...summary(quiet) })
      rows.push({ what: `${count} tabs, lab: leader's tab closed, until the next commit, ms`, ...summary(gaps) })
      for (const tab of tabs) await closeTab(tab)
    }
    report('failover', options, await scene.versions(), rows)
  })
}
