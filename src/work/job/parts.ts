/** What is larger than one message of the mesh travels in parts of `partBytes`; a shorter part, maybe an empty one, is the last. */
import { concatBytes } from '../../base/bytes.ts'
import { MeshError } from '../../base/errors.ts'
import type { Payload } from '../../base/json.ts'
import { partBytes } from '../limits.ts'

export function partFrom(bytes: Uint8Array, from: number): Uint8Array {
  return bytes.slice(from, from + partBytes)
}

/** Asks for part after part. `first` is the first one, where it is already here. */
export async function readParts(
  ask: (from: number) => Promise<Payload>,
  bytesMax: number,
  first?: Uint8Array,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for (let part: Payload = first ?? (await ask(0)); ; part = await ask(length)) {
    if (!(part instanceof Uint8Array)) throw new MeshError('input-lost', 'the peer no longer has it')
    parts.push(part)
    length += part.length
    if (length > bytesMax) throw new MeshError('too-large', `more than ${bytesMax} bytes`)
    if (part.length !== partBytes) break
  }
  return concatBytes(parts)
}
