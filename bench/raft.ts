/**
 * Decisions of real tabs: commits per second while every tab proposes, one `set` at a time when quiet, and how long nobody can
 * decide after the leader's tab is closed. A commit is one operation that was acknowledged by itself; operations that one tab asks
 * for at once share an entry of the log, so entries are told beside it. The published figure to compare with (2,000 commits/s for a
 * WASM Raft in three windows) is for 3 tabs.
 */

import { leadingTab, viewOf, waitForVoters } from '../test/browser/support/deciding.ts'
import { closeTab, meshOf, type Tab } from '../test/browser/support/tabs.ts'
import { failover, votersAmong } from './support/failover.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const burstMs = 5_000
/** Operations each tab keeps under way. */
const underWay = 256
const quietIntervalMs = 50

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [3, 5], count: 100 })
  await Scene.with(options, async scene => {
    const rows: Row[] = []
    for (const count of options.tabs) {
      const tabs = await scene.mesh(count)
      await waitForVoters(tabs, votersAmong(count), 60_000)
      await scene.rest()
      rows.push({ what: `${count} tabs: one write to this disk, strict`, ...summary(await disk(tabs[0] as Tab)) })
      rows.push({
        what: `${count} tabs: quiet, set at the leader, ms`,
        ...summary(await quiet(await leadingTab(tabs), options.count)),
      })
      rows.push({
        what: `${count} tabs: quiet, set at a follower, ms`,
        ...summary(await quiet(await followingTab(tabs), options.count)),
      })
      rows.push({
        what: `${count} tabs: quiet, get at a follower, ms`,
        ...summary(await quiet(await followingTab(tabs), options.count, true)),
      })
      rows.push(await burst(tabs))
      const gaps: number[] = []
      for (let left = tabs; left.length > Math.max(2, Math.ceil(count / 2)); left = left.filter(tab => !tab.isGone))
        gaps.push(await failover(left))
      if (gaps.length > 0)
        rows.push({ what: `${count} tabs: leader's tab closed, until the next commit, ms`, ...summary(gaps) })
      for (const tab of tabs) if (!tab.isGone) await closeTab(tab)
    }
    report('raft', options, await scene.versions(), rows)
  })
}

async function followingTab(tabs: readonly Tab[]): Promise<Tab> {
  const leader = await leadingTab(tabs)
  return tabs.find(tab => tab !== leader) ?? leader
}

/** The baseline: what one durable write costs a worker here. */
function disk({ page }: Tab): Promise<number[]> {
  return page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('bench-disk', 1)
      request.onupgradeneeded = () => request.result.createObjectStore('log')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const times: number[] = []
    for (let index = 0; index < 100; index++) {
      const startedAtMs = performance.now()
      await new Promise<void>(resolve => {
        const transaction = database.transaction('log', 'readwrite', { durability: 'strict' })
        transaction.objectStore('log').put({ text: 'x'.repeat(200) }, index)
        transaction.oncomplete = () => resolve()
      })
      times.push(performance.now() - startedAtMs)
    }
    database.close()
    return times
  })
}

async function quiet(tab: Tab, count: number, isRead = false): Promise<number[]> {
  const mesh = await meshOf(tab)
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    times.push(
      await mesh.evaluate(
        async (mesh, index, isRead) => {
          const startedAtMs = performance.now()
          if (isRead) await mesh.decisions.get('quiet')
          else await mesh.decisions.set('quiet', index)
          return performance.now() - startedAtMs
        },
        index,
        isRead,
      ),
    )
    await new Promise(resolve => setTimeout(resolve, quietIntervalMs))
  }
  return times
}

/** Every tab keeps many operations under way, each on keys of its own. Where tabs are so busy that a leader is lost, some are refused. */
async function burst(tabs: readonly Tab[]): Promise<Row> {
  const before = await viewOf(tabs[0] as Tab)
  const done = await Promise.all(
    tabs.map(async (tab, place) => {
      const mesh = await meshOf(tab)
      return mesh.evaluate(
        async (mesh, place, burstMs, underWay) => {
          const untilMs = performance.now() + burstMs
          let [commits, refused] = [0, 0]
          const line = async (number: number) => {
            for (let value = 0; performance.now() < untilMs; value++) {
              await mesh.decisions.set(`b${place}.${number}`, value).then(
                () => commits++,
                (error: { code?: string }) => {
                  if (error.code !== 'no-quorum') throw error
                  refused++
                },
              )
            }
          }
          await Promise.all(Array.from({ length: underWay }, (_, number) => line(number)))
          return { commits, refused }
        },
        place,
        burstMs,
        underWay,
      )
    }),
  )
  const after = await viewOf(tabs[0] as Tab)
  const entries = (after?.log.lastIndex ?? 0) - (before?.log.lastIndex ?? 0)
  const commits = done.reduce((sum, one) => sum + one.commits, 0)
  const refused = done.reduce((sum, one) => sum + one.refused, 0)
  return {
    what: `${tabs.length} tabs: all propose, commits/s`,
    samples: commits,
    p50: rounded(commits / (burstMs / 1_000)),
    entriesPerSecond: rounded(entries / (burstMs / 1_000)),
    againstWasm: rounded(commits / (burstMs / 1_000) / 2_000),
    ...(refused > 0 && { refused }),
  }
}
