/**
 * Members' disks as files: one folder for each. `about` is replaced when a host takes the member over, `snapshot-N` when there is a
 * new one, and `log` grows by one line for each batch: checksum, length and JSON, synced before it counts. A last line that is torn
 * was never acknowledged and is cut off; anything else that cannot be read makes the member `missing`.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { fromBase64Url, toBase64Url } from '../base/bytes.ts'
import { MeshError } from '../base/errors.ts'
import type { MemberId } from '../consensus/raft/messages.ts'
import type { RestoredState } from '../consensus/raft/state.ts'
import { logFileSlackBytes } from '../consensus/storage/limits.ts'
import { linesOf, parsed, sealed, sealedLine } from '../consensus/storage/lines.ts'
import { type BatchRecord, batchRecord, fold, parseBatch, parseSnapshot, unseal } from '../consensus/storage/record.ts'
import type { Batch, MemberStore, MemberStores, OpenedStore, StoredMember } from '../consensus/storage/store.ts'
import type { Appending, Files } from './files.ts'
import { guarded as namedGuard } from './guarded.ts'

const aboutSchema = v.strictObject({
  member: v.string(),
  generation: v.string(),
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  key: v.string(),
  isAside: v.boolean(),
})
type About = v.InferOutput<typeof aboutSchema>

const guarded = <T>(work: () => Promise<T>) => namedGuard('decisions', work)

export class FileStores implements MemberStores {
  readonly #files: Files
  readonly #folder: string

  constructor(files: Files, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  async list(): Promise<readonly StoredMember[]> {
    const members: StoredMember[] = []
    for (const name of await guarded(() => this.#files.list(this.#folder))) {
      const about = await this.#about(name as MemberId)
      if (about && !about.isAside) members.push({ member: about.member as MemberId, generation: about.generation })
    }
    return members
  }

  create(first: RestoredState, key: Uint8Array): Promise<void> {
    return guarded(async () => {
      const { member, generation, hard, snapshot, entries } = first
      const folder = this.#folderOf(member)
      await this.#files.makeFolder(folder)
      const batch = { hard, snapshot: snapshot.index, keepFrom: snapshot.index + 1, keepTo: snapshot.index, entries }
      await this.#files.replace(join(folder, `snapshot-${snapshot.index}`), sealed(snapshot))
      await this.#files.replace(join(folder, 'log'), sealedLine(batch))
      // Last: what has no `about` was never made.
      await this.#write({ member, generation, epoch: 0, key: toBase64Url(key), isAside: false })
    })
  }

  async open(member: MemberId): Promise<OpenedStore | 'missing'> {
    const about = await this.#about(member)
    const found = about && (await guarded(() => readDisk(this.#files, this.#folderOf(member))))
    const key = about && fromBase64Url(about.key)
    if (!found || !key) {
      await this.remove(member)
      return 'missing'
    }
    return guarded(async () => {
      const epoch = about.epoch + 1
      await this.#write({ ...about, epoch })
      const { hard, entries } = found.folded
      const { snapshot } = found
      const { generation } = about
      const restored: RestoredState = { member, generation, hard, snapshot, entries, applied: snapshot.index }
      const folder = this.#folderOf(member)
      const log = await this.#files.openToAppend(join(folder, 'log'), found.length)
      const isOwner = async () => (await this.#about(member))?.epoch === epoch
      const store = new FileStore(this.#files, folder, { member, epoch, log, isOwner, ...found })
      return { store, restored, key }
    })
  }

  async setAside(member: MemberId): Promise<void> {
    const about = await this.#about(member)
    if (about) await guarded(() => this.#write({ ...about, isAside: true }))
  }

  async remove(member: MemberId): Promise<void> {
    await guarded(() => this.#files.remove(this.#folderOf(member)))
  }

  close(): void {}

  async #about(member: MemberId): Promise<About | undefined> {
    const bytes = await guarded(() => this.#files.read(join(this.#folderOf(member), 'about')))
    const parsed = v.safeParse(aboutSchema, bytes && unsealed(bytes))
    return parsed.success && parsed.output.member === member ? parsed.output : undefined
  }

  #write(about: About): Promise<void> {
    return this.#files.replace(join(this.#folderOf(about.member as MemberId), 'about'), sealed(about))
  }

  #folderOf(member: MemberId): string {
    return join(this.#folder, encodeURIComponent(member))
  }
}

interface FileStoreParts {
  readonly member: MemberId
  readonly epoch: number
  readonly log: Appending
  readonly isOwner: () => Promise<boolean>
  readonly length: number
  readonly folded: Pick<BatchRecord, 'hard' | 'snapshot' | 'entries'>
}

class FileStore implements MemberStore {
  readonly member: MemberId
  readonly epoch: number
  readonly #files: Files
  readonly #folder: string
  readonly #isOwner: () => Promise<boolean>
  #log: Appending
  #length: number
  #liveLength: number
  /** What the log says together, to write it anew. */
  #folded: FileStoreParts['folded']

  constructor(files: Files, folder: string, { member, epoch, log, isOwner, length, folded }: FileStoreParts) {
    this.#files = files
    this.#folder = folder
    this.member = member
    this.epoch = epoch
    this.#log = log
    this.#isOwner = isOwner
    this.#length = length
    this.#liveLength = length
    this.#folded = folded
  }

  write(batch: Batch): Promise<'durable' | 'fenced'> {
    return guarded(async () => {
      // A file system has no transaction to check it in; the lock is the first fence, this the second.
      if (!(await this.#isOwner())) return 'fenced'
      const { snapshot } = batch
      const former = this.#folded.snapshot
      if (snapshot) await this.#files.replace(this.#snapshotPath(snapshot.index), sealed(snapshot))
      const record = batchRecord(batch, snapshot?.index ?? former)
      const bytes = sealedLine(record)
      await this.#log.append(bytes)
      await this.#log.sync()
      const from = this.#folded.entries[0]?.index ?? record.keepTo + 1
      const folded = fold([{ ...this.#folded, keepFrom: from, keepTo: from - 1 }, record])
      if (!folded) throw new MeshError('storage-lost', 'a batch left a gap')
      this.#folded = folded
      this.#length += bytes.length
      if (snapshot && snapshot.index !== former) await this.#files.remove(this.#snapshotPath(former))
      if (this.#length - this.#liveLength > logFileSlackBytes || snapshot) await this.#compact()
      return 'durable'
    })
  }

  close(): void {
    void this.#log.close().catch(() => {})
  }

  /** The whole log as one line, in the place of the former file. */
  async #compact(): Promise<void> {
    const from = this.#folded.entries[0]?.index ?? this.#folded.snapshot + 1
    const bytes = sealedLine({ ...this.#folded, keepFrom: from, keepTo: from - 1 })
    await this.#files.replace(join(this.#folder, 'log'), bytes)
    const former = this.#log
    this.#log = await this.#files.openToAppend(join(this.#folder, 'log'), bytes.length)
    this.#length = bytes.length
    this.#liveLength = bytes.length
    await former.close()
  }

  #snapshotPath(index: number): string {
    return join(this.#folder, `snapshot-${index}`)
  }
}

/** Undefined where anything but a torn last line cannot be read. */
async function readDisk(files: Files, folder: string) {
  const bytes = await files.read(join(folder, 'log'))
  if (!bytes) return undefined
  const records: BatchRecord[] = []
  let length = 0
  for (const { record: line, end, isLast } of linesOf(bytes)) {
    const record = parseBatch(line)
    if (record instanceof MeshError) {
      if (isLast) break // torn: it was never reported
      return undefined
    }
    records.push(record)
    length = end
  }
  const folded = fold(records)
  const snapshotBytes = folded && (await files.read(join(folder, `snapshot-${folded.snapshot}`)))
  const snapshot = snapshotBytes && parseSnapshot(parsed(snapshotBytes))
  if (!folded || !snapshot || snapshot instanceof MeshError) return undefined
  return { folded, snapshot, length }
}

function unsealed(bytes: Uint8Array): unknown {
  return unseal(parsed(bytes))
}
