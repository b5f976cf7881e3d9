/** What the browser benchmarks share: their options, a server, one browser, and tabs that are visible or truly hidden. */
import { parseArgs } from 'node:util'
import type { Browser } from 'puppeteer-core'
import { type BrowserName, launchBrowser } from '../../test/browser/support/browsers.ts'
import { type Display, openDisplay } from '../../test/browser/support/display.ts'
import { type Room, Stage } from '../../test/browser/support/stage.ts'
import { blankTab, idOf, type Tab, waitForPeers } from '../../test/browser/support/tabs.ts'

export interface SceneOptions {
  readonly browser: BrowserName
  readonly hidden: boolean
  /** Tabs in the mesh; each benchmark has its own default. */
  readonly tabs: readonly number[]
  /** Repetitions of what is measured. */
  readonly count: number
  /** From the last tab's joining until what it set going is taken to be over, s. */
  readonly rest?: number
}

export function readOptions(
  args: readonly string[],
  defaults: { tabs: readonly number[]; count: number },
): SceneOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      browser: { type: 'string', default: 'chromium' },
      hidden: { type: 'boolean', default: false },
      tabs: { type: 'string' },
      count: { type: 'string' },
      rest: { type: 'string', default: '15' },
    },
  })
  const { browser, hidden } = values
  if (browser !== 'chromium' && browser !== 'firefox')
    throw new Error(`--browser is chromium or firefox, not ${browser}`)
  const tabs = values.tabs?.split(',').map(Number) ?? defaults.tabs
  const count = values.count === undefined ? defaults.count : Number(values.count)
  const rest = Number(values.rest)
  if (!(rest >= 0)) throw new Error('--rest takes seconds')
  if (![...tabs, count].every(number => Number.isInteger(number) && number > 0)) {
    throw new Error('--tabs and --count take whole numbers above 0')
  }
  return { browser, hidden, tabs, count, rest }
}

export class Scene {
  readonly options: SceneOptions
  readonly stage: Stage
  readonly #display: Display | undefined
  /** A blank tab, behind which the others are hidden. */
  #front: Tab | undefined

  private constructor(options: SceneOptions, stage: Stage, display: Display | undefined) {
    this.options = options
    this.stage = stage
    this.#display = display
  }

  /** Always in a real window under Xvfb, so that visible and hidden tabs differ in nothing else. */
  static async with<Result>(options: SceneOptions, use: (scene: Scene) => Promise<Result>): Promise<Result> {
    const display = await openDisplay()
    const stage = await Stage.open([options.browser], { display: display.name })
    const scene = new Scene(options, stage, display)
    try {
      return await use(scene)
    } finally {
      await stage.clear().catch(error => console.error(String(error)))
      await stage.close()
      scene.#display?.close()
    }
  }

  get browser(): Browser {
    return this.stage.browser(this.options.browser)
  }

  /** One more browser of the same kind, on the same display, with a profile of its own; whoever asks closes it. */
  another(): Promise<Browser> {
    return launchBrowser(this.options.browser, { display: this.#display?.name })
  }

  async versions(): Promise<string> {
    return this.browser.version()
  }

  async open(url: string): Promise<Tab> {
    return this.stage.tab(this.options.browser, url, this.options.hidden ? 'tab' : 'window')
  }

  /** `count` tabs that all see each other; hidden ones behind a blank tab in front. */
  async mesh(count: number, room: Room = this.stage.room()): Promise<Tab[]> {
    const tabs: Tab[] = []
    for (let index = 0; index < count; index++) tabs.push(await this.open(room.url(`T${index}`)))
    await this.settle(tabs)
    for (const tab of tabs) await waitForPeers(tab, count - 1, 60_000)
    for (const tab of tabs) await idOf(tab)
    return tabs
  }

  /** Until what joining set going is over: quiet is what comes after. */
  rest(): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, (this.options.rest ?? 0) * 1_000))
  }

  /** Puts the tabs where the options want them, and checks that they are. */
  async settle(tabs: readonly Tab[]): Promise<void> {
    if (this.options.hidden) {
      this.#front ??= await blankTab(this.browser, 'tab')
      await this.#front.page.bringToFront()
    }
    const state = this.options.hidden ? 'hidden' : 'visible'
    const isThere = (state: string) => document.visibilityState === state
    for (const { page } of tabs) await page.waitForFunction(isThere, { polling: 50, timeout: 10_000 }, state)
  }
}
