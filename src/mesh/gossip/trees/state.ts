/**
 * Over which links a batch travels. gossipsub sends each batch over all links of its mesh, so that most peers get it two or three times. As in
 * Plumtree (Leitão, Pereira, Rodrigues: Epidemic Broadcast Trees, 2007) copies show which links are not needed: what remains is a tree, one for
 * each origin, and over the other links goes only word of what there is, later. Links are choked as gossipsub's Episub proposal names it.
 * Pure data.
 */
import type { PeerId } from '../../../base/ids.ts'

/** How the batches of one origin come here. */
export interface Source {
  /** Over which neighbour they come first. */
  parent: PeerId | undefined
  /** Neighbours who were asked not to pass them on to us. */
  readonly choked: Set<PeerId>
}

export interface TreesState {
  /** By origin, the one heard least lately first. */
  readonly sources: Map<PeerId, Source>
  /** By neighbour: origins whose batches it does not want from us. */
  readonly chokedBy: Map<PeerId, Set<PeerId>>
}

export function initialTrees(): TreesState {
  return { sources: new Map(), chokedBy: new Map() }
}

/** Neighbours who get batches of this origin from others. */
export function chokers(state: TreesState, origin: PeerId): PeerId[] {
  const found: PeerId[] = []
  for (const [neighbour, origins] of state.chokedBy) if (origins.has(origin)) found.push(neighbour)
  return found
}
