import { voterTargets } from '../../src/consensus/decisions/limits.ts'
import { leadingTab } from '../../test/browser/support/deciding.ts'
import { closeTab, meshOf, type Tab } from '../../test/browser/support/tabs.ts'

/** How many vote where so many tabs are in a room. */
export function votersAmong(tabs: number): number {
  return voterTargets.find(target => target <= tabs) ?? 1
}

const watchedMs = 4_000
const closedAfterMs = 1_000

/** A tab sets a key again and again: the longest time between two answers, ms. */
export async function longestGap(tab: Tab): Promise<number> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(async (mesh, watchedMs) => {
    let [longestMs, lastMs] = [0, performance.now()]
    for (const untilMs = lastMs + watchedMs; performance.now() < untilMs; ) {
      await mesh.decisions.set('failover', Math.round(lastMs)).catch(() => {})
      longestMs = Math.max(longestMs, performance.now() - lastMs)
      lastMs = performance.now()
    }
    return longestMs
  }, watchedMs)
}

/** The same at a tab that stays, while the leader's tab is closed. */
export async function failover(tabs: readonly Tab[]): Promise<number> {
  const leader = await leadingTab(tabs)
  const longest = longestGap(tabs.find(tab => tab !== leader) as Tab)
  await new Promise(resolve => setTimeout(resolve, closedAfterMs))
  await closeTab(leader)
  return longest
}
