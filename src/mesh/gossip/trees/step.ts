/**
 * 1. The neighbour over which a batch comes first is its origin's parent; were it choked, it is so no longer.
 * 2. A neighbour over which a copy comes is choked for that origin: the parent suffices.
 * 3. A copy from the origin itself makes it the parent: no way is shorter.
 * 4. When the parent is gone all who were choked in its favour are asked to send again, and offer at once what they kept from us.
 * 5. What a choked neighbour offers and we have not, gossipsub asks for; by rule 1 that neighbour is then the parent. So a parent that is there
 *    but silent is replaced after one offer.
 */
import type { PeerId } from '../../../base/ids.ts'
import { originsMax } from './limits.ts'
import type { Source, TreesState } from './state.ts'

export type TreesInput =
  /** A genuine batch of `origin`, not seen before. */
  | { readonly kind: 'first'; readonly origin: PeerId; readonly via: PeerId }
  /** One more copy of a batch. */
  | { readonly kind: 'copy'; readonly origin: PeerId; readonly via: PeerId }
  /** A neighbour's word. */
  | {
      readonly kind: 'told'
      readonly by: PeerId
      readonly choke: readonly PeerId[]
      readonly unchoke: readonly PeerId[]
    }
  /** Nothing passes over the link to this neighbour any more. */
  | { readonly kind: 'gone'; readonly peer: PeerId }

export type TreesEffect =
  | { readonly kind: 'choke' | 'unchoke'; readonly to: PeerId; readonly origin: PeerId }
  /** What was kept from this neighbour is offered to it now. */
  | { readonly kind: 'offer'; readonly to: PeerId }

export function step(state: TreesState, input: TreesInput): TreesEffect[] {
  switch (input.kind) {
    case 'first':
      return first(state, input.origin, input.via)
    case 'copy':
      return copy(state, input.origin, input.via)
    case 'told':
      return told(state, input)
    case 'gone':
      return gone(state, input.peer)
  }
}

function first(state: TreesState, origin: PeerId, via: PeerId): TreesEffect[] {
  const source = state.sources.get(origin) ?? { parent: undefined, choked: new Set() }
  state.sources.delete(origin)
  state.sources.set(origin, source)
  source.parent = via
  const unchoked = source.choked.delete(via) ? [{ kind: 'unchoke', to: via, origin } as const] : []
  return [...unchoked, ...forgotten(state)]
}

function copy({ sources }: TreesState, origin: PeerId, via: PeerId): TreesEffect[] {
  const source = sources.get(origin)
  // Without a parent the first copy is still being checked, or came before we looked.
  if (!source?.parent || source.parent === via || source.choked.has(via)) return []
  const needless = via === origin ? source.parent : via
  if (via === origin) source.parent = via
  source.choked.add(needless)
  return [{ kind: 'choke', to: needless, origin }]
}

function told(state: TreesState, { by, choke, unchoke }: Extract<TreesInput, { kind: 'told' }>): TreesEffect[] {
  const origins = state.chokedBy.get(by) ?? new Set()
  for (const origin of choke) if (origins.size < originsMax) origins.add(origin)
  for (const origin of unchoke) origins.delete(origin)
  if (origins.size > 0) state.chokedBy.set(by, origins)
  else state.chokedBy.delete(by)
  return unchoke.length > 0 ? [{ kind: 'offer', to: by }] : []
}

function gone(state: TreesState, peer: PeerId): TreesEffect[] {
  state.chokedBy.delete(peer)
  const effects: TreesEffect[] = []
  for (const [origin, source] of state.sources) {
    source.choked.delete(peer)
    if (source.parent === peer) effects.push(...opened(origin, source))
  }
  return effects
}

/** Everybody may send again. */
function opened(origin: PeerId, source: Source): TreesEffect[] {
  const effects = [...source.choked].map(to => ({ kind: 'unchoke', to, origin }) as const)
  source.choked.clear()
  source.parent = undefined
  return effects
}

function forgotten({ sources }: TreesState): TreesEffect[] {
  const [oldest] = sources
  if (sources.size <= originsMax || !oldest) return []
  sources.delete(oldest[0])
  return opened(...oldest)
}
