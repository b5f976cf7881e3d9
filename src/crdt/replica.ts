/**
 * One piece of shared state at one peer: a document, or the memory store. Replicas of one name that hold the same have the same digest;
 * `missing(vector)` is what the replica with that vector lacks. Merging is commutative, associative and idempotent.
 */
import type { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'

/** Where a change came from: this tab, what was stored, or a peer (`isWhole`: its answer to a question, not a broadcast). */
export type Origin =
  | { readonly kind: 'local' }
  | { readonly kind: 'stored' }
  | { readonly kind: 'peer'; readonly peer: PeerId; readonly isWhole: boolean }

export type UpdateListener = (update: Uint8Array, origin: Origin) => void

export interface Replica {
  readonly name: string
  /** 16 hex digits; the same exactly where the same is held, but for a chance of 2^-64. */
  digest(): string
  /** What is here, short: sent to others, who answer with what is missing. */
  vector(): Uint8Array
  /** Undefined where nothing is missing. Throws `malformed` for a vector that makes no sense. */
  missing(vector: Uint8Array): Uint8Array | undefined
  /** Takes in an update. Never throws: one that makes no sense, or would break a limit, changes nothing and is returned as the reason. */
  merge(update: Uint8Array, origin: Origin): MeshError | undefined
  /** Several updates of this replica's kind as one. */
  combine(updates: readonly Uint8Array[]): Uint8Array
  /** Called with every change, as an update that others can merge. */
  onUpdate(listener: UpdateListener): () => void
  /** Of the whole state as one update; may lag behind by a few changes. */
  readonly bytes: number
  close(): void
}
