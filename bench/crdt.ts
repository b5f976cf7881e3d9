/** A shared document: latency and messages on the wire of an edit, and how soon a new tab has 1 MB, beside y-webrtc in the same run. */
import type { Text } from 'yjs'
import { blankTab, closeTab, meshOf, type Tab, waitForPeers } from '../test/browser/support/tabs.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { report } from './support/report.ts'
import { withRivalPages } from './support/rival-docs.ts'
import { readOptions, Scene } from './support/scene.ts'

const editPauseMs = 50
const largeChars = 1_000_000
const syncWaitMs = 15_000

declare global {
  var rival: { text(): Promise<Text>; peers(): number } | undefined
  var connections: RTCPeerConnection[]
  /** When each edit was seen here, by its number, ms since 1970. */
  var seen: Map<number, number>
  /** When the new tab had all of the document, by its own clock. */
  var doneMs: number | undefined
}

/** How a tab gets at its text; runs in the page. */
const watch = `(async () => {
  const text = globalThis.rival ? await globalThis.rival.text() : (await (await globalThis.meshReady).shared.doc('bench')).getText('text')
  globalThis.benchText = text
  globalThis.seen = new Map()
  text.observe(event => {
    const atMs = performance.timeOrigin + performance.now()
    for (const { insert } of event.delta)
      for (const [, number] of String(insert ?? '').slice(0, 10_000).matchAll(/<(\\d+)>/g)) globalThis.seen.set(Number(number), atMs)
  })
})()`
/** Keeps every connection, whose statistics count the messages of its channels wherever they are read. */
const keepConnections = `globalThis.connections = []
globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...args) { super(...args); globalThis.connections.push(this) }
}`

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [2, 5], count: 100 })
  await Scene.with(options, scene =>
    withRivalPages(async rival => {
      const rows: Row[] = []
      const rounds = (turn: number) => [
        { what: 'y-webrtc', url: rival.url(`bench-${turn}`), isReady: readyRival },
        { what: 'tabmesh', url: scene.stage.room().url(), isReady: readyMesh },
      ]
      for (const [turn, count] of options.tabs.entries())
        for (const { what, url, isReady } of rounds(turn)) {
          const tabs: Tab[] = []
          for (let index = 0; index < count; index++) tabs.push(await open(scene, url))
          for (const tab of tabs) await isReady(tab, count - 1)
          await scene.settle(tabs)
          for (const tab of tabs) await tab.page.evaluate(watch)
          rows.push({ what: `${what}, ${count} tabs, edits`, ...(await edit(tabs, options.count)) })
          rows.push({
            what: `${what}, ${count} tabs and a new one, 1 MB`,
            ...(await within(syncWaitMs * 2, sync(scene, url, tabs))),
          })
          for (const tab of tabs) await within(5_000, closeTab(tab))
        }
      report('crdt', options, await scene.versions(), rows)
    }),
  )
}

/** A page that is given more than it can send may stop answering altogether. */
async function within(ms: number, work: Promise<unknown>): Promise<Row> {
  const late = new Promise<Row>(resolve => setTimeout(() => resolve({ 'from navigation, ms': 'never' }), ms).unref())
  return ((await Promise.race([work.catch(() => late), late])) ?? {}) as Row
}

async function open(scene: Scene, url: string): Promise<Tab> {
  const tab = await blankTab(scene.browser, scene.options.hidden ? 'tab' : 'window')
  scene.stage.adopt(tab)
  await tab.page.evaluateOnNewDocument(keepConnections)
  await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
  return tab
}

async function readyMesh(tab: Tab, others: number): Promise<void> {
  await waitForPeers(tab, others, 60_000)
  await (await meshOf(tab)).evaluate(async mesh => void (await mesh.shared.doc('bench')))
}

async function readyRival(tab: Tab, others: number): Promise<void> {
  await tab.page.waitForFunction(n => (globalThis.rival?.peers() ?? -1) >= n, { polling: 50, timeout: 60_000 }, others)
}

async function edit(tabs: readonly Tab[], count: number): Promise<Row> {
  const [writer, ...readers] = tabs
  if (!writer) return {}
  const before = await messagesOf(tabs)
  const sent = await writer.page.evaluate(
    async (count, pauseMs) => {
      const { benchText } = globalThis as unknown as { benchText: Text }
      const sent: number[] = []
      for (let number = 0; number < count; number++) {
        sent.push(performance.timeOrigin + performance.now())
        benchText.insert(0, `<${number}>`)
        await new Promise(resolve => {
          const channel = new MessageChannel() // no timer: a hidden page's are late
          const untilMs = performance.now() + pauseMs
          channel.port1.onmessage = () => {
            if (performance.now() < untilMs) return channel.port2.postMessage(0)
            channel.port1.close()
            resolve(undefined)
          }
          channel.port2.postMessage(0)
        })
      }
      return sent
    },
    count,
    editPauseMs,
  )
  const latencies: number[] = []
  for (const { page } of readers) {
    await page.waitForFunction(n => globalThis.seen.size >= n, { polling: 50, timeout: 10_000 }, count).catch(() => {})
    for (const [number, atMs] of await page.evaluate(() => [...globalThis.seen]))
      latencies.push(atMs - (sent[number] ?? atMs))
  }
  const after = await messagesOf(tabs)
  return {
    ...summary(latencies),
    'delivered %': rounded((latencies.length / (readers.length * count)) * 100),
    'messages / edit': rounded((after.messages - before.messages) / count),
    'bytes / edit': rounded((after.bytes - before.bytes) / count),
  }
}

async function messagesOf(tabs: readonly Tab[]): Promise<{ messages: number; bytes: number }> {
  const sums = { messages: 0, bytes: 0 }
  for (const { page } of tabs) {
    const own = await page.evaluate(async () => {
      const sums = { messages: 0, bytes: 0 }
      for (const connection of globalThis.connections)
        for (const entry of (await connection.getStats()).values())
          if (entry.type === 'data-channel') {
            sums.messages += entry.messagesSent
            sums.bytes += entry.bytesSent
          }
      return sums
    })
    sums.messages += own.messages
    sums.bytes += own.bytes
  }
  return sums
}

/** From the new tab's navigation until it holds all of the document. */
async function sync(scene: Scene, url: string, tabs: readonly Tab[]): Promise<Row> {
  const [writer] = tabs
  if (!writer) return {}
  await writer.page.evaluate(chars => {
    const { benchText } = globalThis as unknown as { benchText: Text }
    benchText.insert(0, 'x'.repeat(chars))
  }, largeChars)
  const tab = await open(scene, url)
  const readyMs = await tab.page.evaluate(async () => {
    while (!globalThis.rival && !globalThis.meshReady) await new Promise(resolve => setTimeout(resolve, 5))
    await globalThis.meshReady
    return performance.now()
  })
  await tab.page.evaluate(watch)
  await tab.page.evaluate(chars => {
    const { benchText } = globalThis as unknown as { benchText: Text }
    const look = () => {
      if (benchText.length >= chars) globalThis.doneMs ??= performance.now()
    }
    benchText.observe(look)
    look()
  }, largeChars)
  const isDone = () => globalThis.doneMs !== undefined
  await tab.page.waitForFunction(isDone, { polling: 50, timeout: syncWaitMs }).catch(() => {})
  const doneMs = (await tab.page.evaluate(() => globalThis.doneMs)) ?? Number.NaN
  const tookMs = { 'from navigation, ms': doneMs, 'from joined, ms': doneMs - readyMs }
  await closeTab(tab)
  const shown = (ms: number) => (Number.isNaN(ms) ? 'never' : rounded(ms))
  return Object.fromEntries(Object.entries(tookMs).map(([name, ms]) => [name, shown(ms)]))
}
