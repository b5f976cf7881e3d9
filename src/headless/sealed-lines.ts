/** Files of lines, each a value under its checksum: the form of all logs on a Node peer's disk, and what their troubles are called. */
import { MeshError } from '../base/errors.ts'
import { seal } from '../consensus/storage/record.ts'

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

/** Runs `work`; what a file system refuses it is `storage-full` or `storage-lost`, said of `what`. */
export async function guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof MeshError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    const isFull = code === 'ENOSPC' || code === 'EDQUOT'
    if (isFull) throw new MeshError('storage-full', `This disk has no room left for ${what}`, { cause })
    throw new MeshError('storage-lost', `The folder of ${what} cannot be used`, { cause })
  }
}
