/** Where blocks are kept. A block belongs to the jobs that need it, and goes when the last of them lets go. */
import { MeshError } from '../../base/errors.ts'
import type { BlockHash, JobId } from '../../base/ids.ts'
import { memoryStoreBytesMax } from '../limits.ts'

export interface BlockStore {
  /** Outlives this tab and is shared by all tabs of the browser. */
  readonly isShared: boolean
  /** Keeps the block for `job`. Rejects with `storage-full`. The caller has checked the hash. */
  put(job: JobId, hash: BlockHash, bytes: Uint8Array): Promise<void>
  get(hash: BlockHash): Promise<Uint8Array | undefined>
  /** Those of `hashes` that are here. */
  held(hashes: readonly BlockHash[]): Promise<ReadonlySet<BlockHash>>
  /** What was kept for `from` is kept for `to`: a job has its id only after its last block is cut. */
  move(from: JobId, to: JobId): Promise<void>
  /** Lets go of all blocks of `job`. */
  release(job: JobId): Promise<void>
  close(): void
}

export function storageFull(cause?: unknown): MeshError<'storage-full'> {
  const message =
    'This browser has no room left for the job’s files. Free some disk space or clear finished jobs, then try again.'
  return new MeshError('storage-full', message, { cause })
}

/** Blocks in memory: for Node, for tests, and where IndexedDB is denied. */
export function createMemoryStore({ bytesMax = memoryStoreBytesMax } = {}): BlockStore {
  const blocks = new Map<BlockHash, { readonly bytes: Uint8Array; readonly jobs: Set<JobId> }>()
  let heldBytes = 0
  return {
    isShared: false,
    async put(job, hash, bytes) {
      const known = blocks.get(hash)
      if (known) {
        known.jobs.add(job)
        return
      }
      if (heldBytes + bytes.length > bytesMax) throw storageFull()
      blocks.set(hash, { bytes, jobs: new Set([job]) })
      heldBytes += bytes.length
    },
    async get(hash) {
      return blocks.get(hash)?.bytes
    },
    async held(hashes) {
      return new Set(hashes.filter(hash => blocks.has(hash)))
    },
    async move(from, to) {
      for (const { jobs } of blocks.values()) if (jobs.delete(from)) jobs.add(to)
    },
    async release(job) {
      for (const [hash, block] of blocks) {
        if (!block.jobs.delete(job) || block.jobs.size > 0) continue
        blocks.delete(hash)
        heldBytes -= block.bytes.length
      }
    },
    close() {
      blocks.clear()
      heldBytes = 0
    },
  }
}
