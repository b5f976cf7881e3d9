/** Files of lines, each a value under its checksum: the form of all logs in files, a browser's and a Node peer's. */
import { seal } from './record.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const lineEnd = 10

export function sealed(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(seal(value)))
}

export function sealedLine(value: unknown): Uint8Array {
  return encoder.encode(`${JSON.stringify(seal(value))}\n`)
}

/** What the bytes say, its seal still on; undefined where they are no JSON. */
export function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

export interface Line {
  readonly record: unknown
  /** Where the next line begins. */
  readonly end: number
  readonly isLast: boolean
}

/** Lines that have an end; what is after the last of them was never finished. */
export function* linesOf(bytes: Uint8Array): Generator<Line> {
  let at = 0
  for (let end = bytes.indexOf(lineEnd); end >= 0; ) {
    const next = bytes.indexOf(lineEnd, end + 1)
    yield { record: parsed(bytes.subarray(at, end)), end: end + 1, isLast: next < 0 }
    at = end + 1
    end = next
  }
}
