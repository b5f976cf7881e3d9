/**
 * Tabs that several tests of a file use, one after the other: opening a tab costs more than what most tests do with it. Each test begins
 * with `whole`, whatever the one before, or its own former try, closed or left open.
 */
import type { BrowserName } from './browsers.ts'
import type { Room, Stage } from './stage.ts'
import { type Tab, waitForPeers } from './tabs.ts'

export class Crowd {
  readonly room: Room
  readonly #stage: Stage
  readonly #browsers: readonly BrowserName[]
  #tabs: Tab[] = []

  constructor(stage: Stage, browsers: readonly BrowserName[]) {
    this.#stage = stage
    this.#browsers = browsers
    this.room = stage.room()
  }

  /** One tab per browser of the crowd, in its order, named T0, T1, ...; all see all, and nobody else is there. */
  async whole(): Promise<Tab[]> {
    await this.#stage.closeAllBut(this.#tabs)
    for (const [at, name] of this.#browsers.entries())
      if (this.#tabs[at]?.isGone !== false) this.#tabs[at] = await this.#stage.tab(name, this.room.url(`T${at}`))
    for (const tab of this.#tabs) await waitForPeers(tab, this.#tabs.length - 1)
    return [...this.#tabs]
  }
}
