/** What the page holds of gossip beside `broadcast`: rumours that last, numbers of the whole mesh, and the settings of both. */
import type { Payload } from '../base/json.ts'
import type { SyncSettings } from '../crdt/sync/state.ts'
import type { Aggregate, HeardRumour, Incoming } from '../mesh/types.ts'

export interface GossipHandle {
  /** Interval, fanout, anti-entropy and threshold, of rumours and of shared state. */
  settings(): Promise<SyncSettings>
  /** Changes some of them, at this peer, at once. Resolves with all of them. Rejects with `invalid-option`. */
  configure(change: Partial<SyncSettings>): Promise<SyncSettings>
  /** Everybody in the room hears it once, and so does who comes before `ttlMs` (default 60,000) are over. Resolves with its id. */
  rumour(topic: string, payload: Payload, options?: { readonly ttlMs?: number }): Promise<string>
  /** Calls back with each rumour of this topic, those first that live already; with this peer's own too. */
  onRumour(topic: string, listener: (payload: Payload, incoming: Incoming) => void): () => void
  /** Those that live, of every topic. */
  rumours(): Promise<readonly HeardRumour[]>
  /** The same as `mesh.aggregate`. */
  aggregate(name: string, value?: number): Promise<Aggregate>
  /** This tab gives no number under this name any more. */
  withdraw(name: string): Promise<void>
}

/** What of it is one call of the engine. */
export type GossipCalls = Omit<GossipHandle, 'onRumour'> & {
  hear(topic: string, subscription: number): Promise<void>
  unhear(subscription: number): Promise<void>
}
