/** What one peer remembers of its replicas and of the others', to know who lacks what. Pure data. */
import type { PeerId } from '../../base/ids.ts'

/** Live settings of gossip (capabilities D2 to D7, D12). */
export interface SyncSettings {
  /** Digests of changed replicas are told at most this often, ms. */
  readonly interval: number
  /** Random peers that each round of anti-entropy compares with. */
  readonly fanout: number
  /** Whether those rounds happen at all; without them a lost update is noticed at the next change only. */
  readonly antiEntropy: boolean
  readonly antiEntropyInterval: number
  /** Fraction of the peers that must hold the same for a replica to count as converged. */
  readonly convergenceThreshold: number
}

/** Name of a replica -> digest. */
export type Digests = ReadonlyMap<string, string>

/** A question under way. */
export interface Pull {
  /** The one of theirs that made us ask. */
  readonly digest: string
  /** When it was asked, or the last part of its answer came. */
  heardAtMs: number
  /** Nothing was heard for longer than a question may bar others. */
  isSlow: boolean
}

export interface OwnReplica {
  /** Undefined until first measured. */
  digest: string | undefined
  /** Last change; -Infinity where there was none since it was opened. */
  changedAtMs: number
  /** The first change that the digest does not cover; undefined while it covers all. */
  dirtySinceMs: number | undefined
  /** The digest that the others were told. */
  told: string | undefined
  /** Who is being asked. */
  readonly pulls: Map<PeerId, Pull>
  /** Digests of states that this replica contains: its own, past and present, and those that were merged. The oldest are forgotten. */
  readonly contained: Set<string>
  /** Peers that failed to answer, and when they may be asked again. */
  readonly resting: Map<PeerId, number>
}

export interface SyncState {
  settings: SyncSettings
  readonly replicas: Map<string, OwnReplica>
  /** What each of the others told last; empty until it told anything. */
  readonly peers: Map<PeerId, Digests>
  toldAtMs: number
  roundAtMs: number
  /** When a silent peer was last heard again, and hurried the rounds. */
  reunitedAtMs: number
  /** Those met again since then that were compared with for it. */
  reunions: number
  /** Rounds of anti-entropy that come at the quick pace of those who meet again. */
  quickRounds: number
}

export function initialSync(settings: SyncSettings, nowMs: number): SyncState {
  return {
    settings,
    replicas: new Map(),
    peers: new Map(),
    toldAtMs: Number.NEGATIVE_INFINITY,
    roundAtMs: nowMs,
    reunitedAtMs: Number.NEGATIVE_INFINITY,
    reunions: 0,
    quickRounds: 0,
  }
}

export interface Convergence {
  /** Peers that are known to hold the same as this one. */
  readonly inSync: number
  /** The others in the room. */
  readonly peers: number
  /** Enough of them are, by the threshold, and this one's own state is measured. */
  readonly isConverged: boolean
}

export function convergenceOf(state: SyncState, name: string): Convergence {
  const own = state.replicas.get(name)
  const digest = own?.dirtySinceMs === undefined ? own?.digest : undefined
  let inSync = 0
  if (digest !== undefined) for (const told of state.peers.values()) if (told.get(name) === digest) inSync++
  const peers = state.peers.size
  return { inSync, peers, isConverged: digest !== undefined && inSync >= peers * state.settings.convergenceThreshold }
}
