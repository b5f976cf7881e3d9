/** Decisions in real tabs: what each sees of them, and waiting for them without a timer of a page that may be hidden. */

import type { Json } from '../../../src/base/json.ts'
import type { DecisionsView } from '../../../src/consensus/decisions/types.ts'
import { meshOf, type Tab } from './tabs.ts'

export async function viewOf(tab: Tab): Promise<DecisionsView | undefined> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(mesh => mesh.snapshot.decisions)
}

export async function decide(tab: Tab, key: string, value: Json, timeoutMs = 20_000): Promise<void> {
  const mesh = await meshOf(tab)
  await mesh.evaluate(
    async (mesh, key, value, timeoutMs) => {
      // A tab that has just lost its leader is told so within a second, and tries again: as an application would.
      for (const untilMs = Date.now() + timeoutMs; ; ) {
        try {
          await mesh.decisions.set(key, value as never, { timeoutMs })
          return
        } catch (error) {
          const { code, message } = error as { code?: string; message: string }
          if (code !== 'no-quorum' || Date.now() > untilMs) throw new Error(`${code}: ${message}`)
        }
      }
    },
    key,
    value as never,
    timeoutMs,
  )
}

export async function decided(tab: Tab, prefix = ''): Promise<Record<string, Json>> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(async (mesh, prefix) => {
    for (let attempt = 0; ; attempt++) {
      try {
        const all = await mesh.decisions.list(prefix, { timeoutMs: 20_000 })
        return Object.fromEntries(all.map(({ key, value }) => [key, value])) as never
      } catch (error) {
        if ((error as { code?: string }).code !== 'no-quorum' || attempt > 20) throw error
      }
    }
  }, prefix)
}

/** Resolves when every tab sees `voters` live voters and one leader. */
export async function waitForVoters(tabs: readonly Tab[], voters: number, timeoutMs = 40_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const views = await Promise.all(tabs.map(viewOf))
    const isSettled = views.every(
      view =>
        view?.leader?.host !== undefined &&
        view.quorum.voters === voters &&
        view.quorum.live === voters &&
        view.members.every(({ seat }) => seat !== 'outgoing'),
    )
    if (isSettled && new Set(views.map(view => view?.leader?.member)).size === 1) return
    if (Date.now() > deadline)
      throw new Error(`${voters} voters were awaited; the tabs see ${JSON.stringify(views.map(summary), undefined, 1)}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

function summary(view: DecisionsView | undefined) {
  return view && { ...view, log: { ...view.log, lines: view.log.lines.slice(-6) } }
}

/** Resolves when every tab knows the same leader, at a host that is there. */
export async function waitForLeader(tabs: readonly Tab[], timeoutMs = 40_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const views = await Promise.all(tabs.map(viewOf))
    const leaders = new Set(views.map(view => (view?.leader?.host ? view.leader.member : undefined)))
    if (leaders.size === 1 && !leaders.has(undefined)) return
    if (Date.now() > deadline)
      throw new Error(`a leader was awaited; the tabs see ${JSON.stringify(views.map(summary), undefined, 1)}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

export async function hostsLeader(tab: Tab): Promise<boolean> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(mesh => mesh.leader?.host === mesh.id)
}

/** The tab that hosts the leader. */
export async function leadingTab(tabs: readonly Tab[]): Promise<Tab> {
  for (const tab of tabs) if (await hostsLeader(tab)) return tab
  throw new Error('no tab leads')
}
