/**
 * A built-in capability: pure functions over texts. `merge` must not depend on the order in which partial results arrive, nor on
 * how the text was cut; tests hold each capability to that.
 */
import type { Json } from '../base/json.ts'
import type { TextPiece } from './text/piece.ts'

export interface Capability {
  readonly name: string
  /** Throws MeshError `malformed` for options that it does not know. */
  prepare(options: Json): Prepared
}

export interface Prepared {
  /** The partial result of one shard. */
  map(pieces: readonly TextPiece[]): Json
  merging(): Merging
}

export interface Merging {
  /** Throws MeshError `malformed` for what no map of this capability returns. */
  add(partial: unknown): void
  finish(inputNames: readonly string[]): Json
}
