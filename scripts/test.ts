/**
 * `npm test`: every check of the project, cheapest first, stopping at the first stage that fails.
 *
 *   npm test                       everything, as CI runs it
 *   npm test -- --only unit        some stages: check, unit, build, compliance, browser (comma-separated)
 *   npm test -- --only browser -- test/browser/crowd.test.ts      what follows goes to vitest
 *
 * The last line is always `N passed, N failed`: the sum over all test runs.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const reports = join(root, '.cache/test')

interface Sums {
  passed: number
  failed: number
}

/** Resolves when the stage is green; rejects with what went wrong. */
type Stage = (sums: Sums, extra: readonly string[]) => Promise<void>

/** What needs both cores, one after the other; then what waits so often that it runs side by side. */
const stages: readonly Readonly<Record<string, Stage>>[] = [
  {
    async check() {
      await run('tsc', ['-p', 'tsconfig.json'])
      await run('tsc', ['-p', 'tsconfig.machines.json'])
      await run('biome', ['check', '--error-on-warnings', '.'])
      await run('knip', [])
    },
  },
  { unit: (sums, extra) => vitest(['unit', 'simulation'], sums, extra) },
  {
    async build() {
      await run('tsx', ['scripts/build.ts'])
      await run('size-limit', [])
    },
  },
  {
    async compliance(sums) {
      await mocha(['test/compliance/node.ts'], sums)
      await mocha(['test/compliance/browser.ts', 'chromium'], sums)
    },
    async browser(sums, extra) {
      const [meshes, aside] = ['browser', 'browser-aside'] as const
      if (extra.length > 0) return vitest([meshes, aside], sums, extra)
      await all(vitest([meshes], sums), vitest([aside], sums))
    },
  },
]
const stageNames = stages.flatMap(Object.keys)

async function main(): Promise<void> {
  const { only, extra } = readOptions()
  const sums: Sums = { passed: 0, failed: 0 }
  rmSync(reports, { recursive: true, force: true })
  mkdirSync(reports, { recursive: true })
  let broken: string | undefined
  for (const group of stages) {
    if (broken) break
    const chosen = Object.entries(group).filter(([name]) => only.includes(name))
    await all(...chosen.map(([name, stage]) => perform(name, () => stage(sums, extra)))).catch((error: Error) => {
      broken = error.message
    })
  }
  const isWhole = only.length === stageNames.length
  if (!broken && isWhole && sums.passed === 0) broken = 'no test ran'
  if (broken) console.log(`\nFailed in ${broken}`)
  process.exitCode = broken || sums.failed > 0 ? 1 : 0
  console.log(`\n${sums.passed} passed, ${sums.failed} failed`)
}

async function perform(name: string, stage: () => Promise<void>): Promise<void> {
  const startedAt = Date.now()
  console.log(`\n== ${name}`)
  try {
    await stage()
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`)
  }
  console.log(`== ${name} is green after ${((Date.now() - startedAt) / 1000).toFixed(0)} s`)
}

function readOptions(): { only: string[]; extra: string[] } {
  const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true })
  const only = values.only?.split(',') ?? stageNames
  const unknown = only.find(name => !stageNames.includes(name))
  if (unknown === undefined) return { only: stageNames.filter(name => only.includes(name)), extra: positionals }
  console.error(`There is no stage "${unknown}". There are: ${stageNames.join(', ')}.`)
  process.exit(2)
}

/** Waits for all, whatever becomes of one; rejects with the first that failed. */
async function all(...running: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(running)
  await Promise.all(running)
}

async function vitest(projects: readonly string[], sums: Sums, extra: readonly string[] = []): Promise<void> {
  const report = join(reports, `${projects.join('-')}.json`)
  const chosen = projects.flatMap(project => ['--project', project])
  const reporters = ['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report]
  const failure = await run('vitest', ['run', ...chosen, ...reporters, ...extra]).catch((error: Error) => error)
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
    sums.passed += numPassedTests
    sums.failed += numFailedTests
    if (numPassedTests === 0) throw new Error(`no ${projects.join(' or ')} test ran`)
  } catch (error) {
    throw failure ?? error
  }
  if (failure) throw failure
}

/** A compliance run ends with its sums as a line of JSON. */
async function mocha(args: readonly string[], sums: Sums): Promise<void> {
  let output = ''
  const failure = await run('tsx', args, text => {
    output += text
  }).catch((error: Error) => error)
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  if (last.startsWith('{')) {
    const { passed, failed } = JSON.parse(last)
    sums.passed += passed
    sums.failed += failed
  } else if (!failure) throw new Error(`${args[0]} reported nothing`)
  if (failure) throw failure
}

/** Runs a tool of node_modules with its output streamed; rejects unless it exits with 0. */
function run(tool: string, args: readonly string[], listen?: (text: string) => void): Promise<void> {
  const child = spawn(join(root, 'node_modules/.bin', tool), args, {
    cwd: root,
    stdio: ['ignore', listen ? 'pipe' : 'inherit', 'inherit'],
  })
  child.stdout?.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk)
    listen?.(chunk.toString())
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`\`${tool} ${args.slice(0, 2).join(' ')}\` ended with ${signal ?? `code ${code}`}`))
    })
  })
}

await main()
