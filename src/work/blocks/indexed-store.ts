/**
 * Blocks in IndexedDB, shared by all tabs of one browser, so that siblings go on with a job whose tab was closed.
 * Bytes and bookkeeping lie apart: counting and releasing never load a block.
 */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb'
import { MeshError } from '../../base/errors.ts'
import type { BlockHash, JobId } from '../../base/ids.ts'
import { blockAgeMsMax, storeBytesMax } from '../limits.ts'
import { type BlockStore, storageFull } from './store.ts'

interface Schema extends DBSchema {
  bytes: { key: string; value: Uint8Array }
  about: { key: string; value: About; indexes: { jobs: string; storedAtMs: number } }
  totals: { key: 'bytes'; value: number }
}

interface About {
  readonly hash: string
  readonly bytes: number
  readonly jobs: string[]
  readonly storedAtMs: number
}

type Writing = IDBPTransaction<Schema, ('bytes' | 'about' | 'totals')[], 'readwrite'>
const allStores: ('bytes' | 'about' | 'totals')[] = ['bytes', 'about', 'totals']

export async function openIndexedStore(options: {
  readonly nowMs: () => number
  readonly name?: string
  readonly bytesMax?: number
}): Promise<BlockStore> {
  const { nowMs, name = 'tabmesh-blocks', bytesMax = storeBytesMax } = options
  let lost = false
  const database: IDBPDatabase<Schema> = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('bytes')
      fresh.createObjectStore('totals')
      const about = fresh.createObjectStore('about', { keyPath: 'hash' })
      about.createIndex('jobs', 'jobs', { multiEntry: true })
      about.createIndex('storedAtMs', 'storedAtMs')
    },
    // A newer version of this page wants to upgrade: let it.
    blocking: () => database.close(),
    terminated: () => {
      lost = true
    },
  }).catch(cause => {
    throw new MeshError('storage-lost', 'IndexedDB cannot be opened here', { cause })
  })

  async function writing<T>(work: (transaction: Writing) => Promise<T>): Promise<T> {
    if (lost) throw new MeshError('storage-lost', 'IndexedDB was closed by the browser')
    const transaction = database.transaction(allStores, 'readwrite') as Writing
    try {
      const value = await work(transaction)
      await transaction.done
      return value
    } catch (error) {
      transaction.done.catch(() => {}) // the same failure again
      if (error instanceof MeshError) throw error
      if (error instanceof Error && error.name === 'QuotaExceededError') throw storageFull(error)
      throw new MeshError('storage-lost', 'IndexedDB refused a write', { cause: error })
    }
  }

  const store: BlockStore = {
    isShared: true,
    put: (job, hash, bytes) =>
      writing(async transaction => {
        const about = transaction.objectStore('about')
        const known = await about.get(hash)
        if (known) {
          if (!known.jobs.includes(job)) await about.put({ ...known, jobs: [...known.jobs, job] })
          return
        }
        const total = (await transaction.objectStore('totals').get('bytes')) ?? 0
        if (total + bytes.length > bytesMax) throw storageFull()
        await Promise.all([
          transaction.objectStore('bytes').put(bytes, hash),
          about.put({ hash, bytes: bytes.length, jobs: [job], storedAtMs: nowMs() }),
          transaction.objectStore('totals').put(total + bytes.length, 'bytes'),
        ])
      }),
    get: hash => database.get('bytes', hash),
    async held(hashes) {
      const about = database.transaction('about').store
      const keys = await Promise.all(hashes.map(hash => about.getKey(hash)))
      return new Set(hashes.filter((_, at) => keys[at] !== undefined))
    },
    move: (from, to) =>
      writing(async transaction => {
        const about = transaction.objectStore('about')
        for (const block of await about.index('jobs').getAll(from)) {
          const others = block.jobs.filter(job => job !== from && job !== to)
          await about.put({ ...block, jobs: [...others, to] })
        }
      }),
    release: job => writing(transaction => letGo(transaction, job)),
    close: () => database.close(),
  }
  await writing(transaction => sweep(transaction, nowMs() - blockAgeMsMax))
  return store
}

async function letGo(transaction: Writing, job: JobId): Promise<void> {
  const about = transaction.objectStore('about')
  for (const block of await about.index('jobs').getAll(job)) {
    const jobs = block.jobs.filter(other => other !== job)
    if (jobs.length > 0) await about.put({ ...block, jobs })
    else await drop(transaction, block)
  }
}

/** Blocks whose tabs crashed before they could release them. */
async function sweep(transaction: Writing, beforeMs: number): Promise<void> {
  const old = await transaction.objectStore('about').index('storedAtMs').getAll(IDBKeyRange.upperBound(beforeMs))
  for (const block of old) await drop(transaction, block)
}

async function drop(transaction: Writing, block: About): Promise<void> {
  const totals = transaction.objectStore('totals')
  const total = (await totals.get('bytes')) ?? 0
  await Promise.all([
    transaction.objectStore('bytes').delete(block.hash as BlockHash),
    transaction.objectStore('about').delete(block.hash),
    totals.put(Math.max(0, total - block.bytes), 'bytes'),
  ])
}
