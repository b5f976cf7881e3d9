/** The text capabilities against plain references, on texts cut and merged in every way. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prepare } from '../../../src/agent/registry.ts'
import type { TextPiece } from '../../../src/agent/text/piece.ts'
import { countWords } from '../../../src/agent/text/words.ts'
import type { Json } from '../../../src/base/json.ts'
import { cutBlocks } from '../../../src/work/cut.ts'
import { randomText, referenceCount, referenceGrep, referenceWords, seeded } from '../../work/support/texts.ts'

interface Named {
  readonly name: string
  readonly text: string
}

async function piecesOf(files: readonly Named[], targetBytes: number): Promise<TextPiece[]> {
  const pieces: TextPiece[] = []
  for (const [input, { name, text }] of files.entries()) {
    let firstLine = 1
    async function* chunks() {
      yield new TextEncoder().encode(text)
    }
    for await (const { bytes, lines, starts } of cutBlocks(name, chunks(), targetBytes)) {
      pieces.push({ input, name, firstLine, starts, text: new TextDecoder().decode(bytes) })
      firstLine += lines
    }
  }
  return pieces
}

/** Maps the pieces in groups, merges in a shuffled order, through JSON as on the wire. */
function runCut(
  capability: string,
  options: Json,
  files: readonly Named[],
  pieces: readonly TextPiece[],
  seed: number,
): Json {
  const next = seeded(seed)
  const prepared = prepare(capability, options)
  const groups: TextPiece[][] = []
  for (const piece of pieces) {
    const last = groups.at(-1)
    if (last && next() < 0.4) last.push(piece)
    else groups.push([piece])
  }
  const merging = prepared.merging()
  const partials = groups.map(group => JSON.stringify(prepared.map(group)))
  for (const partial of partials.sort(() => next() - 0.5)) merging.add(JSON.parse(partial))
  return merging.finish(files.map(file => file.name))
}

const files = [1, 2, 3].map(seed => ({ name: `${seed}.txt`, text: randomText(seed, 20_000) }))

/** Lines and runs that no block can hold; of the first, 100 letters are left to the next block. */
const awkward = [
  { name: 'genome.txt', text: `before\n${'ACGT'.repeat(262_169)} after don’t\nlast line` },
  { name: 'line.txt', text: `${'many short words '.repeat(90_000)}the end\r\nnext line\r\n` },
  { name: '中.txt', text: `${'中文'.repeat(250_000)}\n終` },
  { name: 'empty.txt', text: '' },
]

describe('text.count-words', { timeout: 60_000 }, () => {
  test.each([400, 5_000, 65_536])(
    'counts as one pass over the uncut text does, cut at about %i bytes',
    async target => {
      const pieces = await piecesOf(files, target)
      expect(pieces.length).toBeGreaterThan(3)
      const expected = referenceCount(files.map(file => file.text))
      for (let seed = 0; seed < 5; seed++)
        expect(runCut('text.count-words', null, files, pieces, seed)).toEqual(expected)
    },
  )

  test('counts alike where lines and runs are longer than a block', async () => {
    const pieces = await piecesOf(awkward, 40_000)
    expect(new Set(pieces.map(piece => piece.starts))).toEqual(new Set([undefined, 'word', 'inside']))
    const expected = referenceCount(awkward.map(file => file.text))
    expect(runCut('text.count-words', { top: 50 }, awkward, pieces, 1)).toEqual(expected)
    expect(expected.top.some(({ word }) => word.startsWith('acgt'))).toBe(false)
  })

  test('finds the words that a plain regular expression finds, in any text', () => {
    const alphabet = fc.constantFrom(..."aZß\u0301\u0308İΣς中ー٣़😀𝒜𝟙'’ \n\t-_.", '\u00a0', '\ud800', '\udc00', 'ﬁ')
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(alphabet, fc.constantFrom('grapheme', 'é')), maxLength: 60 }), text => {
        const wellFormed = text.toWellFormed()
        const counts = new Map<string, number>()
        const words = countWords({ text: wellFormed, starts: undefined }, counts)
        const expected = referenceWords(wellFormed)
        expect(words).toBe(expected.length)
        expect([...counts.keys()].sort()).toEqual([...new Set(expected)].sort())
      }),
      { numRuns: 3_000 },
    )
  })

  test.each([
    ["don't and don’t are two spellings", ['don’t', "don't", 'and', 'are', 'two', 'spellings']],
    ["'tis rock 'n' roll'", ['tis', 'rock', 'n', 'roll']],
    ['ΟΔΟΣ Straße STRASSE', ['οδος', 'straße', 'strasse']],
    ['cafe\u0301 café', ['café']],
    ['x2 2x 3.14', ['x2', '2x', '3', '14']],
    ['नमस्ते', ['नमस्ते']],
    ['__proto__ constructor', ['proto', 'constructor']],
  ])('takes %j for the words %j', (text, words) => {
    const counts = new Map<string, number>()
    countWords({ text, starts: undefined }, counts)
    expect([...counts.keys()].sort()).toEqual([...words].sort())
  })

  test('breaks ties by code point', () => {
    const merging = prepare('text.count-words', { top: 3 }).merging()
    merging.add([
      ['\uff41', 1],
      ['𝒜', 1],
      ['b', 1],
      ['a', 1],
    ])
    expect(merging.finish([])).toMatchObject({ top: [{ word: 'a' }, { word: 'b' }, { word: '\uff41' }] })
  })

  test.each([
    [null],
    [{}],
    [[['a']]],
    [[['a', 0]]],
    [[['a', 1.5]]],
    [[[1, 1]]],
    [[['a', 1, 2]]],
    [[['a', Number.MAX_VALUE]]],
  ])('refuses the partial result %j', partial => {
    expect(() => prepare('text.count-words', null).merging().add(partial)).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    )
  })

  test.each([{ top: 0 }, { top: 10_001 }, { top: '5' }, { bottom: 1 }, 'x'])('refuses the options %j', options => {
    expect(() => prepare('text.count-words', options as Json)).toThrow(expect.objectContaining({ code: 'malformed' }))
  })
})

describe('text.grep', { timeout: 60_000 }, () => {
  const pattern = 'x\\d*7\\b|naïve'
  const withoutText = (result: Json) => {
    const { hits, ...rest } = result as { hits: { text: string }[] }
    return { ...rest, hits: hits.map(({ text: _, ...hit }) => hit) }
  }

  test.each([400, 5_000, 65_536])(
    'finds what one pass over the uncut text finds, cut at about %i bytes',
    async target => {
      const pieces = await piecesOf(files, target)
      const expected = referenceGrep(files, new RegExp(pattern, 'u'))
      expect(expected.count).toBeGreaterThan(500)
      expect(expected.truncated).toBe(true)
      for (let seed = 0; seed < 5; seed++)
        expect(withoutText(runCut('text.grep', { pattern }, files, pieces, seed))).toEqual(expected)
    },
  )

  test('numbers lines right, and searches each once, where a line is longer than a block', async () => {
    const pieces = await piecesOf(awkward, 40_000)
    for (const [source, flags] of [
      ['after|end|line|終|words', 'u'],
      ['^.', 'u'],
      ['BEFORE', 'i'],
      ['^next line$', 'u'],
    ] as const)
      expect(withoutText(runCut('text.grep', { pattern: source, flags }, awkward, pieces, 3))).toEqual(
        referenceGrep(awkward, new RegExp(source, flags)),
      )
  })

  test('shows at most 200 characters of a line, with the match among them', async () => {
    const texts = [{ name: 'a', text: `${'x'.repeat(1_000)}needle${'y'.repeat(1_000)}\n${'z'.repeat(500)}` }]
    const result = runCut('text.grep', { pattern: 'needle|z' }, texts, await piecesOf(texts, 65_536), 0)
    const { hits } = result as unknown as { hits: { text: string }[] }
    expect(hits[0]?.text).toBe(`…${'x'.repeat(40)}needle${'y'.repeat(154)}`)
    expect(hits[1]?.text).toBe('z'.repeat(200))
  })

  test.each([
    [{ pattern: '(' }, /Unterminated group|Invalid/],
    [{ pattern: '' }, /./],
    [{ pattern: 'a', flags: 'g' }, /flags/],
    [{ pattern: 'a', flags: 'ii' }, /flags/],
    [{ pattern: 'a', max: 5_001 }, /./],
    [null, /./],
  ])('refuses the options %j', (options, message) => {
    expect(() => prepare('text.grep', options as Json)).toThrow(
      expect.objectContaining({ code: 'malformed', message: expect.stringMatching(message) }),
    )
  })

  test.each([[null], [{ count: 1 }], [{ count: -1, hits: [] }], [{ count: 1, hits: [[0, 1, 1, 'x'.repeat(300)]] }]])(
    'refuses the partial result %j',
    partial => {
      expect(() => prepare('text.grep', { pattern: 'a' }).merging().add(partial)).toThrow(
        expect.objectContaining({ code: 'malformed' }),
      )
    },
  )
})

test('names what no agent can handle', () => {
  expect(() => prepare('text.translate', null)).toThrow('No agent can handle: text.translate')
})
