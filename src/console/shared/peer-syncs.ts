/** What the replicas' views say of each peer. Pure. */
import type { PeerId } from '../../base/ids.ts'
import type { ReplicaView } from '../../engine/shared-handle.ts'

export interface PeerSync {
  readonly id: PeerId
  readonly name: string
  /** `apart` from this tab in something; `silent` where it has not said what it holds of everything. */
  readonly state: 'same' | 'apart' | 'silent'
  /** In what: documents by name, and `memory`. */
  readonly apart: readonly string[]
  /** The earliest of them. */
  readonly sinceMs: number | undefined
}

/** Those that are apart first, for the longest first; then those that have not said yet, then the others; by name. */
export function peerSyncs(
  replicas: readonly Pick<ReplicaView, 'document' | 'apart' | 'silent'>[],
  peers: readonly { readonly id: PeerId; readonly name: string }[],
): readonly PeerSync[] {
  const rank = { apart: 0, silent: 1, same: 2 }
  const syncs = peers.map(({ id, name }): PeerSync => {
    const found = replicas.flatMap(({ document, apart }) =>
      apart.filter(({ peer }) => peer === id).map(({ sinceMs }) => ({ what: document ?? 'memory', sinceMs })),
    )
    const isSilent = replicas.some(({ silent }) => silent.includes(id))
    const times = found.flatMap(({ sinceMs }) => sinceMs ?? [])
    return {
      id,
      name,
      state: found.length > 0 ? 'apart' : isSilent ? 'silent' : 'same',
      apart: found.map(({ what }) => what),
      sinceMs: times.length > 0 ? Math.min(...times) : undefined,
    }
  })
  return syncs.sort(
    (one, other) =>
      rank[one.state] - rank[other.state] ||
      (one.sinceMs ?? Number.POSITIVE_INFINITY) - (other.sinceMs ?? Number.POSITIVE_INFINITY) ||
      one.name.localeCompare(other.name) ||
      (one.id < other.id ? -1 : 1),
  )
}
