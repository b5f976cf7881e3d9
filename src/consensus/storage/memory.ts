/** Members' disks in this process, for peers without storage and for tests, which decide when a write lands. */
import type { MemberId } from '../raft/messages.ts'
import type { RestoredState } from '../raft/state.ts'
import { type BatchRecord, batchRecord, fold, parseBatch, parseSnapshot, type StoredRecord, seal } from './record.ts'
import type { Batch, MemberStore, MemberStores, OpenedStore, StoredMember } from './store.ts'

/** Everything as it would lie on a disk, so that what cannot be stored cannot be remembered either. */
interface MemoryDisk {
  readonly generation: string
  readonly key: Uint8Array
  epoch: number
  isAside: boolean
  snapshot: StoredRecord
  /** All entries in one record: there is nothing to gain from more. */
  log: StoredRecord
}

/** Called before each change of a disk; it may wait, or throw instead of letting it happen. */
export type BeforeWrite = (what: string) => void | Promise<void>

export class MemoryStores implements MemberStores {
  readonly #disks = new Map<MemberId, MemoryDisk>()
  readonly #before: BeforeWrite

  constructor(before: BeforeWrite = () => {}) {
    this.#before = before
  }

  async list(): Promise<readonly StoredMember[]> {
    const kept = [...this.#disks].filter(([, disk]) => !disk.isAside)
    return kept.map(([member, { generation }]) => ({ member, generation }))
  }

  async create(first: RestoredState, key: Uint8Array): Promise<void> {
    await this.#before('create')
    const { hard, snapshot, entries, generation } = first
    const log = seal({ hard, snapshot: snapshot.index, keepFrom: snapshot.index + 1, keepTo: snapshot.index, entries })
    this.#disks.set(first.member, { generation, key, epoch: 0, isAside: false, snapshot: seal(snapshot), log })
  }

  async open(member: MemberId): Promise<OpenedStore | 'missing'> {
    const disk = this.#disks.get(member)
    if (!disk) return 'missing'
    await this.#before('open')
    const restored = restoredFrom(member, disk)
    if (restored === 'missing') return restored
    disk.epoch++
    const { epoch } = disk
    const store: MemberStore = {
      member,
      epoch,
      write: batch => this.#write(disk, epoch, batch),
      close: () => {},
    }
    return { store, restored, key: disk.key }
  }

  async setAside(member: MemberId): Promise<void> {
    await this.#before('set aside')
    const disk = this.#disks.get(member)
    if (disk) disk.isAside = true
  }

  async remove(member: MemberId): Promise<void> {
    await this.#before('remove')
    this.#disks.delete(member)
  }

  close(): void {}

  async #write(disk: MemoryDisk, epoch: number, batch: Batch): Promise<'durable' | 'fenced'> {
    const { snapshot } = batch
    await this.#before('write')
    if (disk.epoch !== epoch) return 'fenced'
    const stored = parseBatch(disk.log) as BatchRecord
    const folded = fold([stored, batchRecord(batch, snapshot?.index ?? stored.snapshot)])
    if (!folded) throw new Error('the batch leaves a gap')
    const from = folded.entries[0]?.index ?? batch.keepTo + 1
    if (snapshot) disk.snapshot = seal(snapshot)
    disk.log = seal({ ...folded, keepFrom: from, keepTo: from - 1 })
    return 'durable'
  }
}

function restoredFrom(member: MemberId, disk: MemoryDisk): RestoredState | 'missing' {
  const snapshot = parseSnapshot(disk.snapshot)
  const log = parseBatch(disk.log)
  if (snapshot instanceof Error || log instanceof Error) return 'missing'
  const { generation } = disk
  return { member, generation, hard: log.hard, snapshot, entries: log.entries, applied: snapshot.index }
}
