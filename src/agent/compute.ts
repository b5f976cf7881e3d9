/** Bytes in, bytes out: what a compute worker does with a capability, and what the in-thread runner does without one. */
import { MeshError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { canonicalJson } from '../work/canonical.ts'
import { partialBytesMax, resultBytesMax } from '../work/limits.ts'
import type { MapPiece } from '../work/runner.ts'
import { prepare } from './registry.ts'
import { decodePiece } from './text/piece.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function mapShard(capability: string, options: Json, pieces: readonly MapPiece[]): Uint8Array<ArrayBuffer> {
  const partial = prepare(capability, options).map(pieces.map(decodePiece))
  return bounded(encoder.encode(JSON.stringify(partial)), partialBytesMax, 'the partial result of one shard')
}

/** Merges partial results as they come, each shard once. */
export class Merge {
  readonly #merging
  readonly #inputNames: readonly string[]
  readonly #taken = new Set<number>()

  constructor(capability: string, options: Json, inputNames: readonly string[]) {
    this.#merging = prepare(capability, options).merging()
    this.#inputNames = inputNames
  }

  add(shard: number, partial: Uint8Array): void {
    if (this.#taken.has(shard)) return
    let parsed: unknown
    try {
      parsed = JSON.parse(decoder.decode(partial))
    } catch (cause) {
      throw new MeshError('malformed', 'a partial result is not JSON', { cause })
    }
    this.#merging.add(parsed)
    this.#taken.add(shard)
  }

  finish(): Uint8Array<ArrayBuffer> {
    const result = encoder.encode(canonicalJson(this.#merging.finish(this.#inputNames)))
    return bounded(result, resultBytesMax, 'the result')
  }
}

function bounded<Bytes extends Uint8Array>(bytes: Bytes, bytesMax: number, what: string): Bytes {
  if (bytes.length > bytesMax)
    throw new MeshError('too-large', `${what} has ${bytes.length} bytes; the limit is ${bytesMax}`)
  return bytes
}
