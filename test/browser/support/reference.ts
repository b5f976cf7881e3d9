/**
 * What a job must compute, written a second time from docs/jobs.md alone: one thread, whole texts, no shards. Shares no code with src.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Text {
  readonly name: string
  readonly text: string
}

const sampleFolder = fileURLToPath(new URL('../../../public/sample/', import.meta.url))

/** The corpus as served: every text there, in the order of its index. */
export function sampleTexts(): Text[] {
  const { inputs } = JSON.parse(readFileSync(`${sampleFolder}index.json`, 'utf8')) as { inputs: { name: string }[] }
  const listed = inputs.map(({ name }) => ({ name, text: readFileSync(sampleFolder + name, 'utf8') }))
  const present = readdirSync(sampleFolder).filter(name => name.endsWith('.txt') && name !== 'LICENSE.txt')
  if (listed.length !== present.length) throw new Error('the index does not list every text of the sample')
  return listed
}

/** A letter or number, then letters, numbers and combining marks; an apostrophe between two of them belongs. */
const word = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['\u2019][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*/gu
/** Longer runs without ASCII white space are data, not text. */
const runCharsMax = 65_536

export function wordCounts(texts: readonly Text[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { text } of texts) {
    const runs = text.replace(/^\uFEFF/, '').split(/[\t\n\v\f\r ]+/)
    const readable = runs.filter(run => run.length <= runCharsMax).join(' ')
    for (const [found] of readable.toLowerCase().normalize('NFC').matchAll(word)) {
      counts.set(found, (counts.get(found) ?? 0) + 1)
    }
  }
  return counts
}

export function countWordsReference(texts: readonly Text[], top: number): unknown {
  const counts = wordCounts(texts)
  const ranked = [...counts].sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || byCodePoint(a, b))
  return {
    words: ranked.reduce((sum, [, count]) => sum + count, 0),
    distinct: ranked.length,
    top: ranked.slice(0, top).map(([word, count]) => ({ word, count })),
  }
}

/** Short lines only: what is shown of lines over 200 characters is the product's own affair. */
export function grepReference(
  texts: readonly Text[],
  pattern: RegExp,
  max: number,
): { count: number; hits: unknown[] } {
  const hits: unknown[] = []
  for (const { name, text } of texts) {
    const lines = text.replace(/^\uFEFF/, '').split('\n')
    for (const [index, ended] of lines.entries()) {
      const line = ended.replace(/\r$/, '')
      const match = pattern.exec(line)
      if (match) hits.push({ file: name, line: index + 1, column: match.index + 1, text: line })
    }
  }
  return { count: hits.length, hits: hits.slice(0, max) }
}

/** RFC 8785 as far as plain data needs it: keys sorted by UTF-16 units, no white space. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  for (const [index, character] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    const difference = (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
