/**
 * What browsers and people do to the disks and locks of members: a tab is duplicated, a frozen one wakes while a sibling takes over,
 * a lock is stolen, a database is deleted. Whatever happens no member has two hosts, and none votes twice in a term.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { MemberId } from '../../src/consensus/raft/messages.ts'
import type { BrowserName } from './support/browsers.ts'
import { decide, decided, leadingTab, viewOf, waitForVoters } from './support/deciding.ts'
import { hostedBy, MemberWatch } from './support/members.ts'
import { type Room, Stage, times } from './support/stage.ts'
import { crashTab, meshOf, type Tab, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

const soonMs = 20_000

describe.each<BrowserName>(isThorough ? ['chromium', 'firefox'] : ['chromium'])('in %s', name => {
  let stage: Stage
  let room: Room
  let tabs: Tab[]
  let watch: MemberWatch
  beforeAll(async () => {
    stage = await Stage.shared([name], 'window')
  })
  afterAll(() => stage?.close())

  async function trio(): Promise<[Tab, Tab, Tab]> {
    room = stage.room()
    tabs = await stage.tabs(room, times(3, name))
    for (const tab of tabs) await waitForPeers(tab, 2)
    await waitForVoters(tabs, 3)
    watch = new MemberWatch(() => tabs.filter(tab => !tab.isGone))
    watch.watch()
    await decide(tabs[0] as Tab, 'before', 1)
    return tabs as [Tab, Tab, Tab]
  }

  afterEach(async () => {
    await watch.stop()
    expect([...watch.broken]).toEqual([])
    expect(watch.votesSeen).toBeGreaterThan(0) // the disks were looked at
    await stage.clear()
  })

  test('a duplicated tab hosts nothing of the first, and a member of its own', async () => {
    const [, , two] = await trio()
    const copy = await stage.duplicate(two, name, room.url('copy'))
    tabs.push(copy)
    const before = await hostedBy(two)
    await expect.poll(() => hostedBy(copy), { timeout: soonMs }).toHaveLength(1)
    expect(await hostedBy(two)).toEqual(before)
    await decide(copy, 'after', 2)
    for (const tab of tabs) expect(await decided(tab)).toEqual({ before: 1, after: 2 })
  })

  test('who loses the lock of the leader to a thief stops at once, and it comes back when the thief lets go', async () => {
    await trio()
    const robbed = await leadingTab(tabs)
    const [member] = (await hostedBy(robbed)) as [MemberId]
    const epoch = await epochOf(robbed, member)
    const thief = tabs.find(tab => tab !== robbed) as Tab
    await thief.page.evaluate(async member => {
      const { promise, resolve } = Promise.withResolvers<void>()
      Object.assign(globalThis, { letGo: resolve })
      await new Promise<void>(stolen => {
        void navigator.locks.request(`tabmesh:member:${member}`, { steal: true }, () => {
          stolen()
          return promise
        })
      })
    }, member)
    await expect.poll(() => hostedBy(robbed), { timeout: soonMs }).not.toContain(member)
    await decide(thief, 'without', 2) // the others are two of three
    for (const tab of tabs) expect(await hostedBy(tab)).not.toContain(member)
    await thief.page.evaluate(() => (globalThis as unknown as { letGo: () => void }).letGo())
    const all = async () => (await Promise.all(tabs.map(hostedBy))).flat()
    await expect.poll(all, { timeout: soonMs }).toContain(member)
    const host = await hostOf(member)
    expect(await epochOf(host, member)).toBeGreaterThan(epoch)
    await decide(robbed, 'after', 3)
    for (const tab of tabs) expect(await decided(tab)).toEqual({ before: 1, without: 2, after: 3 })
  })

  test('a member whose database was deleted never comes back under its id; its host gets another, and nothing is lost', async () => {
    await trio()
    const robbed = await leadingTab(tabs)
    const [member] = (await hostedBy(robbed)) as [MemberId]
    await robbed.page.evaluate(async member => {
      const all = await indexedDB.databases()
      const name = all.find(({ name }) => name?.endsWith(member))?.name
      if (!name) throw new Error('its database is not there')
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.onsuccess = () => resolve()
        request.onerror = () => reject(request.error)
      })
    }, member)
    for (const [place, tab] of tabs.entries()) await decide(tab, `after-${place}`, place)
    const all = async () => (await Promise.all(tabs.map(hostedBy))).flat()
    await expect.poll(all, { timeout: soonMs }).not.toContain(member)
    await expect.poll(async () => (await hostedBy(robbed)).length, { timeout: soonMs }).toBe(1)
    for (const tab of tabs) expect(await decided(tab)).toEqual({ before: 1, 'after-0': 0, 'after-1': 1, 'after-2': 2 })
    expect(await all()).not.toContain(member)
  })

  test.runIf(name === 'chromium')(
    'a frozen sibling that wakes while another takes over hosts what it had, and no more',
    { timeout: 40_000 }, // seen to hang in one of twenty runs or so, where the driver waits for a tab that does not answer it any more
    async () => {
      await trio()
      const leader = await leadingTab(tabs)
      const [sleeper, heir] = tabs.filter(tab => tab !== leader) as [Tab, Tab]
      const [orphan] = (await hostedBy(leader)) as [MemberId]
      const own = await hostedBy(sleeper)
      const client = await sleeper.page.createCDPSession()
      await client.send('Page.setWebLifecycleState', { state: 'frozen' })
      await crashTab(leader)
      await client.send('Page.setWebLifecycleState', { state: 'active' }) // in the very middle
      const left = [sleeper, heir]
      await expect
        .poll(async () => (await Promise.all(left.map(hostedBy))).flat(), { timeout: soonMs })
        .toContain(orphan)
      await decide(sleeper, 'after', 2)
      for (const tab of left) expect(await decided(tab)).toEqual({ before: 1, after: 2 })
      expect(await hostedBy(sleeper)).toEqual(expect.arrayContaining(own))
      const all = (await Promise.all(left.map(hostedBy))).flat()
      expect(new Set(all).size).toBe(all.length)
    },
  )

  async function hostOf(member: MemberId): Promise<Tab> {
    for (const tab of tabs) if ((await hostedBy(tab)).includes(member)) return tab
    throw new Error('nobody hosts it')
  }
})

async function epochOf(tab: Tab, member: MemberId): Promise<number> {
  await meshOf(tab)
  return (await viewOf(tab))?.members.find(one => one.member === member)?.epoch ?? 0
}
