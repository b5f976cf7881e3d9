/** A job: many inputs, one map function over each shard, one reduce over the partial results. */
import type { BlockHash, JobId, PeerId } from '../base/ids.ts'
import type { Json } from '../base/json.ts'

/** What is run: a capability that peers announce, or source text that a person typed (sandbox only). */
export type JobProgram =
  | { readonly kind: 'capability'; readonly capability: string; readonly options: Json }
  | { readonly kind: 'source'; readonly map: string; readonly reduce: string }

/** A piece of one input, named by the SHA-256 of its bytes. */
export interface JobBlock {
  readonly hash: BlockHash
  readonly bytes: number
  /** Line ends in it, so that any peer knows the number of a block's first line. */
  readonly lines: number
  /** Absent where it starts a line; otherwise one line was too long for a block, and was cut before a `word` or `inside` one. */
  readonly starts?: 'word' | 'inside'
}

/** A named input, already cut into content-addressed blocks on line boundaries. */
export interface JobInput {
  readonly name: string
  readonly bytes: number
  readonly blocks: readonly JobBlock[]
}

/** Immutable once submitted; every peer of the room holds it. */
export interface JobSpec {
  /** The first 32 hex digits of the SHA-256 of the rest, so that nobody can pass off another job under this id. */
  readonly id: JobId
  readonly title: string
  readonly submittedBy: PeerId
  readonly submittedAtMs: number
  readonly program: JobProgram
  /** The corpus that the console's origin serves: its blocks need no second holder. */
  readonly corpus?: 'sample'
  readonly inputs: readonly JobInput[]
  readonly shardTimeoutMs: number
}

export type JobState =
  | 'storing' // blocks are being copied to other peers; not yet safe to close the submitter
  | 'running'
  | 'reducing'
  | 'done'
  | 'failed'
  | 'cancelled'

/** A job as the console draws it; the same in every tab. */
export interface JobView {
  readonly id: JobId
  readonly title: string
  readonly program: JobProgram
  readonly submittedBy: PeerId
  readonly coordinator: PeerId
  readonly state: JobState
  readonly inputBytes: number
  readonly shards: number
  readonly shardsDone: number
  /** Every input block has a second holder (or lies in a store that outlives the tab), so any tab may close. */
  readonly safeToClose: boolean
  /** Work per peer, counting only results that were taken. */
  readonly perPeer: readonly {
    readonly peer: PeerId
    readonly name: string
    readonly running: number
    readonly done: number
    readonly bytes: number
  }[]
  readonly submittedAtMs: number
  readonly finishedAtMs: number | undefined
  readonly retries: number
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** Present when done and small enough to show (64 KiB); the whole through `jobResult(id)`. */
  readonly result: Json | undefined
  readonly resultBytes: number | undefined
  /** SHA-256 of the canonical result, hex: equal in every tab and for any number of tabs. */
  readonly resultHash: string | undefined
}
