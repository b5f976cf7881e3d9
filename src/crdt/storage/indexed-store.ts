/** Records in IndexedDB, shared by all tabs of one browser: one record for each batch of updates (DESIGN, fact 14). */
import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB } from 'idb'
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { type SharedStore, storageFull } from './store.ts'

const schemaVersion = 1
const databaseName = 'tabmesh-shared'

const recordSchema = v.object({
  schema: v.literal(schemaVersion),
  room: v.string(),
  name: v.string(),
  bytes: v.instance(Uint8Array),
})
type Row = v.InferOutput<typeof recordSchema>

interface Schema extends DBSchema {
  updates: { key: number; value: Row; indexes: { replica: [room: string, name: string] } }
}

export async function openIndexedStore(room: string, name = databaseName): Promise<SharedStore> {
  let isLost = false
  const database: IDBPDatabase<Schema> = await openDB<Schema>(name, schemaVersion, {
    upgrade(fresh) {
      const updates = fresh.createObjectStore('updates', { autoIncrement: true })
      updates.createIndex('replica', ['room', 'name'])
    },
    // A newer version of this page wants to upgrade: let it.
    blocking: () => {
      isLost = true
      database.close()
    },
    terminated: () => {
      isLost = true
    },
  }).catch(cause => {
    throw new MeshError('storage-lost', 'IndexedDB cannot be opened here', { cause })
  })

  async function writing<Value>(write: (updates: Writing) => Promise<Value>): Promise<Value> {
    if (isLost)
      throw new MeshError('storage-lost', 'IndexedDB was closed by the browser, or by a newer version of this page')
    const transaction = database.transaction('updates', 'readwrite')
    try {
      const value = await write(transaction.store)
      await transaction.done
      return value
    } catch (error) {
      transaction.done.catch(() => {}) // the same failure again
      if (error instanceof Error && error.name === 'QuotaExceededError') throw storageFull(error)
      throw new MeshError('storage-lost', 'IndexedDB refused a write', { cause: error })
    }
  }

  const rowsOf = (values: readonly unknown[]) =>
    values.flatMap(value => {
      const row = v.safeParse(recordSchema, value)
      return row.success ? [row.output.bytes] : []
    })

  return {
    async names() {
      const names: string[] = []
      const index = database.transaction('updates').store.index('replica')
      const range = IDBKeyRange.bound([room], [room, []])
      for (let cursor = await index.openKeyCursor(range, 'nextunique'); cursor; cursor = await cursor.continue())
        names.push(cursor.key[1])
      return names
    },
    load: async replica => rowsOf(await database.getAllFromIndex('updates', 'replica', [room, replica])),
    append: (replica, bytes) =>
      writing(async updates => {
        await updates.add({ schema: schemaVersion, room, name: replica, bytes: bytes.slice() })
      }),
    compact: (replica, combine) =>
      writing(async updates => {
        const keys = await updates.index('replica').getAllKeys([room, replica])
        const rows = rowsOf(await updates.index('replica').getAll([room, replica]))
        if (rows.length === 0) return 0
        await updates.add({ schema: schemaVersion, room, name: replica, bytes: combine(rows).slice() })
        for (const key of keys) await updates.delete(key)
        return rows.length
      }),
    close: () => database.close(),
  }
}

type Writing = IDBPObjectStore<Schema, ['updates'], 'updates', 'readwrite'>
