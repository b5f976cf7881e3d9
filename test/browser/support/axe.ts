/** What axe objects to in a page as it stands. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Tab } from './tabs.ts'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Shortly: the rule, what it asks, and where. */
export async function violations(tab: Tab): Promise<string[]> {
  await tab.page.bringToFront()
  // Contrast is judged when transitions are over.
  await tab.page.evaluate(() => Promise.allSettled(document.getAnimations().map(animation => animation.finished)))
  await tab.page.evaluate(source)
  const results = await tab.page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return results.violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} (${target})`))
}
