/**
 * From a keystroke in the Shared panel's editor to the frame that shows it in another tab, beside the frame that shows it where it was typed. Tabs
 * are visible: what is hidden has no frames.
 */
import type { KeyInput } from 'puppeteer-core'
import { closeTab, type Tab } from '../test/browser/support/tabs.ts'
import { clockOffsetMs } from './support/clocks.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

/** Occurs in nothing else that the editor shows. */
const letter: KeyInput = 'x'
const pauseMs = 120
const waitMs = 20_000
/** Of the display on which the windows stand, pixels. */
const displayWidth = 1_400

declare global {
  /** When each letter was typed here, and when a frame first showed so many of them, ms since 1970. */
  var keys: { typed: number[]; shown: number[] }
}

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [2, 3], count: 100 })
  if (options.browser !== 'chromium') throw new Error('only Chromium lets windows be placed side by side')
  if (options.hidden) throw new Error('a hidden tab shows nothing: leave --hidden out')
  await Scene.with(options, async scene => {
    const rows: Row[] = []
    for (const count of options.tabs) {
      const tabs = await scene.mesh(count)
      for (const [at, tab] of tabs.entries()) await place(tab, at, count)
      for (const tab of tabs) await watch(tab)
      const [writer, ...readers] = tabs as [Tab, ...Tab[]]
      const offsetMs = await clockOffsetMs(tabs)
      await type(writer, options.count)
      for (const { page } of tabs)
        await page.waitForFunction(
          n => globalThis.keys.shown.length >= n,
          { polling: 50, timeout: waitMs },
          options.count,
        )
      const { typed, shown } = await keysOf(writer)
      const own = summary(delays(typed, shown))
      const others: number[] = []
      for (const reader of readers) others.push(...delays(typed, (await keysOf(reader)).shown))
      const theirs = summary(others)
      rows.push(
        { what: `${count} tabs, own screen`, ...own, ratio: 1 },
        {
          what: `${count} tabs, others' screens`,
          ...theirs,
          ratio: rounded(theirs.p50 / own.p50),
          'clock offset': rounded(offsetMs),
        },
      )
      for (const tab of tabs) await closeTab(tab)
    }
    report('keystroke', options, await scene.versions(), rows)
  })
}

/** Side by side: a window behind others draws nothing. */
async function place({ page }: Tab, at: number, count: number): Promise<void> {
  const session = await page.createCDPSession()
  const { windowId } = await session.send('Browser.getWindowForTarget')
  const bounds = {
    left: Math.round((at * displayWidth) / count),
    top: 0,
    width: Math.floor(displayWidth / count),
    height: 900,
  }
  await session.send('Browser.setWindowBounds', { windowId, bounds })
  await session.detach()
}

/** Opens the editor, and stamps each frame that follows a change of what it shows. */
async function watch({ page }: Tab): Promise<void> {
  await page.setViewport({ width: 1440, height: 900 })
  const panel = await page.waitForSelector('>>> wa-tab ::-p-text(Shared)', { visible: true })
  await panel?.evaluate(tab => (tab as HTMLElement).click())
  const editor = await page.waitForSelector('>>> .cm-content', { visible: true })
  await editor?.evaluate((content, letter) => {
    ;(content as HTMLElement).focus()
    globalThis.keys = { typed: [], shown: [] }
    const now = () => performance.timeOrigin + performance.now()
    const afterFrame = new MessageChannel()
    afterFrame.port1.onmessage = ({ data }) => {
      const shownMs = now()
      while (globalThis.keys.shown.length < (data as number)) globalThis.keys.shown.push(shownMs)
    }
    const count = () => (content.textContent ?? '').split(letter).length - 1
    new MutationObserver(() => requestAnimationFrame(() => afterFrame.port2.postMessage(count()))).observe(content, {
      childList: true,
      characterData: true,
      subtree: true,
    })
    content.addEventListener('keydown', () => globalThis.keys.typed.push(now()), { capture: true })
  }, letter)
}

async function type({ page }: Tab, count: number): Promise<void> {
  await page.bringToFront()
  for (let at = 0; at < count; at++) {
    const pause = new Promise(resolve => setTimeout(resolve, pauseMs))
    await Promise.all([page.keyboard.press(letter), pause])
  }
}

function keysOf({ page }: Tab): Promise<typeof globalThis.keys> {
  return page.evaluate(() => globalThis.keys)
}

function delays(typed: readonly number[], shown: readonly number[]): number[] {
  return typed.flatMap((typedMs, at) => (shown[at] === undefined ? [] : [shown[at] - typedMs]))
}
