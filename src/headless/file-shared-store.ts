/**
 * Shared state as files: one for each replica, named after the digest of its name, since a document's name may be anything. Each line is
 * a record: checksum, the replica's name, and the update.
 *
 * 1. A record counts once it is synced. One that is torn by a crash, or by a disk without room, is cut off before the next is written.
 * 2. Compaction writes the whole anew beside the file and renames it: there is the former file or the new one, never half of it.
 * 3. A line that has rotted is skipped, and the others are read: what it said is asked of the peers.
 * 4. One process at a time: the folder's lock is claimed when it is opened.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { Lease, Locks } from '../consensus/decisions/platform.ts'
import { linesOf, sealedLine } from '../consensus/storage/lines.ts'
import { unseal } from '../consensus/storage/record.ts'
import { type SharedStore, storageFull } from '../crdt/storage/store.ts'
import type { Appending, Files } from './files.ts'
import { guarded as namedGuard } from './guarded.ts'
import { sharedFolderBytesMax, sharedSchemaVersion } from './limits.ts'

const recordSchema = v.strictObject({ schema: v.literal(sharedSchemaVersion), name: v.string(), update: v.string() })
const suffix = '.updates'

const guarded = <T>(work: () => Promise<T>) => namedGuard('shared state', work)

export interface FileSharedStoreOptions {
  readonly files: Files
  /** Of one room. */
  readonly folder: string
  readonly locks: Locks
  /** Of all its files together. */
  readonly bytesMax?: number
}

/** Rejects with `storage-lost` where another process has the folder. */
export async function openFileSharedStore(options: FileSharedStoreOptions): Promise<SharedStore> {
  const { files, folder, locks } = options
  return guarded(async () => {
    await files.makeFolder(folder)
    const lease = await locks.claim(`tabmesh:shared:${folder}`)
    if (!lease) throw new MeshError('storage-lost', 'another process keeps shared state in this folder')
    const replicas = new Map<string, ReplicaFile>()
    for (const file of await files.list(folder)) {
      if (!file.endsWith(suffix)) continue // a compaction that did not come to its end
      const read = await ReplicaFile.read(files, join(folder, file))
      if (read) replicas.set(read.name, read)
    }
    return new FileSharedStore(options, lease, replicas)
  })
}

class FileSharedStore implements SharedStore {
  readonly #options: FileSharedStoreOptions
  readonly #lease: Lease
  readonly #replicas: Map<string, ReplicaFile>
  #isClosed = false

  constructor(options: FileSharedStoreOptions, lease: Lease, replicas: Map<string, ReplicaFile>) {
    this.#options = options
    this.#lease = lease
    this.#replicas = replicas
    lease.onLost(() => this.close())
  }

  async names(): Promise<readonly string[]> {
    return [...this.#replicas.keys()]
  }

  async load(name: string): Promise<readonly Uint8Array[]> {
    return (await this.#replicas.get(name)?.load()) ?? []
  }

  async append(name: string, update: Uint8Array): Promise<void> {
    this.#checkOpen()
    const { files, folder, bytesMax = sharedFolderBytesMax } = this.#options
    let replica = this.#replicas.get(name)
    if (!replica) {
      const file = `${createHash('sha256').update(name).digest('hex')}${suffix}`
      replica = new ReplicaFile(files, join(folder, file), name)
      this.#replicas.set(name, replica)
    }
    const line = lineOf(name, update)
    if (this.#bytes + line.length > bytesMax)
      throw storageFull(undefined, `Shared state on this disk is limited to ${bytesMax} bytes, and holds as much`)
    await replica.append(line)
  }

  async compact(name: string, combine: (updates: readonly Uint8Array[]) => Uint8Array): Promise<number> {
    this.#checkOpen()
    return (await this.#replicas.get(name)?.compact(combine)) ?? 0
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // The next process must not come while one of ours still writes.
    void Promise.all([...this.#replicas.values()].map(replica => replica.close())).then(() => this.#lease.release())
  }

  get #bytes(): number {
    let bytes = 0
    for (const { length } of this.#replicas.values()) bytes += length
    return bytes
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new MeshError('storage-lost', 'the folder of shared state is closed')
  }
}

/** One replica's file. What is asked of it is done one thing after the other. */
class ReplicaFile {
  readonly name: string
  /** Of what counts, bytes. */
  length = 0
  readonly #files: Files
  readonly #path: string
  #log: Appending | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(files: Files, path: string, name: string) {
    this.#files = files
    this.#path = path
    this.name = name
  }

  /** Undefined where nothing in the file can be read. */
  static async read(files: Files, path: string): Promise<ReplicaFile | undefined> {
    let file: ReplicaFile | undefined
    for (const { record, end } of linesOf((await files.read(path)) ?? new Uint8Array(0))) {
      const found = recordIn(record)
      if (!found) continue
      file ??= new ReplicaFile(files, path, found.name)
      file.length = end
    }
    return file
  }

  load(): Promise<readonly Uint8Array[]> {
    return this.#next(() => this.#records())
  }

  append(line: Uint8Array): Promise<void> {
    return this.#next(async () => {
      if (this.length === 0) return this.#replace(line) // its name in the folder must be durable, too
      this.#log ??= await this.#files.openToAppend(this.#path, this.length)
      try {
        await this.#log.append(line)
        await this.#log.sync()
        this.length += line.length
      } catch (error) {
        // Whatever of it is there is cut off when it is opened again.
        await this.#closeLog()
        throw error
      }
    })
  }

  compact(combine: (updates: readonly Uint8Array[]) => Uint8Array): Promise<number> {
    return this.#next(async () => {
      const records = await this.#records()
      if (records.length > 0) await this.#replace(lineOf(this.name, combine(records)))
      return records.length
    })
  }

  close(): Promise<void> {
    return this.#next(() => this.#closeLog()).catch(() => {}) // what counts was synced before
  }

  async #records(): Promise<readonly Uint8Array[]> {
    if (this.length === 0) return []
    const bytes = (await this.#files.read(this.#path))?.subarray(0, this.length) ?? new Uint8Array(0)
    return [...linesOf(bytes)].flatMap(({ record }) => {
      const found = recordIn(record)
      return found ? [new Uint8Array(Buffer.from(found.update, 'base64url'))] : []
    })
  }

  /** This line in the place of all there was. */
  async #replace(line: Uint8Array): Promise<void> {
    await this.#files.replace(this.#path, line)
    await this.#closeLog()
    this.length = line.length
  }

  async #closeLog(): Promise<void> {
    const log = this.#log
    this.#log = undefined
    await log?.close()
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => guarded(work))
    this.#queue = done.catch(() => {})
    return done
  }
}

function lineOf(name: string, update: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = update
  const text = Buffer.from(buffer, byteOffset, length).toString('base64url')
  return sealedLine({ schema: sharedSchemaVersion, name, update: text })
}

function recordIn(line: unknown) {
  const found = v.safeParse(recordSchema, unseal(line))
  return found.success ? found.output : undefined
}
