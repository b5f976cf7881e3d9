/**
 * The scene of one test file: a server, browsers, and tabs in fresh rooms. What a tab complained of fails the test.
 * All test files run in one process (`vitest.config.ts`) and share its browsers: starting Firefox takes longer than many a test.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'puppeteer-core'
import { type BrowserName, type LaunchChoice, launchBrowser } from './browsers.ts'
import { type Server, startServer } from './server.ts'
import { blankTab, closeTab, openTab, type Placement, type Tab } from './tabs.ts'

export interface Room {
  readonly name: string
  readonly key: string
  /** The console's address in this room; `name` is the tab's. */
  url(name?: string): string
}

const sharedBrowsers = new Map<BrowserName, { readonly browser: Browser; readonly profile: string }>()

async function sharedBrowser(name: BrowserName): Promise<Browser> {
  const running = sharedBrowsers.get(name)?.browser
  if (running?.connected) return running
  const profile = mkdtempSync(join(tmpdir(), 'tabmesh-shared-'))
  const browser = await launchBrowser(name, { profile, outlivesSigterm: true })
  if (sharedBrowsers.size === 0) process.once('SIGTERM', killShared)
  sharedBrowsers.set(name, { browser, profile })
  return browser
}

/**
 * Vitest gives this process half a second between SIGTERM and SIGKILL, and lets nobody exit before: closing takes longer, and so may
 * deleting a profile, which is left to somebody else.
 */
function killShared(): void {
  for (const { browser } of sharedBrowsers.values()) {
    const pid = browser.process()?.pid
    if (pid !== undefined && browser.connected) process.kill(-pid, 'SIGKILL') // with all that it started
  }
  const profiles = [...sharedBrowsers.values()].map(({ profile }) => profile)
  spawn('rm', ['-rf', ...profiles], { detached: true, stdio: 'ignore' }).unref()
}

export class Stage {
  readonly server: Server
  readonly #browsers: ReadonlyMap<BrowserName, Browser>
  readonly #placement: Placement
  readonly #tabs: Tab[] = []

  private constructor(server: Server, browsers: ReadonlyMap<BrowserName, Browser>, placement: Placement) {
    this.server = server
    this.#browsers = browsers
    this.#placement = placement
  }

  /** With browsers of its own. */
  static async open(names: readonly BrowserName[], choice: LaunchChoice = {}): Promise<Stage> {
    return Stage.#with(names, name => launchBrowser(name, choice), 'tab')
  }

  /**
   * In the browsers of all test files. Its server has a port of its own, so that nothing stored before is seen. Tabs that nobody looks
   * at are opened as such (`tab`): drawing five windows costs more than all that their meshes do.
   */
  static async shared(names: readonly BrowserName[], placement: Placement = 'tab'): Promise<Stage> {
    return Stage.#with(names, sharedBrowser, placement)
  }

  static async #with(
    names: readonly BrowserName[],
    find: (name: BrowserName) => Promise<Browser>,
    placement: Placement,
  ): Promise<Stage> {
    const server = await startServer()
    const browsers = new Map<BrowserName, Browser>()
    for (const name of names) browsers.set(name, await find(name))
    return new Stage(server, browsers, placement)
  }

  browser(name: BrowserName): Browser {
    const browser = this.#browsers.get(name)
    if (!browser) throw new Error(`${name} is not on this stage`)
    return browser
  }

  /** A private room that nobody was in before. */
  room(): Room {
    return roomAt(this.server.origin, `r-${randomBytes(6).toString('hex')}`, randomBytes(16).toString('hex'))
  }

  async tab(name: BrowserName, url: string, placement = this.#placement): Promise<Tab> {
    const tab = await openTab(this.browser(name), url, placement)
    this.#tabs.push(tab)
    return tab
  }

  /** Another tab with all that the first one's session storage holds, as "duplicate tab" makes one. */
  async duplicate(tab: Tab, name: BrowserName, url: string): Promise<Tab> {
    const stored = await tab.page.evaluate(() => JSON.stringify(sessionStorage))
    const copy = await blankTab(this.browser(name), this.#placement)
    this.adopt(copy)
    await copy.page.evaluateOnNewDocument(stored => {
      if (globalThis.origin === 'null') return // sandbox frames, and the blank page before, have no storage
      for (const [key, value] of Object.entries(JSON.parse(stored))) sessionStorage.setItem(key, String(value))
    }, stored)
    await copy.page.goto(url, { waitUntil: 'domcontentloaded' })
    return copy
  }

  /** A tab that a test opened itself, to be watched and closed with the others. */
  adopt(tab: Tab): void {
    this.#tabs.push(tab)
  }

  /** One tab in `room` per entry, opened one after the other: `['chromium', 'chromium']`; named T0, T1, ... */
  async tabs(room: Room, browsers: readonly BrowserName[], placement?: Placement): Promise<Tab[]> {
    const tabs: Tab[] = []
    for (const [index, name] of browsers.entries()) tabs.push(await this.tab(name, room.url(`T${index}`), placement))
    return tabs
  }

  /** Closes all tabs but these. */
  async closeAllBut(kept: readonly Tab[]): Promise<void> {
    for (const tab of this.#tabs) if (!tab.isGone && !kept.includes(tab)) await closeTab(tab)
  }

  /** Ends a test: closes its tabs, and throws if any of them complained of anything but what the test `expected`. */
  async clear(expected: readonly RegExp[] = []): Promise<void> {
    const tabs = this.#tabs.splice(0)
    const problems = tabs.flatMap(tab => tab.problems).filter(text => !expected.some(pattern => pattern.test(text)))
    for (const tab of tabs) if (!tab.isGone) await closeTab(tab)
    if (problems.length > 0) throw new Error(`the console complained:\n${[...new Set(problems)].join('\n')}`)
  }

  async close(): Promise<void> {
    for (const [name, browser] of this.#browsers) {
      if (browser !== sharedBrowsers.get(name)?.browser) await browser.close()
      else for (const page of (await browser.pages()).slice(1)) await page.close() // what a test that failed left open
    }
    await this.server.stop()
  }
}

export function roomAt(origin: string, name: string, key: string): Room {
  const url = (tab?: string) => `${origin}/#${new URLSearchParams({ room: name, key, ...(tab && { name: tab }) })}`
  return { name, key, url }
}

export function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value)
}
