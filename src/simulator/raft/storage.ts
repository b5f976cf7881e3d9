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
  readonly raft: RestoredState | undefined
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
      const raft = isFresh.yes ? first : undefined
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
  const kept = keep(raft.entries, write)
  const snapshot = write.snapshot ?? raft.snapshot
  for (const entry of write.entries) kept.push(entry)
  return { epoch: stored.epoch, raft: { ...raft, hard: write.hard, snapshot, entries: kept, applied: snapshot.index } }
}

/** Entries on a disk have no gap, so those to keep are found by their place. */
function keep(entries: readonly Entry[], { keepFrom, keepTo }: Pick<Persist, 'keepFrom' | 'keepTo'>): Entry[] {
  const firstIndex = entries[0]?.index ?? 0
  const from = Math.max(0, keepFrom - firstIndex)
  return entries.slice(from, Math.max(from, keepTo + 1 - firstIndex))
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
