/** `npm run build`: builds the console, compresses each file once so that no request has to, and prints what each one weighs. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { CommandError, runCommand } from '../signaling/command-line.ts'

export const project = fileURLToPath(new URL('..', import.meta.url))

/** What compresses; images and fonts are compressed already. */
const textual = /\.(js|css|html|svg|json|webmanifest|txt|wasm|map)$/
/** Under this a compressed file saves no packet, bytes. */
const compressFromBytes = 1024

interface FileSize {
  readonly file: string
  readonly bytes: number
  readonly gzipBytes: number
  readonly brotliBytes: number
}

export async function buildConsole(print: (line: string) => void): Promise<void> {
  // Vite takes long to load, and whoever starts with a fresh build does not need it.
  const { build } = await import('vite')
  try {
    await build({ root: project, logLevel: 'warn' })
  } catch (error) {
    throw new CommandError(1, `The build failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  const sizes = await compressFolder(join(project, 'dist'))
  for (const line of sizeTable(sizes)) print(line)
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
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
  const brotlied = await promisify(brotliCompress)(content, { params: quality })
  if (content.length >= compressFromBytes) {
    if (gzipped.length < content.length) await writeFile(`${path}.gz`, gzipped)
    if (brotlied.length < content.length) await writeFile(`${path}.br`, brotlied)
  }
  const file = relative(folder, path).split(sep).join('/')
  return { file, bytes: content.length, gzipBytes: gzipped.length, brotliBytes: brotlied.length }
}

export function sizeTable(sizes: readonly FileSize[]): readonly string[] {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(11)
  const sum = (pick: (size: FileSize) => number) => sizes.reduce((total, size) => total + pick(size), 0)
  const width = Math.max(8, ...sizes.map(size => size.file.length))
  const line = (file: string, bytes: number, gzipBytes: number, brotliBytes: number) =>
    `${file.padEnd(width)}${kilobytes(bytes)}  gzip${kilobytes(gzipBytes)}  brotli${kilobytes(brotliBytes)}`
  return [
    ...sizes.map(size => line(size.file, size.bytes, size.gzipBytes, size.brotliBytes)),
    line(
      'in all',
      sum(size => size.bytes),
      sum(size => size.gzipBytes),
      sum(size => size.brotliBytes),
    ),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await runCommand(() => buildConsole(console.log))
