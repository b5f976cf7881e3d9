/** What the page asks of shared state, at the engine's end. */
import type { Json } from '../base/json.ts'
import type { DocReplica } from '../crdt/doc-replica.ts'
import type { EntryOptions, ListOptions, MemoryStore, RetrieveOptions, StoreOptions } from '../crdt/memory/store.ts'
import type { Shared } from '../crdt/shared.ts'
import type { MemoryChange } from './shared-handle.ts'

/** Part of `EngineApi`; `memory` calls a method of the store by name. */
export interface SharedApi {
  /** All of the document; from now on its changes are pushed. */
  openDocument(name: string): Promise<Uint8Array>
  changeDocument(name: string, update: Uint8Array): Promise<void>
  openPresence(): Promise<readonly Uint8Array[]>
  showPresence(update: Uint8Array): Promise<void>
  watchMemory(): Promise<void>
  memoryStore(key: string, value: Json, options: StoreOptions | undefined): Promise<void>
  memoryRetrieve(key: string, options: RetrieveOptions | undefined): Promise<Json | undefined>
  memoryEntry(key: string, namespace: string | undefined): Promise<ReturnType<MemoryStore['entry']>>
  memoryList(options: ListOptions | undefined): Promise<ReturnType<MemoryStore['list']>>
  memorySearch(query: string, options: ListOptions | undefined): Promise<ReturnType<MemoryStore['search']>>
  memoryDelete(key: string, options: RetrieveOptions | undefined): Promise<boolean>
  memoryIncrement(key: string, by: number | undefined, options: EntryOptions | undefined): Promise<number>
  memoryAdd(key: string, element: Json, options: EntryOptions | undefined): Promise<void>
  memoryRemove(key: string, element: Json, options: { readonly namespace?: string } | undefined): Promise<boolean>
}

export type SharedPush =
  | { readonly kind: 'document'; readonly name: string; readonly update: Uint8Array }
  | { readonly kind: 'presence'; readonly update: Uint8Array }
  | { readonly kind: 'presence-gone'; readonly clients: readonly number[] }
  | ({ readonly kind: 'memory' } & MemoryChange)

export function sharedApi(shared: Promise<Shared>, push: (message: SharedPush) => void): SharedApi {
  const watched = new Set<string>()
  let isMemoryWatched = false
  const memory = async () => (await shared).memory

  function watch(name: string, replica: DocReplica): void {
    if (watched.has(name)) return
    watched.add(name)
    replica.onUpdate((update, origin) => {
      if (origin.kind !== 'local') push({ kind: 'document', name, update })
    })
  }

  return {
    async openDocument(name) {
      const replica = await (await shared).document(name)
      watch(name, replica)
      return replica.whole()
    },
    async changeDocument(name, update) {
      const problem = (await (await shared).document(name)).merge(update, { kind: 'local' })
      if (problem) throw problem
    },
    openPresence: async () => [...(await shared).presence.all()],
    showPresence: async update => (await shared).presence.show(update),
    async watchMemory() {
      if (isMemoryWatched) return
      isMemoryWatched = true
      ;(await memory()).watch((namespace, key, entry) => push({ kind: 'memory', namespace, key, entry }))
    },
    memoryStore: async (key, value, options) => (await memory()).store(key, value, options),
    memoryRetrieve: async (key, options) => (await memory()).retrieve(key, options),
    memoryEntry: async (key, namespace) => (await memory()).entry(key, namespace),
    memoryList: async options => (await memory()).list(options),
    memorySearch: async (query, options) => (await memory()).search(query, options),
    memoryDelete: async (key, options) => (await memory()).delete(key, options),
    memoryIncrement: async (key, by, options) => (await memory()).increment(key, by, options),
    memoryAdd: async (key, element, options) => (await memory()).add(key, element, options),
    memoryRemove: async (key, element, options) => (await memory()).remove(key, element, options),
  }
}
