/** Whether the built console is as new as what it is built from. Folders count too: their time tells of a file that was deleted. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What a build reads, relative to the project. */
const sources = ['index.html', 'src', 'public', 'build', 'vite.config.ts', 'package-lock.json']

export async function buildState(project: string): Promise<'missing' | 'outdated' | 'fresh'> {
  const builtAtMs = await modifiedAtMs(join(project, 'dist', 'index.html'))
  if (builtAtMs === undefined) return 'missing'
  for (const source of sources) if ((await newestMs(join(project, source))) > builtAtMs) return 'outdated'
  return 'fresh'
}

async function newestMs(path: string): Promise<number> {
  const info = await stat(path).catch(() => undefined)
  if (info === undefined) return 0
  if (!info.isDirectory()) return info.mtimeMs
  const below = await Promise.all((await readdir(path)).map(name => newestMs(join(path, name))))
  return Math.max(info.mtimeMs, ...below)
}

async function modifiedAtMs(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs
}
