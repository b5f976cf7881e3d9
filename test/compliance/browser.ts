/** The transport suite in real browsers, over WebRTC. Run: `npx tsx test/compliance/browser.ts [chromium|firefox] [--bridge]`. */
import { fileURLToPath } from 'node:url'
import { build, preview } from 'vite'
import { type BrowserName, launchBrowser } from '../browser/support/browsers.ts'
import { blankTab } from '../browser/support/tabs.ts'
import { conclude } from './report.ts'

const name: BrowserName = process.argv.includes('firefox') ? 'firefox' : 'chromium'
const isBridged = process.argv.includes('--bridge')
const root = fileURLToPath(new URL('.', import.meta.url))
const outDir = fileURLToPath(new URL('../../.cache/compliance', import.meta.url))
const runTimeoutMs = 300_000

const shared = { root, configFile: false, logLevel: 'warn', worker: { format: 'es' } } as const
await build({ ...shared, build: { outDir, emptyOutDir: true, target: 'es2023' } })
const server = await preview({ ...shared, build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
const browser = await launchBrowser(name)
try {
  const tab = await blankTab(browser)
  await tab.page.goto(`${server.resolvedUrls?.local[0]}${isBridged ? '?bridge' : ''}`)
  await tab.page
    .waitForFunction(() => globalThis.complianceReport !== undefined, { timeout: runTimeoutMs, polling: 500 })
    .catch(cause => {
      throw new Error(`the suite did not end; the console said:\n${tab.problems.join('\n')}`, { cause })
    })
  const report = await tab.page.evaluate(() => globalThis.complianceReport)
  if (!report) throw new Error('no report')
  conclude(`compliance, WebRTC${isBridged ? ' through the page' : ''} in ${name}`, report)
} finally {
  await browser.close()
  await server.close()
}
