/** `npm run build`: builds the console, compresses each file once so that no request has to, and prints what each one weighs. */
import { readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { CommandError, runCommand } from '../signaling/command-line.ts'

const project = fileURLToPath(new URL('..', import.meta.url))

/** What compresses; images and fonts are compressed already. */
const textual = /\.(js|css|html|svg|json|webmanifest|txt|wasm|map)$/
/** What a tab cannot start without: compressed as far as it goes, and listed one by one. */
const isCode = (file: string) => /\.(js|css|html)$/.test(file)
/** Brotli's quality for anything else: nine tenths of the gain in a tenth of the time. */
const quickQuality = 6
/** Under this a compressed file saves no packet, bytes. */
const compressFromBytes = 1024

interface FileSize {
  readonly file: string
  readonly bytes: number
  readonly gzipBytes: number
  readonly brotliBytes: number
}

/**
 * Builds aside and puts the whole in place at the end: a server that runs meanwhile never serves half a build, and of two builds at once
 * the later wins.
 */
export async function buildConsole(print: (line: string) => void): Promise<void> {
  const startedAt = new Date()
  const made = join(project, '.cache', `build-${process.pid}`)
  // Vite takes long to load, and whoever starts with a fresh build does not need it.
  const { build } = await import('vite')
  try {
    await build({ root: project, logLevel: 'warn', build: { outDir: made, emptyOutDir: true } })
    const sizes = await compressFolder(made)
    // As old as what it was made from: a source that changed during the build makes it outdated.
    await utimes(join(made, 'index.html'), startedAt, startedAt)
    await replaceFolder(join(project, 'dist'), made)
    for (const line of sizeTable(sizes)) print(line)
  } catch (error) {
    throw new CommandError(1, `The build failed: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

async function replaceFolder(folder: string, by: string): Promise<void> {
  const old = `${by}-old`
  await rename(folder, old).catch(() => {}) // there was none
  await rename(by, folder)
  await rm(old, { recursive: true, force: true })
}

/** Writes a .gz and a .br beside each textual file, where that makes it smaller. */
export async function compressFolder(folder: string): Promise<readonly FileSize[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  // Dot folders (Vite's own manifest) are not served.
  const isServed = (folderOf: string) => !relative(folder, folderOf).startsWith('.')
  const files = entries.filter(entry => entry.isFile() && textual.test(entry.name) && isServed(entry.parentPath))
  const sizes: FileSize[] = []
  for (const entry of files) sizes.push(await compressFile(folder, join(entry.parentPath, entry.name)))
  return sizes.sort((one, other) => other.gzipBytes - one.gzipBytes)
}

async function compressFile(folder: string, path: string): Promise<FileSize> {
  const content = await readFile(path)
  const gzipped = await promisify(gzip)(content, { level: 9 })
  const quality = { [constants.BROTLI_PARAM_QUALITY]: isCode(path) ? constants.BROTLI_MAX_QUALITY : quickQuality }
  const brotlied = await promisify(brotliCompress)(content, { params: quality })
  if (content.length >= compressFromBytes) {
    if (gzipped.length < content.length) await writeFile(`${path}.gz`, gzipped)
    if (brotlied.length < content.length) await writeFile(`${path}.br`, brotlied)
  }
  const file = relative(folder, path).split(sep).join('/')
  return { file, bytes: content.length, gzipBytes: gzipped.length, brotliBytes: brotlied.length }
}

/** One line for each file of code, one for all else, and one for the whole. */
export function sizeTable(sizes: readonly FileSize[]): readonly string[] {
  const code = sizes.filter(size => isCode(size.file))
  const others = sizes.filter(size => !isCode(size.file))
  const rows = [...code, total(`${others.length} others`, others), total('in all', sizes)]
  const width = Math.max(...rows.map(row => row.file.length))
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(11)
  return rows.map(
    row =>
      `${row.file.padEnd(width)}${kilobytes(row.bytes)}  gzip${kilobytes(row.gzipBytes)}  brotli${kilobytes(row.brotliBytes)}`,
  )
}

function total(file: string, sizes: readonly FileSize[]): FileSize {
  const sum = (pick: (size: FileSize) => number) => sizes.reduce((all, size) => all + pick(size), 0)
  return {
    file,
    bytes: sum(size => size.bytes),
    gzipBytes: sum(size => size.gzipBytes),
    brotliBytes: sum(size => size.brotliBytes),
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await runCommand(() => buildConsole(console.log))
