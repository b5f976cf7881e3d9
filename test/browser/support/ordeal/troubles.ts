/** What befalls the tab that leads, and the links of the room: each trouble begins, lasts, and leaves as many tabs as there were. */
import { type Random, shuffled } from '../../../../src/base/random.ts'
import type { BrowserName } from '../browsers.ts'
import { hostsLeader } from '../deciding.ts'
import type { Room, Stage } from '../stage.ts'
import { closeTab, crashTab, idOf, meshOf, type Placement, type Tab } from '../tabs.ts'

export type Trouble = 'close' | 'crash' | 'reload' | 'freeze' | 'halves'
export const troubles: readonly Trouble[] = ['close', 'crash', 'freeze', 'halves', 'reload']

/** How long a tab stays frozen, and the room in halves, ms: well past every election timeout. */
const frozenMs = 3_000
const halvesMs = 4_000

export interface TroubledTab extends Tab {
  readonly name: BrowserName
  /** Not to be asked now: it is frozen or between two pages. */
  isAway: boolean
}

export interface Cast {
  readonly stage: Stage
  readonly room: Room
  readonly random: Random
  readonly placement: Placement
  readonly tabs: TroubledTab[]
}

export async function openTroubled(cast: Cast, name: BrowserName): Promise<TroubledTab> {
  const tab = await cast.stage.tab(name, cast.room.url(`T${cast.tabs.length}`), cast.placement)
  const troubled = Object.assign(tab, { name, isAway: true })
  cast.tabs.push(troubled)
  await meshOf(troubled)
  troubled.isAway = false
  return troubled
}

export function present({ tabs }: Cast): TroubledTab[] {
  return tabs.filter(({ isGone, isAway }) => !isGone && !isAway)
}

/** What can befall this tab: browsers differ in what can be done to them from outside. */
export function isPossible(trouble: Trouble, { name }: TroubledTab): boolean {
  return name === 'chromium' || (trouble !== 'crash' && trouble !== 'freeze')
}

/** The tab that leads, or any where nobody does at the moment. */
export async function victimOf(cast: Cast): Promise<TroubledTab> {
  const tabs = shuffled(cast.random, present(cast))
  const leads = await Promise.all(tabs.map(tab => hostsLeader(tab).catch(() => false)))
  return (tabs.find((_, at) => leads[at]) ?? tabs[0]) as TroubledTab
}

export async function befall(cast: Cast, trouble: Trouble, victim: TroubledTab): Promise<void> {
  if (trouble === 'halves') return halve(cast, victim)
  if (trouble === 'freeze') return freeze(victim)
  victim.isAway = true
  if (trouble === 'reload') {
    await victim.page.reload({ waitUntil: 'domcontentloaded' })
    await meshOf(victim)
    victim.isAway = false
    return
  }
  await (trouble === 'close' ? closeTab(victim) : crashTab(victim))
  await openTroubled(cast, victim.name)
}

/** Clients may ask a tab until the moment it is frozen, and hear the answer when it wakes. */
async function freeze(victim: TroubledTab): Promise<void> {
  const client = await victim.page.createCDPSession()
  victim.isAway = true
  await client.send('Page.setWebLifecycleState', { state: 'frozen' })
  await new Promise(resolve => setTimeout(resolve, frozenMs)) // what is tested is that this time passes
  await client.send('Page.setWebLifecycleState', { state: 'active' })
  victim.isAway = false
  await client.detach()
}

/** Into halves, the leader in the smaller one or the larger one by chance; clients go on asking both. */
async function halve(cast: Cast, leader: TroubledTab): Promise<void> {
  const others = shuffled(
    cast.random,
    present(cast).filter(tab => tab !== leader),
  )
  const size = Math.floor((others.length + 1) / 2) + (cast.random.next() < 0.5 ? 0 : 1)
  const half = await Promise.all([leader, ...others.slice(0, size - 1)].map(idOf))
  const rest = await Promise.all(others.slice(size - 1).map(idOf))
  const mesh = await meshOf(leader)
  await mesh.evaluate((mesh, groups, forMs) => mesh.faults.partition(groups, { forMs }), [half, rest], halvesMs)
  await new Promise(resolve => setTimeout(resolve, halvesMs)) // as above
}
