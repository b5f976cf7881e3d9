/** Texts made from a seed, and the plainest possible way to count and search them: the reference. */
import { compareCodePoints } from '../../../src/work/canonical.ts'

export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const vocabulary =
  "the of Straße naïve 中文 don’t O'Neill ÉCOLE école x2 नमस्ते 𝒜lpha Σίσυφος ΟΔΟΣ __proto__ constructor".split(' ')

export function randomText(seed: number, words: number): string {
  const next = seeded(seed)
  const parts: string[] = []
  for (let at = 0; at < words; at++) {
    const pick = vocabulary[Math.floor(next() * next() * vocabulary.length)] ?? 'the'
    parts.push(
      next() < 0.2 ? `${pick}${Math.floor(next() * 500)}` : pick,
      next() < 0.1 ? '\n' : next() < 0.05 ? '. ' : ' ',
    )
  }
  return parts.join('')
}

/** Counts words one code point at a time, on the whole text. */
export function referenceCount(texts: readonly string[], top = 50) {
  const counts = new Map<string, number>()
  for (const text of texts) for (const word of referenceWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b))
  return {
    distinct: counts.size,
    top: ranked.slice(0, top).map(([word, count]) => ({ count, word })),
    words: [...counts.values()].reduce((sum, count) => sum + count, 0),
  }
}

export function referenceWords(text: string): string[] {
  const words: string[] = []
  for (const run of text.split(/[\t-\r ]+/)) {
    if (run.length > 65_536) continue
    const found = run
      .toLowerCase()
      .normalize('NFC')
      .match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['\u2019][\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*/gu)
    words.push(...(found ?? []))
  }
  return words
}

export function referenceGrep(files: readonly { name: string; text: string }[], regexp: RegExp, max = 500) {
  const all = files.flatMap(({ name, text }) =>
    text.split('\n').flatMap((whole, at) => {
      const line = whole.replace(/\r$/, '').slice(0, 65_536)
      const index = line.search(regexp)
      return index < 0 ? [] : [{ column: index + 1, file: name, line: at + 1 }]
    }),
  )
  return { count: all.length, hits: all.slice(0, max), truncated: all.length > max }
}
