/** A document's edits on their way to IndexedDB, by our keeper and by y-indexeddb, on one page of a real browser. */
import { type Row, rounded } from './support/numbers.ts'
import { report } from './support/report.ts'
import { withRivalPages } from './support/rival-docs.ts'
import { readOptions, Scene } from './support/scene.ts'

declare global {
  var measureStorage: (edits: number) => Promise<Record<string, Record<string, number>>>
}

const rounds = 3

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [1], count: 1_000 })
  await Scene.with(options, scene =>
    withRivalPages(async pages => {
      const tab = await scene.open(pages.storage)
      await tab.page.waitForFunction(() => globalThis.measureStorage !== undefined, { polling: 50, timeout: 60_000 })
      const rows: Row[] = []
      for (let round = 1; round <= rounds; round++) {
        const outcome = await tab.page.evaluate(edits => globalThis.measureStorage(edits), options.count)
        for (const [what, figures] of Object.entries(outcome)) {
          const shown = Object.entries(figures).map(([name, value]) => [name, rounded(value)])
          rows.push({ what: `${what}, ${options.count} edits, round ${round}`, ...Object.fromEntries(shown) })
        }
      }
      report('storage', options, await scene.versions(), rows)
    }),
  )
}
