/** `npm run sim` with these arguments, without npm's own time. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const cwd = join(import.meta.dirname, '../..')

export function sim(...args: string[]) {
  return spawnSync(process.execPath, ['--import', 'tsx', 'src/simulator/main.ts', ...args], { cwd, encoding: 'utf8' })
}
