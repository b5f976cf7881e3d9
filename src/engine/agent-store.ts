/** Where a tab's registered agents outlive a reload: IndexedDB, by room and identity slot, so that whoever takes up the slot takes up its agents. */
import { type IDBPDatabase, openDB } from 'idb'
import type { AgentStore } from '../mesh/registry/types.ts'

const databaseName = 'tabmesh-agents'
const storeName = 'agents'
/** Rooms and slots remembered; the longest unused goes first. */
const recordsMax = 256

interface Kept {
  readonly savedAtMs: number
  readonly stored: unknown
}

export function indexedAgentStore(key: string, nowMs: () => number): AgentStore {
  return {
    load: () => withDatabase(async database => ((await database.get(storeName, key)) as Kept | undefined)?.stored),
    save: stored => withDatabase(database => save(database, key, { savedAtMs: nowMs(), stored })),
  }
}

/** For a tab without a slot of its own, and for Node. */
export function memoryAgentStore(): AgentStore {
  let kept: unknown
  return {
    load: async () => kept,
    save: async stored => {
      kept = stored
    },
  }
}

async function save(database: IDBPDatabase, key: string, kept: Kept): Promise<void> {
  const transaction = database.transaction(storeName, 'readwrite')
  await transaction.store.put(kept, key)
  const keys = await transaction.store.getAllKeys()
  if (keys.length > recordsMax) {
    const all = (await transaction.store.getAll()) as Kept[]
    const oldest = keys
      .map((other, at) => ({ other, savedAtMs: all[at]?.savedAtMs ?? 0 }))
      .sort((a, b) => a.savedAtMs - b.savedAtMs)
    for (const { other } of oldest.slice(0, keys.length - recordsMax)) await transaction.store.delete(other)
  }
  await transaction.done
}

async function withDatabase<T>(use: (database: IDBPDatabase) => Promise<T>): Promise<T> {
  const database = await openDB(databaseName, 1, {
    upgrade: fresh => void fresh.createObjectStore(storeName),
    blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
  })
  try {
    return await use(database)
  } finally {
    database.close()
  }
}
