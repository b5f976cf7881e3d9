/**
 * What a word is, and how its many spellings become one.
 *
 * A text is first lower-cased (Unicode default mapping, no locale) and then normalised (NFC). A word is a letter or number followed by
 * letters, numbers and combining marks; an apostrophe (' or U+2019) between two letters or numbers belongs to it ("don't" is one
 * word, "'tis" is "tis"). Scripts written without spaces (Chinese, Japanese, Thai) so give long words, one per run.
 *
 * A run of more than `overlongUnits` characters without ASCII white space is data, not text (base64, a genome): its words are not
 * counted. That makes the count independent of where a text was cut, because only such runs are ever cut inside.
 */
import { overlongUnits } from '../../work/cut.ts'
import { joiner, kindOfPair, kindsOfUnits, letter, mark, surrogate } from './alphabet.ts'
import type { TextPiece } from './piece.ts'

const whiteSpace = /[\t-\r ]/g

/** Adds the words of `piece` to `counts` and returns how many they were. */
export function countWords(piece: Pick<TextPiece, 'text' | 'starts'>, counts: Map<string, number>): number {
  let words = 0
  for (const text of readable(piece)) words += scan(text.toLowerCase().normalize('NFC'), counts)
  return words
}

/** The text without its overlong runs. */
function* readable({ text, starts }: Pick<TextPiece, 'text' | 'starts'>): Generator<string> {
  let from = starts === 'inside' ? spaceFrom(text, 0) : 0
  let at = from
  while (text.length - at > overlongUnits) {
    // Hop: where there is a space within each window of the limit's length, no run is overlong.
    const space = lastSpaceBefore(text, at + overlongUnits + 1, at)
    if (space >= 0) {
      at = space + 1
      continue
    }
    yield text.slice(from, at)
    from = spaceFrom(text, at)
    at = from
  }
  yield text.slice(from)
}

function spaceFrom(text: string, at: number): number {
  whiteSpace.lastIndex = at
  return whiteSpace.exec(text)?.index ?? text.length
}

/** The last white space in [floor, end), or -1. */
function lastSpaceBefore(text: string, end: number, floor: number): number {
  for (let at = end - 1; at >= floor; at--) {
    const unit = text.charCodeAt(at)
    if (unit === 32 || (unit >= 9 && unit <= 13)) return at
  }
  return -1
}

function scan(text: string, counts: Map<string, number>): number {
  const kinds = kindsOfUnits()
  const kindAt = (at: number) => {
    const kind = kinds[text.charCodeAt(at)]
    return kind === surrogate ? kindOfPair(text, at) : kind
  }
  let words = 0
  let at = 0
  while (at < text.length) {
    const width = widthAt(text, at)
    if (kindAt(at) !== letter) {
      at += width
      continue
    }
    const start = at
    at += width
    while (at < text.length) {
      const kind = kindAt(at)
      if (kind === letter || kind === mark) at += widthAt(text, at)
      else if (kind === joiner && at + 1 < text.length && kindAt(at + 1) === letter) at += 1
      else break
    }
    const word = text.slice(start, at)
    counts.set(word, (counts.get(word) ?? 0) + 1)
    words++
  }
  return words
}

/** UTF-16 units of the code point at `at`: 2 for a surrogate pair. */
function widthAt(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  return unit >= 0xd800 && unit < 0xdc00 && at + 1 < text.length ? 2 : 1
}
