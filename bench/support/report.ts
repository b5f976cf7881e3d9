/** One benchmark's outcome: a table on the screen, and JSON in bench/results. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Row, table } from './numbers.ts'
import type { SceneOptions } from './scene.ts'

const folder = fileURLToPath(new URL('../results', import.meta.url))

export function report(name: string, options: SceneOptions, versions: string, rows: readonly Row[]): void {
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`
  const place = options.hidden ? 'hidden tabs (Xvfb)' : 'visible tabs'
  console.log(`\n${name}: ${versions}, ${place}, ${machine}\n\n${table(rows)}\n`)
  const result = { name, at: new Date().toISOString(), machine, versions, options, rows }
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    `${folder}/${name}-${options.browser}${options.hidden ? '-hidden' : ''}.json`,
    JSON.stringify(result, undefined, 2),
  )
  console.log(JSON.stringify(result))
}
