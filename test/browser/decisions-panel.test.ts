/** The Decisions panel as people use it, over a fake mesh: what the engine does is tested elsewhere, here is what a person sees of it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, ElementHandle } from 'puppeteer-core'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { violations } from './support/axe.ts'
import type { BrowserName } from './support/browsers.ts'
import { Stage } from './support/stage.ts'
import { blankTab, type Tab, textOf } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

const configFile = fileURLToPath(new URL('../console/vite.config.ts', import.meta.url))
const room = '#room=amber-otter-42&key=7gk2m9x4q1w8e5r3t6y0z2a4c6'
const answerMs = 6_000

let folder: string
let server: PreviewServer
let origin: string
beforeAll(async () => {
  // Built first: a page of hundreds of modules takes longer to load than to look at.
  folder = await mkdtemp(join(tmpdir(), 'tabmesh-panel-'))
  const options = { configFile, logLevel: 'error' as const, build: { outDir: folder, emptyOutDir: true } }
  await build({ ...options, build: { ...options.build, target: 'es2023', minify: false } })
  server = await preview({ ...options, preview: { host: '127.0.0.1', port: 0 } })
  origin = server.resolvedUrls?.local[0] ?? ''
})
afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

const browsers: [BrowserName][] = isThorough ? [['chromium'], ['firefox']] : [['chromium']]

describe.each(browsers)('in %s', name => {
  let stage: Stage
  let browser: Browser
  beforeAll(async () => {
    stage = await Stage.shared([name])
    browser = stage.browser(name)
  })
  afterAll(() => stage?.close())

  test('a key is set by keyboard alone, and what is wrong is said before anybody is asked', async () => {
    const tab = await open(browser, 'peers=4&still')
    const { page } = tab
    await press(tab, '>>> #key')
    await page.keyboard.type('mood')
    await page.keyboard.press('Tab')
    await page.keyboard.type('sunny')
    await page.keyboard.press('Enter')
    await shows(tab, 'Text needs quotes: "sunny"')
    expect(await focused(page)).toBe('value')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter') // "Add them"
    await press(tab, '>>> #value')
    await page.keyboard.press('Enter')
    await shows(tab, 'Decided in')
    await shows(tab, '“mood” is set')
    expect(await rowOf(tab, 'mood')).toContain('"sunny"')
    await page.close()
  })

  test('a swap that comes too late changes nothing and says what stood in the way', async () => {
    const tab = await open(browser, 'peers=4&still')
    await press(tab, '>>> .keys .row ::-p-text(colour)')
    await press(tab, '>>> .check input')
    await fill(tab, 'expected', '"green"')
    await fill(tab, 'value', '"black"')
    await press(tab, '>>> form wa-button ::-p-text(Set if unchanged)')
    await shows(tab, 'Not swapped, nothing was changed: it holds "red"')
    expect(await rowOf(tab, 'colour')).toContain('"red"')
    await tab.page.close()
  })

  test('an outcome that is not known is told so', async () => {
    const tab = await open(browser, 'peers=4&still')
    await fill(tab, 'key', 'unknown')
    await fill(tab, 'value', '1')
    await press(tab, '>>> form wa-button ::-p-text(Set)')
    await shows(tab, 'It is not known whether this was decided')
    await tab.page.close()
  })

  test('deleting asks once, in place', async () => {
    const tab = await open(browser, 'peers=4&still')
    await press(tab, '>>> .keys .row ::-p-text(theme)')
    await press(tab, '>>> confirm-button ::-p-text(Delete)')
    await shows(tab, 'Delete “theme” for everybody?')
    expect(await rowOf(tab, 'theme')).toBeDefined()
    await press(tab, '>>> .yes')
    await shows(tab, '“theme” is deleted')
    await expect.poll(() => rowOf(tab, 'theme'), { timeout: answerMs }).toBeUndefined()
    await tab.page.close()
  })

  test('any tab makes another voter the leader', async () => {
    const tab = await open(browser, 'peers=6&still&decisions=follower')
    await shows(tab, 'Amber Lynx leads since term 3')
    await press(tab, '>>> member-list >>> .row ::-p-text(Bold Falcon)')
    await press(tab, '>>> wa-button ::-p-text(Make it the leader)')
    await shows(tab, 'Handed over.')
    await shows(tab, 'Bold Falcon leads since term 4')
    await tab.page.close()
  })

  test('freezing the leader shows why somebody else leads then', async () => {
    const tab = await open(browser, 'peers=6&still&decisions=follower')
    await shows(tab, 'Amber Lynx leads since term 3')
    await press(tab, '>>> member-list >>> .row ::-p-text(Amber Lynx)')
    await press(tab, '>>> wa-button ::-p-text(Freeze for 10 s)')
    await shows(tab, 'Nobody leads at the moment')
    await shows(
      tab,
      /\w+ \w+ leads since term 4 because most voters chose it .*, after nothing was heard from Amber Lynx any more/,
    )
    await press(tab, '>>> wa-button ::-p-text(Heal all)')
    await shows(tab, 'whole again')
    await tab.page.close()
  })

  test('without a quorum nothing can be written, and going on alone asks once', async () => {
    const tab = await open(browser, 'peers=6&still&decisions=no-quorum')
    await shows(tab, '2 of 5 voters are reachable, 3 are needed')
    const isOff = await tab.page.$eval('>>> #key', key => (key as HTMLInputElement).disabled)
    expect(isOff).toBe(true)
    await press(tab, '>>> room-settings >>> summary')
    await shows(tab, 'Nothing can be changed now')
    const locked = await tab.page.$$eval('>>> settings-part >>> .field', all =>
      all.map(one => (one as HTMLInputElement).disabled),
    )
    expect(locked).toEqual(Array(8).fill(true))
    await press(tab, '>>> wa-button ::-p-text(Continue from here)')
    await shows(tab, 'Begin a new history from this tab’s copy?')
    await press(tab, '>>> quorum-lost >>> .yes')
    await shows(tab, 'This tab leads since term 5 because it is the only voter')
    expect(await tab.page.$eval('>>> #key', key => (key as HTMLInputElement).disabled)).toBe(false)
    await tab.page.close()
  })

  test('two histories are both shown, and joining the other asks once', async () => {
    const tab = await open(browser, 'peers=6&still&decisions=conflict')
    for (const words of ['612 decisions', '17 decisions', 'they stay on this disk']) await shows(tab, words)
    await press(tab, '>>> wa-button ::-p-text(Join the other history)')
    await shows(tab, 'Set the history of this tab aside?')
    await press(tab, '>>> conflict-choice >>> .yes')
    await expect.poll(() => textOf(tab), { timeout: answerMs }).not.toContain('Which history goes on?')
    await tab.page.close()
  })

  test('at 5,000 decisions/s the log is current and grows no larger', async () => {
    const tab = await open(browser, 'peers=4&decisions=busy')
    const seen = async () => {
      const rows = await tab.page.$$eval('>>> decisions-log >>> .line', all => all.map(row => row.textContent ?? ''))
      return { count: rows.length, newest: Number(rows[0]?.trim().split(/\s/)[0]?.replaceAll(',', '')) }
    }
    const first = await seen()
    await expect.poll(async () => (await seen()).newest, { timeout: answerMs }).toBeGreaterThan(first.newest + 5_000)
    expect((await seen()).count).toBe(60)
    await tab.page.close()
  })
})

describe('in chromium', () => {
  let stage: Stage
  let browser: Browser
  beforeAll(async () => {
    stage = await Stage.shared(['chromium'])
    browser = stage.browser('chromium')
  })
  afterAll(() => stage?.close())

  test('the panel is fetched when it is first looked at, not before', async () => {
    const tab = await blankTab(browser, 'window')
    const fetched: string[] = []
    tab.page.on('request', request => fetched.push(request.url()))
    await tab.page.goto(`${origin}?peers=2&still${room}`)
    await tab.page.waitForSelector('mesh-console')
    await shows(tab, 'Run sample job')
    const isPanel = (url: string) => url.includes('decisions-panel')
    expect(fetched.some(isPanel)).toBe(false)
    await press(tab, '>>> wa-tab ::-p-text(Decisions)')
    await expect.poll(() => fetched.some(isPanel), { timeout: answerMs }).toBe(true)
    await tab.page.close()
  })

  const looks: ['light' | 'dark', number][] = [
    ['light', 1440],
    ['dark', 390],
  ]
  if (isThorough) looks.push(['dark', 1440], ['light', 390])
  describe.each(looks)('axe finds nothing, %s at %i pixels', (scheme, width) => {
    const look = async (query: string) => {
      const tab = await open(browser, query, async ({ page }) => {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
        await page.setViewport({ width, height: 1600 })
      })
      return tab
    }

    test('with a card open, a mistake typed and a question asked', async () => {
      const tab = await look('peers=6&still')
      await press(tab, '>>> member-list >>> .row ::-p-text(This tab)')
      await press(tab, '>>> decisions-help >>> summary')
      await fill(tab, 'key', 'colour')
      await fill(tab, 'value', 'red')
      await press(tab, '>>> form wa-button ::-p-text(Set)')
      await shows(tab, 'Text needs quotes')
      await press(tab, '>>> form confirm-button ::-p-text(Delete)')
      await shows(tab, 'for everybody?')
      expect(await violations(tab)).toEqual([])
      await tab.page.close()
    })

    test.each(['no-quorum', 'conflict', 'electing'])('in %s', async scene => {
      const tab = await look(`peers=6&still&decisions=${scene}`)
      if (scene === 'no-quorum') await press(tab, '>>> wa-button ::-p-text(Continue from here)')
      expect(await violations(tab)).toEqual([])
      await tab.page.close()
    })
  })
})

/** A tab with the panel in view. */
async function open(browser: Browser, query: string, prepare = async (_: Tab) => {}): Promise<Tab> {
  const tab = await blankTab(browser, 'window')
  await tab.page.setViewport({ width: 1440, height: 1600 })
  tab.page.setDefaultTimeout(answerMs)
  await prepare(tab)
  await tab.page.goto(`${origin}?${query}${room}`, { waitUntil: 'domcontentloaded' })
  await tab.page.waitForSelector('mesh-console', { timeout: 30_000 })
  const isWide = await tab.page.evaluate(() => innerWidth >= 1100)
  await press(tab, isWide ? '>>> wa-tab ::-p-text(Decisions)' : '>>> nav ::-p-text(Decisions)')
  await there(tab, '>>> decisions-help')
  return tab
}

/** Puppeteer's own waiting sees no changes inside shadow roots. */
async function there(tab: Tab, selector: string): Promise<ElementHandle> {
  return vi.waitFor(
    async () => {
      const element = await tab.page.$(selector)
      if (!element) throw new Error(`nothing is at ${selector}`)
      return element as ElementHandle
    },
    { timeout: answerMs, interval: 30 },
  )
}

async function press(tab: Tab, selector: string): Promise<void> {
  await (await there(tab, selector)).click()
}

async function fill(tab: Tab, id: string, text: string): Promise<void> {
  await there(tab, `>>> #${id}`)
  await tab.page.locator(`>>> #${id}`).fill(text)
}

async function shows(tab: Tab, words: string | RegExp): Promise<void> {
  const poll = expect.poll(() => textOf(tab), { timeout: answerMs })
  await (typeof words === 'string' ? poll.toContain(words) : poll.toMatch(words))
}

async function rowOf(tab: Tab, key: string): Promise<string | undefined> {
  const rows = await tab.page.$$eval('>>> .keys .row', all => all.map(row => row.textContent ?? ''))
  return rows.find(row => row.trim().startsWith(key))
}

/** The id of what has the focus, in whatever shadow root. */
function focused(page: Tab['page']): Promise<string | undefined> {
  return page.evaluate(() => {
    let element = document.activeElement
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    return element?.id
  })
}
