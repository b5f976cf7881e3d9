/** A tab that counts its connections, keeps what it hears, and writes down whom it sees go. */
import type { Page } from 'puppeteer-core'
import type { Scene } from '../../bench/support/scene.ts'
import type { PeerId } from '../../src/base/ids.ts'
import { blankTab, idOf, meshOf, type Tab } from '../browser/support/tabs.ts'

export const saying = 'soak.saying'

declare global {
  /** RTCPeerConnections of this page that were made and not closed. */
  var openConnections: number
  /** Numbers heard on the topic `saying`, in order. */
  var sayings: number[]
  /** Who was suspected or left, as this tab saw it. */
  var partings: { readonly peer: string; readonly what: string; readonly atMs: number }[]
}

export interface WatchedTab extends Tab {
  readonly id: PeerId
}

/** Opens the tab and resolves when it has joined and listens. */
export async function openWatched(scene: Scene, url: string): Promise<WatchedTab> {
  const tab = await blankTab(scene.browser, scene.options.hidden ? 'tab' : 'window')
  scene.stage.adopt(tab)
  await tab.page.evaluateOnNewDocument(countConnections)
  await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
  await listen(tab)
  return Object.assign(tab, { id: await idOf(tab) })
}

/** From here on the tab hears sayings and partings; called again after a reload. */
export async function listen(tab: Tab): Promise<void> {
  const mesh = await meshOf(tab)
  await mesh.evaluate((mesh, saying) => {
    globalThis.sayings = []
    globalThis.partings = []
    mesh.subscribe(saying, number => globalThis.sayings.push(number as number))
    const note = (peer: { name: string }, what: string) =>
      globalThis.partings.push({ peer: peer.name, what, atMs: Date.now() })
    mesh.on('agent-leave', ({ peer, reason }) => note(peer, reason))
    mesh.on('agent-change', peer => peer.state === 'suspect' && note(peer, 'suspect'))
  }, saying)
}

export async function say(tab: Tab, number: number): Promise<void> {
  const mesh = await meshOf(tab)
  await mesh.evaluate((mesh, saying, number) => mesh.broadcast(saying, number), saying, number)
}

/** Bytes of JavaScript heap in use after garbage collection, page and workers together (Chromium only). */
export async function heapBytes(page: Page): Promise<number> {
  const client = await page.createCDPSession()
  const clients = [client, ...page.workers().map(worker => worker.client)]
  let bytes = 0
  for (const each of clients) {
    await each.send('HeapProfiler.collectGarbage')
    bytes += (await each.send('Runtime.getHeapUsage')).usedSize
  }
  await client.detach()
  return bytes
}

function countConnections(): void {
  globalThis.openConnections = 0
  const Native = globalThis.RTCPeerConnection
  globalThis.RTCPeerConnection = class extends Native {
    #isOpen = true

    constructor(config?: RTCConfiguration) {
      super(config)
      globalThis.openConnections++
    }

    override close(): void {
      if (this.#isOpen) globalThis.openConnections--
      this.#isOpen = false
      super.close()
    }
  }
}
