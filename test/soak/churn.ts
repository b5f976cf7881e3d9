/**
 * A tab joins or leaves every 2 s. Each step somebody who stays says something, which everybody who was and stays a member must hear;
 * at the end nobody lists a ghost, no page holds a connection without a link, and the heaps of those who stayed all along are flat.
 */
import { rounded, table } from '../../bench/support/numbers.ts'
import { Scene } from '../../bench/support/scene.ts'
import type { PeerId } from '../../src/base/ids.ts'
import type { Room } from '../browser/support/stage.ts'
import { closeTab, idOf, meshOf, waitForPeers } from '../browser/support/tabs.ts'
import type { SoakOptions } from './options.ts'
import { progress } from './progress.ts'
import { heapBytes, listen, openWatched, say, type WatchedTab } from './watched-tab.ts'

const stepMs = 2_000
/** Tabs that stay from the first step to the last, and whose heaps are measured. */
const residents = 4
/** Heaps are compared from here on: caches and compiled code have settled, ms. */
const warmUpMs = 120_000
const heapGrowthMax = 0.1
/** Last broadcasts have this long to arrive, and last links to close, ms. */
const calmMs = 10_000

type Event = 'join' | 'close' | 'leave' | 'reload'
const departures = ['close', 'reload', 'close', 'leave'] as const

export async function run(options: SoakOptions): Promise<readonly string[]> {
  return Scene.with({ ...options, tabs: [options.tabs], count: 1 }, async scene => {
    const churn = new Churn(scene, scene.stage.room(), options)
    await churn.gather()
    await churn.steps()
    return churn.verdict()
  })
}

class Churn {
  readonly #scene: Scene
  readonly #room: Room
  readonly #options: SoakOptions
  readonly #tabs: WatchedTab[] = []
  readonly #broken: string[] = []
  readonly #events: Record<Event, number> = { join: 0, close: 0, leave: 0, reload: 0 }
  /** Heap of each resident when warm, bytes. */
  #warm: number[] | undefined
  #opened = 0
  #departed = 0
  #said = 0
  #heard = 0
  #expected = 0

  constructor(scene: Scene, room: Room, options: SoakOptions) {
    this.#scene = scene
    this.#room = room
    this.#options = options
  }

  async gather(): Promise<void> {
    while (this.#tabs.length < this.#options.tabs) await this.#join()
    await this.#scene.settle(this.#tabs)
    for (const tab of this.#tabs) await waitForPeers(tab, this.#tabs.length - 1, 60_000)
  }

  async steps(): Promise<void> {
    const startedMs = Date.now()
    const endMs = startedMs + this.#options.minutes * 60_000
    while (Date.now() < endMs) {
      const stepEnds = new Promise(resolve => setTimeout(resolve, stepMs))
      await this.#step()
      await stepEnds
      if (!this.#warm && Date.now() - startedMs > Math.min(warmUpMs, (endMs - startedMs) / 3))
        this.#warm = await this.#heaps()
      const left = Math.ceil((endMs - Date.now()) / 60_000)
      progress(`${left} min to go; ${JSON.stringify(this.#events)}; heard ${this.#heard} of ${this.#expected}`)
    }
  }

  async verdict(): Promise<readonly string[]> {
    await new Promise(resolve => setTimeout(resolve, calmMs))
    const alive = new Set<PeerId>(this.#tabs.map(tab => tab.id))
    let connections = 0
    let links = 0
    for (const tab of this.#tabs) {
      const seen = await tab.page.evaluate(() => ({
        peers: globalThis.mesh?.peers.map(peer => peer.id) ?? [],
        links: globalThis.mesh?.links.length ?? 0,
        connections: globalThis.openConnections,
      }))
      connections += seen.connections
      links += seen.links
      const ghosts = seen.peers.filter(peer => !alive.has(peer))
      const missing = alive.size - 1 - (seen.peers.length - ghosts.length)
      if (ghosts.length > 0) this.#broken.push(`${tab.id} lists ${ghosts.length} ghosts`)
      if (missing > 0) this.#broken.push(`${tab.id} misses ${missing} members`)
      if (seen.connections !== seen.links)
        this.#broken.push(`${tab.id} holds ${seen.connections} connections for ${seen.links} links`)
    }
    const growth = await this.#heapGrowth()
    for (const [at, share] of growth.entries())
      if (share > heapGrowthMax) this.#broken.push(`the heap of resident ${at} grew by ${rounded(share * 100)} %`)
    const row = {
      tabs: this.#options.tabs,
      minutes: this.#options.minutes,
      ...this.#events,
      'broadcasts heard': `${this.#heard} of ${this.#expected}`,
      links,
      connections,
      'heap growth, %': growth.map(share => rounded(share * 100)).join(' '),
    }
    console.log(`\n${table([row])}\n`)
    console.log(JSON.stringify(row))
    return this.#broken
  }

  /** One coming or going, and meanwhile a broadcast by somebody who stays. */
  async #step(): Promise<void> {
    const guests = this.#tabs.slice(residents)
    const isFull = this.#tabs.length >= this.#options.tabs
    const event = isFull ? (departures[this.#departed++ % departures.length] ?? 'close') : 'join'
    const leaver = event === 'join' ? undefined : guests[this.#departed % guests.length]
    const stay = this.#tabs.filter(tab => tab !== leaver)
    const speaker = stay[this.#said % stay.length] as WatchedTab
    const number = this.#said++
    this.#events[event]++
    await Promise.all([this.#perform(event, leaver), say(speaker, number)])
    await this.#check(
      stay.filter(tab => tab !== speaker),
      number,
    )
  }

  async #perform(event: Event, leaver: WatchedTab | undefined): Promise<void> {
    if (!leaver) return this.#join()
    if (event === 'reload') {
      await leaver.page.reload({ waitUntil: 'domcontentloaded' })
      await listen(leaver)
      if ((await idOf(leaver)) !== leaver.id) this.#broken.push('a reloaded tab came back as another peer')
      return
    }
    this.#tabs.splice(this.#tabs.indexOf(leaver), 1)
    if (event === 'leave') await (await meshOf(leaver)).evaluate(mesh => mesh.leave())
    await closeTab(leaver)
  }

  async #join(): Promise<void> {
    this.#tabs.push(await openWatched(this.#scene, this.#room.url(`T${this.#opened++}`)))
  }

  async #check(hearers: readonly WatchedTab[], number: number): Promise<void> {
    this.#expected += hearers.length
    for (const tab of hearers) {
      const heard = tab.page.waitForFunction(
        number => globalThis.sayings.includes(number),
        { polling: 50, timeout: calmMs },
        number,
      )
      const hasHeard = await heard.then(
        () => true,
        () => false,
      )
      if (hasHeard) this.#heard++
      else this.#broken.push(`broadcast ${number} was not heard by ${tab.id} within ${calmMs} ms`)
    }
  }

  #heaps(): Promise<number[]> {
    if (this.#options.browser !== 'chromium') return Promise.resolve([])
    return Promise.all(this.#tabs.slice(0, residents).map(tab => heapBytes(tab.page)))
  }

  async #heapGrowth(): Promise<number[]> {
    const now = await this.#heaps()
    return now.map((bytes, at) => bytes / (this.#warm?.[at] ?? bytes) - 1)
  }
}
