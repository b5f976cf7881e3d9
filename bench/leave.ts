/**
 * How soon every other tab takes one off its list that was closed, reloaded or killed: from the page's `pagehide`, or from the order to kill it.
 * Stamped with `Date.now()`, one clock for the whole machine: the finer `performance` clocks of an old and of a fresh page were seen to
 * differ by 30 ms.
 */
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'puppeteer-core'
import { closed, listen, urlOf } from '../signaling/listen.ts'
import { createSignaling } from '../signaling/server.ts'
import { blankTab, closeTab, crashTab, idOf, meshOf, type Tab, waitForPeers } from '../test/browser/support/tabs.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { withRawPages } from './support/raw.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const stamps = 'bench-closed'
const noticeTimeoutMs = 30_000
/** So long the tab that will leave is left alone first: what its coming means for all others on this machine is not measured. */
const restMs = 3_000
const signalingTimeoutMs = 60_000

/** The ways to go, and what the table calls them. */
const ways = {
  close: 'closed',
  reload: 'reloaded',
  crash: 'killed, in the browser of the others',
  elsewhere: 'killed, in a browser of its own',
  unsignalled: 'killed, in a browser of its own, signaling down',
} as const
type Way = keyof typeof ways

declare global {
  /** When this tab noticed that the watched one left, ms since 1970. */
  var goneAtMs: Promise<number | undefined> | undefined
  /** When the closing page heard that it closes. */
  var closedAtMs: Promise<number>
}

export async function run(args: string[]): Promise<void> {
  const [how, others] = waysOf(args)
  const options = readOptions(others, { tabs: [5], count: 50 })
  if (options.browser !== 'chromium' && how.some(way => way !== 'close' && way !== 'reload'))
    throw new Error('only Chromium lets a tab be killed')
  await Scene.with(options, async scene => {
    const bare = summary(await measureRaw(scene, options.count))
    const rows: Row[] = [{ what: 'raw channel, closed by its page at pagehide', ...bare, ratio: 1 }]
    for (const tabs of options.tabs) {
      for (const way of how) {
        const { last, each, missed } = await measure(scene, tabs, options.count, way)
        const row = (who: string, times: number[]) => {
          const figures = summary(times)
          return {
            what: `tabmesh, ${tabs} tabs, ${ways[way]}: ${who}`,
            ...figures,
            ratio: rounded(figures.p50 / bare.p50),
          }
        }
        rows.push(row('each other tab', each), { ...row('the last to notice', last), missed })
      }
    }
    report('leave', options, await scene.versions(), rows)
  })
}

/** `--how close,reload,crash,elsewhere,unsignalled`, and the other arguments. */
function waysOf(args: readonly string[]): [Way[], string[]] {
  const at = args.indexOf('--how')
  if (at < 0) return [['close'], [...args]]
  const chosen = (args[at + 1] ?? '').split(',')
  const isWay = (way: string): way is Way => Object.hasOwn(ways, way)
  if (!chosen.every(isWay)) throw new Error(`--how takes some of ${Object.keys(ways).join(',')}`)
  return [chosen, args.toSpliced(at, 2)]
}

async function measureRaw(scene: Scene, count: number): Promise<number[]> {
  return withRawPages(scene, async ({ open }) => {
    const standing = await open()
    const times: number[] = []
    for (let index = 0; index < count; index++) {
      const tab = await open()
      await hearStamp(standing)
      const { session } = await standing.page.evaluate(() => globalThis.raw.dial())
      const closed = standing.page.evaluate(session => globalThis.raw.whenClosed(session), session)
      await closeTab(tab)
      const noticedAt = await closed
      times.push(noticedAt - (await standing.page.evaluate(() => globalThis.closedAtMs)))
    }
    await closeTab(standing)
    return times
  })
}

async function measure(scene: Scene, tabs: number, count: number, way: Way) {
  const signaling = way === 'unsignalled' ? await Signaling.start() : undefined
  const browser = way === 'elsewhere' || way === 'unsignalled' ? await scene.another() : scene.browser
  const room = scene.stage.room()
  const url = (name: string) => room.url(name) + (signaling ? `&signaling=${encodeURIComponent(signaling.url)}` : '')
  const standing: Tab[] = []
  while (standing.length < tabs - 1) standing.push(await scene.open(url(`T${standing.length}`)))
  await scene.settle(standing)
  const [first] = standing
  if (!first) throw new Error('leave needs at least two tabs')
  const [last, each]: [number[], number[]] = [[], []]
  let missed = 0
  let tab: Tab | undefined
  for (let index = 0; index < count; index++) {
    tab ??= await openStamping(scene, browser, url('leaver'))
    for (const one of [tab, ...standing]) await waitForPeers(one, tabs - 1, 60_000)
    const leaver = await idOf(tab)
    for (const one of standing) await watch(one, leaver)
    await signaling?.fail(standing)
    await pause(restMs)
    const from = await goAway(way, tab, first)
    const moments = await Promise.all(standing.map(whenGone))
    const waits = moments.flatMap(moment => (moment === undefined ? [] : [moment - from]))
    missed += moments.length - waits.length
    each.push(...waits)
    if (waits.length === moments.length) last.push(Math.max(...waits))
    if (way !== 'reload') tab = undefined
    await signaling?.recover(standing)
  }
  for (const one of tab ? [tab, ...standing] : standing) await closeTab(one)
  if (browser !== scene.browser) await browser.close()
  await signaling?.stop()
  return { last, each, missed }
}

/** Ends the tab; resolves with the moment at which it went, ms since 1970. */
async function goAway(way: Way, tab: Tab, witness: Tab): Promise<number> {
  if (way !== 'close' && way !== 'reload') {
    const at = Date.now()
    await crashTab(tab)
    return at
  }
  await hearStamp(witness)
  if (way === 'close') await closeTab(tab)
  else await tab.page.reload({ waitUntil: 'domcontentloaded' })
  return witness.page.evaluate(() => globalThis.closedAtMs)
}

/** A signaling server of our own, which may fail and come back on its port. */
class Signaling {
  readonly #port: number
  #end: () => Promise<void>

  private constructor(port: number, end: () => Promise<void>) {
    this.#port = port
    this.#end = end
  }

  static async start(): Promise<Signaling> {
    const { port, end } = await serveSignaling(0)
    return new Signaling(port, end)
  }

  get url(): string {
    return `${urlOf('http', '127.0.0.1', this.#port).replace('http', 'ws')}signal`
  }

  async fail(tabs: readonly Tab[]): Promise<void> {
    await this.#end()
    await waitForSignaling(tabs, false)
  }

  async recover(tabs: readonly Tab[]): Promise<void> {
    this.#end = (await serveSignaling(this.#port)).end
    await waitForSignaling(tabs, true)
  }

  stop(): Promise<void> {
    return this.#end()
  }
}

async function serveSignaling(port: number) {
  const signaling = createSignaling({ allowOrigins: ['*'] })
  const makeServer = () => {
    const server = createServer()
    signaling.attach(server)
    return server
  }
  const listening = await listen(makeServer, '127.0.0.1', port)
  const end = async () => {
    await signaling.close()
    await Promise.all(listening.servers.map(closed))
  }
  return { port: listening.port, end }
}

async function waitForSignaling(tabs: readonly Tab[], isUp: boolean): Promise<void> {
  const isThere = (isUp: boolean) => (globalThis.mesh?.snapshot.signaling.state === 'connected') === isUp
  for (const { page } of tabs) await page.waitForFunction(isThere, { polling: 50, timeout: signalingTimeoutMs }, isUp)
}

/** A tab that writes down the moment of its `pagehide`, before the engine's own listener does its work. */
async function openStamping(scene: Scene, browser: Browser, url: string): Promise<Tab> {
  const tab = await blankTab(browser, scene.options.hidden ? 'tab' : 'window')
  await tab.page.evaluateOnNewDocument(stamps => {
    const channel = new BroadcastChannel(stamps)
    addEventListener('pagehide', () => channel.postMessage(Date.now()))
  }, stamps)
  await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
  if (scene.options.hidden && browser === scene.browser) await scene.settle([tab])
  return tab
}

/** Resolves when the tab listens for the leaving of `leaver`. */
async function watch(tab: Tab, leaver: string): Promise<void> {
  const mesh = await meshOf(tab)
  await mesh.evaluate(
    (mesh, leaver, noticeTimeoutMs) => {
      globalThis.goneAtMs = new Promise(resolve => {
        const late = setTimeout(() => resolve(undefined), noticeTimeoutMs)
        const off = mesh.on('agent-leave', ({ peer }) => {
          if (peer.id !== leaver) return
          clearTimeout(late)
          off()
          resolve(Date.now())
        })
      })
    },
    leaver,
    noticeTimeoutMs,
  )
}

function whenGone(tab: Tab): Promise<number | undefined> {
  return tab.page.evaluate(() => globalThis.goneAtMs)
}

/** From here on the tab hears when a page closes. By BroadcastChannel: in Firefox what a closing page stores may be lost. */
async function hearStamp(tab: Tab): Promise<void> {
  await tab.page.evaluate(stamps => {
    const channel = new BroadcastChannel(stamps)
    globalThis.closedAtMs = new Promise(resolve => {
      channel.onmessage = ({ data }) => {
        channel.close()
        resolve(data as number)
      }
    })
  }, stamps)
}
