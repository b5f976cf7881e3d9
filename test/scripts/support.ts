/** A built console of a few small files, and `npm start` as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tabmesh-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

export const script = `console.log(${JSON.stringify('mesh '.repeat(1000))})\n`

export async function builtConsole(): Promise<string> {
  const folder = await temporaryFolder()
  await write(folder, {
    'index.html': '<!doctype html><title>console</title>',
    'sandbox.html': '<!doctype html><title>sandbox</title>',
    'assets/app-abc123.js': script,
    '.vite/manifest.json': '{}',
  })
  return folder
}

export interface Command {
  readonly process: ChildProcess
  /** All it printed so far, both streams. */
  output(): string
  ended: Promise<number | null>
}

export function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)))
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return { process: child, output: () => output, ended: once(child, 'close').then(([code]) => code as number | null) }
}
