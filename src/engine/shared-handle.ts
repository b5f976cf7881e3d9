/** What the page holds of shared state: `mesh.shared` and `mesh.memory`. */
import type { Json } from '../base/json.ts'
import type { EntryOptions, ListOptions, RetrieveOptions, StoreOptions } from '../crdt/memory/store.ts'
import type { Entry } from '../crdt/memory/versions.ts'
import type { Doc } from '../crdt/page/document.ts'
import type { Awareness } from '../crdt/page/presence.ts'
import type { SyncSettings } from '../crdt/sync/state.ts'

export type { ReplicaView, SharedView } from '../crdt/shared.ts'
export type { Awareness, Doc, Entry, EntryOptions, ListOptions, RetrieveOptions, StoreOptions, SyncSettings }

export interface SharedHandle {
  /** The document of that name, on this page: always the same one. Changes travel both ways by themselves, and are kept. */
  doc(name: string): Promise<Doc>
  /** Who is where: give it to an editor binding, and set your own state on it. */
  presence(): Promise<Awareness>
  /** Changes the settings of gossip; at once, at this peer. Rejects with `invalid-option`. */
  configure(change: Partial<SyncSettings>): Promise<void>
}

/**
 * Keys in namespaces (`default` where none is given), the same for everybody in the room. With `consistency: 'strong'` a call goes through
 * the room's decisions: linearizable with all other strong calls for the key, and `no-quorum` where too few peers can be reached.
 */
export interface MemoryHandle {
  store(key: string, value: Json, options?: StoreOptions): Promise<void>
  retrieve(key: string, options?: RetrieveOptions): Promise<Json | undefined>
  /** The value with who wrote it, when, and what lost against it. */
  entry(key: string, namespace?: string): Promise<Entry | undefined>
  list(options?: ListOptions): Promise<readonly Entry[]>
  search(query: string, options?: Omit<ListOptions, 'prefix'>): Promise<readonly Entry[]>
  delete(key: string, options?: RetrieveOptions): Promise<boolean>
  /** A counter to which everybody's additions count. Resolves with the sum known here. */
  increment(key: string, by?: number, options?: EntryOptions): Promise<number>
  /** A set: an element that one adds while another removes it stays. */
  add(key: string, element: Json, options?: EntryOptions): Promise<void>
  remove(key: string, element: Json, options?: { readonly namespace?: string }): Promise<boolean>
  /** Calls back with every change, wherever it was made. */
  watch(listener: (change: MemoryChange) => void): () => void
}

export interface MemoryChange {
  readonly namespace: string
  readonly key: string
  /** Undefined where nothing is left. */
  readonly entry: Entry | undefined
}
