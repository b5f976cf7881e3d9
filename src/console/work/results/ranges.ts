/** Where a pattern matches in a line, as [from, to) pairs. Pure, and as slow as the pattern is evil: run it in the worker only. */

/** Marks in one line beyond which nobody is helped. */
const rangesMax = 50

export type Range = readonly [from: number, to: number]

export function matchRanges(pattern: string, flags: string, line: string): Range[] {
  const regexp = new RegExp(pattern, `${flags.replace(/[gy]/g, '')}g`)
  const ranges: Range[] = []
  for (const match of line.matchAll(regexp)) {
    if (match[0].length > 0) ranges.push([match.index, match.index + match[0].length])
    if (ranges.length >= rangesMax) break
  }
  return ranges
}
