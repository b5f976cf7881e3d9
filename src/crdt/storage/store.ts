/** Where replicas are kept: records of updates, each appended whole, and made one from time to time. */
import { MeshError } from '../../base/errors.ts'

export interface SharedStore {
  /** Names of the replicas that have records. */
  names(): Promise<readonly string[]>
  /** All records of one replica, oldest first. */
  load(name: string): Promise<readonly Uint8Array[]>
  /** Rejects with `storage-full` or `storage-lost`; then nothing was written, and what was there is still there. */
  append(name: string, update: Uint8Array): Promise<void>
  /** Puts one record in place of all there are, in one transaction. Returns how many there were. */
  compact(name: string, combine: (updates: readonly Uint8Array[]) => Uint8Array): Promise<number>
  close(): void
}

const browserFull =
  'This browser has no room left to keep the shared documents. They live on in the open tabs; free some disk space before you close the last one.'

export function storageFull(cause?: unknown, message = browserFull): MeshError<'storage-full'> {
  return new MeshError('storage-full', message, { cause })
}

/** In memory: for tests, and where IndexedDB is denied. */
export function createMemoryStore({ bytesMax = Number.POSITIVE_INFINITY } = {}): SharedStore {
  const records = new Map<string, Uint8Array[]>()
  const held = () => [...records.values()].flat().reduce((sum, { length }) => sum + length, 0)
  return {
    names: async () => [...records.keys()],
    load: async name => [...(records.get(name) ?? [])],
    async append(name, update) {
      if (held() + update.length > bytesMax) throw storageFull()
      records.set(name, [...(records.get(name) ?? []), update.slice()])
    },
    async compact(name, combine) {
      const old = records.get(name) ?? []
      if (old.length > 0) records.set(name, [combine(old)])
      return old.length
    },
    close() {},
  }
}
