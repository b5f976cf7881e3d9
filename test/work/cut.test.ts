/** Cutting: blocks put back together are the text, cuts depend on the content alone, and no line or word is cut that fits. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CutBlock, cutBlocks, overlongUnits } from '../../src/work/cut.ts'
import { blockBytesMax, blockBytesMin, blockBytesTarget, blocksWanted } from '../../src/work/limits.ts'
import { targetFor } from '../../src/work/shard.ts'
import { seeded } from './support/texts.ts'

async function cut(
  text: string | Uint8Array,
  chunkBytes = 1 << 20,
  targetBytes = blockBytesTarget,
): Promise<CutBlock[]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  const blocks: CutBlock[] = []
  for await (const block of cutBlocks('a.txt', chunks(), targetBytes)) blocks.push(block)
  return blocks
}

const textOf = (blocks: readonly CutBlock[]) =>
  new TextDecoder().decode(Buffer.concat(blocks.map(block => block.bytes)))

/** Lines of very different lengths, some longer than any block, in one to four bytes per character. */
function unevenText(seed: number): string {
  const next = seeded(seed)
  const parts: string[] = []
  for (let bytes = 0; bytes < 3_000_000; ) {
    const letter = ['a', 'ß', '中', '😀'][Math.floor(next() * 4)] ?? 'a'
    const length = Math.floor(next() ** 8 * 600_000)
    const run = letter.repeat(length)
    parts.push(run, next() < 0.3 ? '\n' : next() < 0.7 ? ' ' : '')
    bytes += length * Buffer.byteLength(letter) + 1
  }
  return parts.join('')
}

describe('cutting', { timeout: 60_000 }, () => {
  test('gives back the text, in blocks within the limits that start where they say', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const text = unevenText(seed)
      const blocks = await cut(text)
      expect(textOf(blocks) === text, `seed ${seed}`).toBe(true)
      let before = ''
      for (const { bytes, lines, starts } of blocks) {
        const block = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
        expect(bytes.length).toBeGreaterThan(0)
        expect(bytes.length).toBeLessThanOrEqual(blockBytesMax)
        expect(lines).toBe(block.split('\n').length - 1)
        if (starts === undefined) expect(before === '' || before.endsWith('\n')).toBe(true)
        if (starts === 'word') expect(before).toMatch(/[\t-\r ]$/)
        if (starts === 'inside') expect(before.slice(-overlongUnits - 1)).toMatch(/^[^\t-\r ]+$/)
        // What it continues is long enough to be known as overlong from its first block alone.
        if (starts) expect(before.slice(before.lastIndexOf('\n') + 1).length).toBeGreaterThan(overlongUnits)
        before = block
      }
    }
  })

  test('cuts alike however the bytes arrive', async () => {
    const text = unevenText(77)
    const [whole, ...others] = await Promise.all([1 << 24, 65_537, 4_099].map(chunkBytes => cut(text, chunkBytes)))
    const shape = (blocks: readonly CutBlock[] | undefined) =>
      blocks?.map(({ bytes, starts }) => [bytes.length, starts])
    for (const other of others) expect(shape(other)).toEqual(shape(whole))
  })

  test('cuts small inputs into enough blocks to go round, large ones into blocks of the full size', () => {
    expect(targetFor(0)).toBe(blockBytesMin)
    expect(targetFor(6_000_000)).toBe(Math.ceil(6_000_000 / blocksWanted))
    expect(targetFor(200 * 2 ** 20)).toBe(blockBytesTarget)
  })

  test('keeps short texts whole, and an empty one without blocks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), async text => {
        const blocks = await cut(text.replace(/^\uFEFF/, ''))
        expect(blocks.length).toBe(text.replace(/^\uFEFF/, '') === '' ? 0 : 1)
      }),
    )
  })

  test('drops a byte order mark, which is no part of the text', async () => {
    expect(textOf(await cut('\uFEFFline'))).toBe('line')
  })

  test.each([
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0xd8), /not UTF-8/],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x41, 0), /UTF-16/],
    ['UTF-8 that breaks off', Uint8Array.of(0x41, 0xe4, 0xb8), /not UTF-8/],
  ])('refuses %s with a message that says so', async (_, bytes, message) => {
    await expect(cut(bytes)).rejects.toMatchObject({ code: 'malformed', message: expect.stringMatching(message) })
  })
})
