/** Real tabs of the console: opened, watched for anything they complain of, asked through `globalThis.mesh`, closed, crashed. */
import type { Browser, JSHandle, Page } from 'puppeteer-core'
import type { PeerId } from '../../../src/base/ids.ts'
import type { MeshHandle } from '../../../src/engine/handle.ts'
import type { PeerInfo } from '../../../src/mesh/types.ts'

export interface Tab {
  readonly page: Page
  readonly browser: Browser
  /** Console errors and warnings, uncaught errors, of page and workers. A test that leaves one here fails. */
  readonly problems: string[]
  /** Set once the tab was closed, reloaded away or crashed on purpose. */
  isGone: boolean
}

/** What a browser itself says on every page, whatever the page does. Anything else is ours to mend. */
const allowed: readonly RegExp[] = []

/** What Firefox itself says, as an error, of a link whose other end was killed or cut off: no page can keep it from that. */
export const iceFailed = /WebRTC: ICE failed, add a STUN server/

declare global {
  var meshReady: Promise<MeshHandle> | undefined
  var mesh: MeshHandle | undefined
}

/** `window`: on top of a window of its own, so visible, and drawn at each change. `tab`: in the window that is there, hidden by the next one. */
export type Placement = 'window' | 'tab'

export async function openTab(browser: Browser, url: string, placement?: Placement): Promise<Tab> {
  const tab = await blankTab(browser, placement)
  await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
  return tab
}

/** A tab that is watched already, but shows nothing yet. */
export async function blankTab(browser: Browser, placement: Placement = 'tab'): Promise<Tab> {
  const page = await browser.newPage({ type: placement })
  // esbuild (tsx) wraps named functions in a helper, which functions sent to a page then miss.
  await page.evaluateOnNewDocument('globalThis.__name ??= fn => fn')
  const problems: string[] = []
  const note = (text: string) => {
    if (!allowed.some(pattern => pattern.test(text))) problems.push(text)
  }
  page.on('console', message => {
    if (['error', 'warn', 'assert'].includes(message.type())) note(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', error => note(`uncaught: ${error instanceof Error ? (error.stack ?? error.message) : error}`))
  return { page, browser, problems, isGone: false }
}

/** The tab's own mesh handle, once it has joined. Rejects with the MeshError's code and message where it may not. */
export async function meshOf(tab: Tab): Promise<JSHandle<MeshHandle>> {
  await tab.page.waitForFunction(() => globalThis.meshReady !== undefined, { polling: 20 })
  return tab.page.evaluateHandle(async () => {
    const ready = globalThis.meshReady
    if (!ready) throw new Error('globalThis.meshReady is missing')
    return ready
  }) as Promise<JSHandle<MeshHandle>>
}

export async function idOf(tab: Tab): Promise<PeerId> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(mesh => mesh.id)
}

/** Why `meshReady` rejected, as `code`; undefined where it resolved. */
export async function refusalOf(tab: Tab): Promise<{ code: string; message: string } | undefined> {
  await tab.page.waitForFunction(() => globalThis.meshReady !== undefined, { polling: 20 })
  return tab.page.evaluate(async () => {
    try {
      await globalThis.meshReady
      return undefined
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      return { code: code ?? 'none', message }
    }
  })
}

export async function peersOf(tab: Tab): Promise<readonly PeerInfo[]> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(mesh => mesh.peers)
}

/** Resolves with the tab's peers when it sees exactly `count` of them alive, each with a measured round trip if linked. */
export async function waitForPeers(tab: Tab, count: number, timeoutMs = 30_000): Promise<readonly PeerInfo[]> {
  const mesh = await meshOf(tab)
  // Woken by the mesh's own pushes, not by a timer: the page of a hidden tab has none worth the name.
  const seen = await mesh.evaluate(
    (mesh, count, timeoutMs) =>
      new Promise<readonly PeerInfo[]>(resolve => {
        const isSettled = () => {
          const isMeasured = mesh.peers.every(peer => peer.link === 'relayed' || peer.rttMs !== undefined)
          return mesh.peers.length === count && mesh.peers.every(peer => peer.state === 'alive') && isMeasured
        }
        if (isSettled()) return resolve(mesh.peers)
        const finish = () => {
          off()
          clearTimeout(timeout)
          resolve(mesh.peers)
        }
        const off = mesh.on('snapshot', () => isSettled() && finish())
        const timeout = setTimeout(finish, timeoutMs)
      }),
    count,
    timeoutMs,
  )
  const isRight =
    seen.length === count &&
    seen.every(({ state, link, rttMs }) => state === 'alive' && (link === 'relayed' || rttMs !== undefined))
  if (isRight) return seen
  throw new Error(`${count} peers were awaited for ${timeoutMs} ms; the tab sees ${JSON.stringify(seen, undefined, 1)}`)
}

/** As a person does it: `pagehide` runs. */
export async function closeTab(tab: Tab): Promise<void> {
  tab.isGone = true
  await tab.page.close()
}

/** Kills the tab's renderer (Chromium only): nothing of the page runs any more. */
export async function crashTab(tab: Tab): Promise<void> {
  tab.isGone = true
  const client = await tab.page.createCDPSession()
  void client.send('Page.crash').catch(() => {}) // the answer never comes
  const targetGone = new Promise(resolve => client.once('Inspector.targetCrashed', resolve))
  await client.send('Inspector.enable').catch(() => {})
  await targetGone
}

export async function isHidden(tab: Tab): Promise<boolean> {
  return tab.page.evaluate(() => document.visibilityState === 'hidden')
}

/** The words on the page, those inside shadow roots and slots included. */
export async function textOf(tab: Tab): Promise<string> {
  return tab.page.evaluate(() => {
    const words: string[] = []
    const visit = (node: Node) => {
      if (node instanceof Element && (node.matches('style, script') || (!node.shadowRoot && !node.checkVisibility())))
        return
      if (node.nodeType === Node.TEXT_NODE && node.textContent?.trim()) words.push(node.textContent.trim())
      const { shadowRoot } = node as Element
      if (shadowRoot) for (const child of shadowRoot.childNodes) visit(child)
      for (const child of node.childNodes) visit(child)
    }
    visit(document.body)
    return words.join(' ')
  })
}
