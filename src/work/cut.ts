/**
 * Cuts a text into blocks without ever holding more than about two megabytes of it. Where it cuts depends on the content alone,
 * never on how the bytes arrived, so the same inputs give the same blocks everywhere. With a target of at most `blockBytesTarget`:
 *
 *   1. What is left, if it fits in the target.
 *   2. After the last line end within the target, else after the first one within `blockBytesMax`.
 *   3. One line longer than that: after the last white space beyond `blockBytesTarget` (the next block `starts` at a 'word').
 *   4. No white space either: between two code points (the next block `starts` 'inside' a word).
 *
 * So a block that starts inside a line continues one of more than 256 KiB, and one that starts inside a word continues a run of
 * more than 768 KiB without white space. `overlongUnits` is below both, whatever the script: functions that treat longer lines
 * and runs by their first `overlongUnits` alone give the same result for any cut.
 */
import { concatBytes } from '../base/bytes.ts'
import { MeshError } from '../base/errors.ts'
import { blockBytesMax, blockBytesTarget } from './limits.ts'
import type { JobBlock } from './types.ts'

/** UTF-16 units. 256 KiB of UTF-8 are never fewer than 87,381 of them. */
export const overlongUnits = 65_536

export interface CutBlock extends Omit<JobBlock, 'hash' | 'bytes'> {
  readonly bytes: Uint8Array<ArrayBuffer>
}

const lineFeed = 10
const byteOrderMark = [0xef, 0xbb, 0xbf]

export async function* cutBlocks(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  targetBytes = blockBytesTarget,
): AsyncGenerator<CutBlock> {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  let held: Uint8Array[] = []
  let heldBytes = 0
  let isFirst = true
  let starts: JobBlock['starts']

  function* drain(isEnd: boolean): Generator<CutBlock> {
    let rest = concatBytes(held)
    if (isFirst) rest = afterMark(name, rest)
    isFirst = false
    while (rest.length > (isEnd ? 0 : blockBytesMax)) {
      const cut = cutAt(rest, targetBytes)
      const bytes = rest.slice(0, cut.at)
      try {
        utf8.decode(bytes)
      } catch {
        throw new MeshError('malformed', `"${name}" is not UTF-8 text. Save it as UTF-8, or leave it out.`)
      }
      yield { bytes, lines: countLines(bytes), ...(starts ? { starts } : {}) }
      starts = cut.next
      rest = rest.subarray(cut.at)
    }
    held = [rest]
    heldBytes = rest.length
  }

  for await (const chunk of chunks) {
    held.push(chunk)
    heldBytes += chunk.length
    // Joining only now and then keeps the copying linear.
    if (heldBytes > 2 * blockBytesMax) yield* drain(false)
  }
  yield* drain(true)
}

/** Where the first block of `rest` ends and how the next one starts. `rest` is all there is, or more than `blockBytesMax`. */
function cutAt(rest: Uint8Array, targetBytes: number): { at: number; next?: 'word' | 'inside' } {
  if (rest.length <= targetBytes) return { at: rest.length }
  const before = rest.lastIndexOf(lineFeed, targetBytes - 1)
  if (before >= 0) return { at: before + 1 }
  const after = rest.indexOf(lineFeed, targetBytes)
  if (after >= 0 && after < blockBytesMax) return { at: after + 1 }
  if (rest.length <= blockBytesMax) return { at: rest.length }
  for (let at = blockBytesMax; at > blockBytesTarget; at--) if (isSpace(rest[at - 1])) return { at, next: 'word' }
  let at = blockBytesMax
  while (((rest[at] ?? 0) & 0xc0) === 0x80 && at > blockBytesMax - 4) at--
  return { at, next: 'inside' }
}

/** ASCII white space: in UTF-8 these bytes are never part of another character. */
function isSpace(byte: number | undefined): boolean {
  return byte !== undefined && (byte === 32 || (byte >= 9 && byte <= 13))
}

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) lines++
  return lines
}

/** A byte order mark is no part of the text; one of UTF-16 tells what went wrong. */
function afterMark(name: string, bytes: Uint8Array): Uint8Array {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new MeshError('malformed', `"${name}" is UTF-16 text. Save it as UTF-8 and drop it again.`)
  return byteOrderMark.every((byte, at) => bytes[at] === byte) ? bytes.subarray(byteOrderMark.length) : bytes
}
