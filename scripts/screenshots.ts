/**
 * `npm run screenshots`: the console at three sizes, light and dark, in every state, into screenshots/. Over a fake mesh, so that pictures
 * are the same every time; with `--real`, over real tabs of a server started here. Each picture is checked by axe; findings fail the run.
 * A word after the options takes only pictures whose name contains it.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'puppeteer-core'
import { createServer } from 'vite'
import { launchBrowser } from '../test/browser/support/browsers.ts'
import { startServer } from '../test/browser/support/server.ts'

interface Size {
  readonly width: number
  readonly height: number
}
interface Picture {
  readonly name: string
  readonly query: string
  readonly sizes: readonly Size[]
  readonly themes: readonly Theme[]
  /** What to press before the picture is taken, by its visible words. */
  readonly press?: readonly string[]
}
type Theme = 'light' | 'dark'

const project = join(import.meta.dirname, '..')
const folder = join(project, 'screenshots')
const desktop = { width: 1440, height: 900 }
const tablet = { width: 1024, height: 768 }
const phone = { width: 390, height: 844 }
/** The whole of a panel that scrolls. */
const tall = { width: 1440, height: 1900 }
const allSizes = [desktop, tablet, phone]
const bothThemes = ['light', 'dark'] as const
const room = '#room=amber-otter-42&key=7gk2m9x4q1w8e5r3t6y0z2a4c6'

const pictures: readonly Picture[] = [
  { name: 'alone', query: 'peers=0', sizes: allSizes, themes: bothThemes },
  { name: 'joining', query: 'phase=joining', sizes: [desktop, phone], themes: ['light'] },
  ...[3, 20].flatMap(tabs =>
    ['running', 'done'].map(job => ({
      name: `${tabs}-tabs-${job}`,
      query: `peers=${tabs - 1}&job=${job}`,
      sizes: allSizes,
      themes: bothThemes,
    })),
  ),
  { name: '64-tabs', query: 'peers=63', sizes: [desktop], themes: ['light'] },
  { name: 'found', query: 'peers=4&job=find', sizes: [desktop, phone], themes: ['light'] },
  {
    name: 'own-function',
    query: 'peers=4&job=own',
    sizes: [desktop, phone],
    themes: bothThemes,
    press: ['Your own function'],
  },
  { name: 'find-form', query: 'peers=4', sizes: [desktop], themes: ['light'], press: ['Find'] },
  { name: 'failed-job', query: 'peers=4&job=failed', sizes: [desktop], themes: bothThemes },
  { name: 'storing', query: 'peers=4&job=storing', sizes: [desktop], themes: ['light'] },
  { name: 'metrics', query: 'peers=5&live', sizes: allSizes, themes: bothThemes, press: ['Metrics'] },
  { name: 'shared', query: 'peers=5', sizes: allSizes, themes: bothThemes, press: ['Shared'] },
  { name: 'events', query: 'peers=7', sizes: [phone], themes: ['light'], press: ['Events'] },
  { name: 'peer-card', query: 'peers=5', sizes: allSizes, themes: ['light'], press: ['peer'] },
  { name: 'faults', query: 'peers=5&faults', sizes: allSizes, themes: bothThemes, press: ['Faults'] },
  { name: 'no-faults', query: 'peers=2', sizes: [desktop], themes: ['light'], press: ['Faults'] },
  { name: 'agents', query: 'peers=6', sizes: allSizes, themes: bothThemes, press: ['Agents'] },
  { name: 'parting', query: 'peers=7', sizes: [desktop, phone], themes: bothThemes, press: ['Part the room', 'draw'] },
  { name: 'minority', query: 'peers=2&partition=minority', sizes: allSizes, themes: ['light'] },
  { name: 'majority', query: 'peers=6&partition=majority', sizes: [desktop], themes: ['dark'] },
  { name: 'ending', query: 'peers=3&ending', sizes: [desktop, phone], themes: ['light'] },
  { name: 'suspect', query: 'peers=8', sizes: [desktop], themes: ['light'] },
  { name: 'dials', query: 'peers=6', sizes: [tall, { ...tall, width: 390 }], themes: bothThemes, press: ['Metrics'] },
  {
    name: 'diagnosis',
    query: 'peers=5',
    sizes: [desktop, phone],
    themes: bothThemes,
    press: ['Metrics', 'Why can’t I connect?'],
  },
  ...['ready', 'follower', 'electing', 'no-quorum', 'conflict'].map(scene => ({
    name: `decisions-${scene}`,
    query: `peers=6&decisions=${scene}`,
    sizes: allSizes,
    themes: bothThemes,
    press: ['Decisions'],
  })),
  ...[0, 2].map(peers => ({
    name: `decisions-${peers + 1}-tabs`,
    query: `peers=${peers}`,
    sizes: [desktop, phone],
    themes: ['light'] as const,
    press: ['Decisions'],
  })),
  ...['away', 'successor', 'storage-lost', 'joining', 'starting', 'none'].map(scene => ({
    name: `decisions-${scene}`,
    query: `peers=4&decisions=${scene}`,
    sizes: [desktop],
    themes: ['light'] as const,
    press: ['Decisions'],
  })),
  ...['ready', 'no-quorum'].map(scene => ({
    name: `room-settings-${scene}`,
    query: `peers=6&decisions=${scene}`,
    sizes: [1440, 1024, 390].map(width => ({ width, height: 3000 })),
    themes: bothThemes,
    press: ['Decisions', 'room settings'],
  })),
  // Tall enough that nothing is scrolled away.
  ...['ready', 'no-quorum'].map(scene => ({
    name: `whole-decisions-${scene}`,
    query: `peers=6&decisions=${scene}`,
    sizes: [1440, 1024, 390].map(width => ({ width, height: 2600 })),
    themes: bothThemes,
    press: ['Decisions'],
  })),
  ...[
    ['welcome', []],
    ['completions', ['> consensus ']],
    ['answers', ['> consnesus\n', '> consensus verify-quorum\n', '> consensus status\n']],
  ].map(([scene, lines]) => ({
    name: `commands-${scene}`,
    query: 'peers=6',
    sizes: allSizes,
    themes: bothThemes,
    press: ['command bar', ...(lines ?? [])],
  })),
  { name: 'invite', query: 'peers=2', sizes: [desktop, phone], themes: bothThemes, press: ['Invite'] },
  { name: 'wrong-key', query: 'phase=failed&problem=wrong-secret', sizes: [desktop, phone], themes: bothThemes },
  { name: 'version', query: 'phase=failed&problem=version-mismatch', sizes: [desktop], themes: ['light'] },
  { name: 'no-signaling', query: 'peers=3&problem=signaling-unreachable', sizes: [desktop, phone], themes: ['light'] },
]

/** What has no words of its own, or other ones at other widths. */
const places: Readonly<Record<string, string>> = {
  peer: 'button.row',
  'room settings': 'summary:has(h3)',
  'command bar': 'wa-button[title^="Type a command"]',
}

const only = process.argv.slice(2).find(word => !word.startsWith('-'))
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
await mkdir(folder, { recursive: true })
const browser = await launchBrowser('chromium')
let findings = 0
try {
  if (process.argv.includes('--real')) await takeReal(browser)
  else await takeFake(browser)
} finally {
  await browser.close()
}
if (findings > 0) {
  console.error(`axe: ${findings} findings`)
  process.exitCode = 1
}

async function takeFake(browser: Browser): Promise<void> {
  const server = await createServer({ configFile: join(project, 'test/console/vite.config.ts'), logLevel: 'warn' })
  await server.listen(0)
  const origin = server.resolvedUrls?.local[0]
  if (!origin) throw new Error('the development server has no address')
  for (const { name, query, sizes, themes, press = [] } of pictures) {
    if (only && !name.includes(only)) continue
    const isLive = query.includes('live')
    for (const size of sizes)
      for (const theme of themes) {
        const page = await openPage(browser, size, theme)
        await page.goto(`${origin}?${query}${isLive ? '' : '&still'}${room}`)
        await settled(page)
        if (size !== desktop && query.includes('job=')) await pressWords(page, 'Work')
        for (const words of press) await pressWords(page, words)
        // A chart of one second is no chart.
        if (isLive) await new Promise(resolve => setTimeout(resolve, 12_000))
        await take(page, `${name}-${size.width}-${theme}`)
        await page.close()
      }
  }
  await server.close()
}

/** Three real tabs that run the sample; the first one is looked at. */
async function takeReal(browser: Browser): Promise<void> {
  const server = await startServer()
  try {
    const pages: Page[] = []
    for (const name of ['Ada', 'Barbara', 'Grace']) {
      const page = await openPage(browser, desktop, 'light')
      await page.goto(`${server.origin}/${room}&name=${name}`)
      await page.waitForFunction(async () => (await globalThis.meshReady) !== undefined)
      if (pages.length === 0) await take(page, 'real-alone')
      pages.push(page)
    }
    const [first] = pages
    if (!first) return
    await first.bringToFront()
    await first.waitForFunction(() => globalThis.mesh?.peers.length === 2)
    await pressWords(first, 'Run sample job')
    await first.waitForFunction(() => globalThis.mesh?.jobs.some(job => job.shardsDone > job.shards / 3), {
      polling: 5,
    })
    await first.screenshot({ path: join(folder, 'real-running.png') as `${string}.png` })
    await first.waitForFunction(() => globalThis.mesh?.jobs.some(job => job.state === 'done'))
    for (const theme of bothThemes) {
      await setTheme(first, theme)
      await settled(first)
      await take(first, `real-done-${theme}`)
    }
  } finally {
    await server.stop()
  }
}

async function openPage(browser: Browser, size: Size, theme: Theme): Promise<Page> {
  const page = await browser.newPage()
  // esbuild (tsx) wraps named functions in a helper, which functions sent to a page then miss.
  await page.evaluateOnNewDocument('globalThis.__name ??= fn => fn')
  await page.setViewport(size)
  await setTheme(page, theme)
  page.on('pageerror', error => console.error(`uncaught: ${error instanceof Error ? error.stack : error}`))
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warn') console.error(`${message.type()}: ${message.text()}`)
  })
  return page
}

async function setTheme(page: Page, theme: Theme): Promise<void> {
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }])
}

/** The console is there, and two frames have passed since. */
async function settled(page: Page): Promise<void> {
  await page.waitForSelector('mesh-console')
  await page.waitForFunction(() => document.fonts.status === 'loaded')
  await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  await new Promise(resolve => setTimeout(resolve, 400)) // longest animation, with room
}

/** A line down the middle of the graph, a little aslant. */
async function drawLine(page: Page): Promise<void> {
  const graph = await page.waitForSelector('>>> mesh-graph')
  const box = await graph?.boundingBox()
  if (!box) throw new Error('there is no graph to draw on')
  const at = (part: number, down: number) => [box.x + box.width * part, box.y + box.height * down] as const
  await page.mouse.move(...at(0.36, 0.3))
  await page.mouse.down()
  for (let step = 1; step <= 20; step++) await page.mouse.move(...at(0.36 + step / 100, 0.3 + (step * 0.55) / 20))
  await page.mouse.up()
}

/**
 * Clicks the first visible button, tab or choice that says this, in whatever shadow root it is; `peer` opens a peer's card, `command bar` the
 * command bar, `room settings` their form, `draw` draws a line, and `> text` is typed.
 */
async function pressWords(page: Page, words: string): Promise<void> {
  if (words === 'draw') {
    await drawLine(page)
    return settled(page)
  }
  if (words.startsWith('> ')) {
    await page.keyboard.type(words.slice(2))
    return settled(page)
  }
  const isPressed = await page.evaluate(
    (words, place) => {
      const walk = function* (root: ParentNode): Generator<HTMLElement> {
        for (const element of root.querySelectorAll<HTMLElement>('*')) {
          yield element
          if (element.shadowRoot) yield* walk(element.shadowRoot)
        }
      }
      const target = [...walk(document)].find(element =>
        place
          ? element.matches(place)
          : element.matches('button, wa-button, wa-tab, wa-radio') && element.textContent?.trim() === words,
      )
      target?.click()
      return target !== undefined
    },
    words,
    places[words],
  )
  if (!isPressed) throw new Error(`nothing says “${words}”`)
  await settled(page)
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`) as `${string}.png` })
  await page.evaluate(axeSource)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults
  findings += violations.length
  for (const { id, impact, nodes } of violations) {
    const where = nodes
      .slice(0, 3)
      .map(node => `${node.target.join(' ')}: ${node.any[0]?.message ?? node.failureSummary}`)
    console.error(`${name}: ${id} (${impact})\n  ${where.join('\n  ')}`)
  }
  await writeFile(join(folder, `${name}.axe.json`), JSON.stringify(violations, null, 2))
  console.log(name)
}
