/**
 * A member's disk, as the driver of Raft uses it (docs/raft.md, "Driving the core"): one atomic, durable write at a time, and
 * a fence of epochs in each of them, so that of two hosts only the later one writes (DESIGN, section 6).
 *
 * Invariants, kept by every implementation and tested by one suite (test/suites/raft-storage.ts):
 * P1  A write lands whole or not at all, and once it was reported `durable` it is found by every later `open`.
 * P2  After an `open`, no write of an earlier epoch lands; it is answered `fenced`. Or there is no `open` while an earlier life can
 *     write: it is answered `busy`.
 * P3  What cannot be read whole is never given out: the store is `missing`, and the member is dead for good (R16).
 */
import type { MemberId } from '../raft/messages.ts'
import type { Effect, RestoredState } from '../raft/state.ts'

/** What one `persist` effect asks for. */
export type Batch = Omit<Extract<Effect, { readonly kind: 'persist' }>, 'kind' | 'token'>

export interface MemberStore {
  readonly member: MemberId
  /** The life that this store was opened for; counted up on disk by `open`. */
  readonly epoch: number
  /**
   * `fenced` where a later life owns the member. Rejects with MeshError `storage-full` (nothing was written) or `storage-lost`;
   * after either the member must not go on here.
   */
  write(batch: Batch): Promise<'durable' | 'fenced'>
  close(): void
}

export interface OpenedStore {
  readonly store: MemberStore
  readonly restored: RestoredState
  /** The member's private key. */
  readonly key: Uint8Array
}

/** What is known of a stored member without owning it. */
export interface StoredMember {
  readonly member: MemberId
  readonly generation: string
}

/** The members of one room in one place: a browser profile, a folder. */
export interface MemberStores {
  /** Without those that were set aside. */
  list(): Promise<readonly StoredMember[]>
  /** Writes the first state of a new member; the caller holds its lock. */
  create(first: RestoredState, key: Uint8Array): Promise<void>
  /** Takes the member over for a new life. The caller holds its lock. `busy` while an earlier life keeps its disk to itself. */
  open(member: MemberId): Promise<OpenedStore | 'missing' | 'busy'>
  /** Keeps it on disk, for a person to look at, but lists it no more. */
  setAside(member: MemberId): Promise<void>
  remove(member: MemberId): Promise<void>
  close(): void
}
