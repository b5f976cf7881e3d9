/** A member's database: what is on it, what a write does to it, and the fence of epochs in the same transaction. */
import type { Entry, MemberId } from '../../consensus/raft/messages.ts'
import type { Effect, RestoredState } from '../../consensus/raft/state.ts'
import { Disk } from '../world/disk.ts'
import type { World } from '../world/world.ts'

export type Persist = Extract<Effect, { readonly kind: 'persist' }>

export interface Stored {
  /** The life that owns the database; lower ones can no longer write. */
  readonly epoch: number
  /** Undefined on a disk that was wiped. */
  readonly raft: StoredRaft | undefined
}

/** The entries are the disk's own, and change in place: what is written and what is read are copies. */
interface StoredRaft extends RestoredState {
  readonly entries: Entry[]
}

export type StorageWrite =
  /** A host takes the member over: nothing of an earlier life is written after it. */
  { readonly kind: 'claim'; readonly epoch: number } | ({ readonly epoch: number } & Omit<Persist, 'token'>)

export type MemberDisk = Disk<Stored, StorageWrite>

/** A member's disk, and what was on it when it was lost: an acknowledgement from before may still arrive and count. */
export interface DiskRecord {
  readonly disk: MemberDisk
  lost: Stored | undefined
}

/** A transactional store (IndexedDB): a write lands whole or not at all. */
export function memberDisk(world: World<never>, name: string, first: RestoredState): MemberDisk {
  const isFresh = { yes: true }
  return new Disk<Stored, StorageWrite>(world, name, {
    initial: () => {
      const raft = isFresh.yes ? { ...first, entries: [...first.entries] } : undefined
      isFresh.yes = false
      return { epoch: 0, raft }
    },
    fold: land,
  })
}

function land(stored: Stored, write: StorageWrite): Stored | undefined {
  if (write.kind === 'claim') return write.epoch > stored.epoch ? { ...stored, epoch: write.epoch } : undefined
  const { raft } = stored
  if (write.epoch !== stored.epoch || !raft) return undefined
  const { member, generation, entries } = raft
  const snapshot = write.snapshot ?? raft.snapshot
  keep(entries, write)
  for (const entry of write.entries) entries.push(entry)
  const written = { member, generation, hard: write.hard, snapshot, entries, applied: snapshot.index }
  return { epoch: stored.epoch, raft: written }
}

/** Drops the other entries. They have no gap on a disk, so those to keep are found by their place. */
function keep(entries: Entry[], { keepFrom, keepTo }: Pick<Persist, 'keepFrom' | 'keepTo'>): void {
  const firstIndex = entries[0]?.index ?? 0
  const from = Math.max(0, keepFrom - firstIndex)
  const to = Math.max(from, keepTo + 1 - firstIndex)
  if (to < entries.length) entries.length = to
  if (from > 0) entries.splice(0, from)
}

/** Term of the durable entry at `index`; 'compacted' below the log; undefined if there is none. */
export function durableTermAt({ raft }: Stored, index: number): number | 'compacted' | undefined {
  if (!raft) return undefined
  const first = raft.entries[0]
  const entry = first && raft.entries[index - first.index]
  if (entry) return entry.term
  if (index === raft.snapshot.index) return raft.snapshot.term
  return index < raft.snapshot.index ? 'compacted' : undefined
}

export function hadDurably({ disk, lost }: DiskRecord, member: MemberId, index: number, term: number): boolean {
  return hasDurably(lost ?? disk.state, member, index, term)
}

export function hasDurably(stored: Stored, member: MemberId, index: number, term: number): boolean {
  if (stored.raft?.member !== member) return false
  const found = durableTermAt(stored, index)
  return found === 'compacted' || found === term
}
