/** What the graph draws, from what the mesh says: a disc per peer, an edge per link that somebody announced. Pure. */
import type { PeerId } from '../../base/ids.ts'
import type { MeshSnapshot } from '../../engine/snapshot.ts'
import type { LinkKind, PeerInfo } from '../../mesh/types.ts'
import { labelledLinksMax } from '../limits.ts'
import type { Departed } from '../store.ts'

export interface GraphNode {
  readonly id: PeerId
  readonly name: string
  readonly kind: 'self' | 'peer' | 'departed'
  readonly isSuspect: boolean
  /** Hosts the member that leads. */
  readonly isLeader: boolean
  /** Slots in use, 0 to 1. */
  readonly load: number
}

export interface GraphEdge {
  readonly key: string
  readonly a: PeerId
  readonly b: PeerId
  readonly kind: LinkKind
  readonly isOwn: boolean
  readonly rttMs: number | undefined
  /** Bytes per second; known for own links only. */
  readonly rate: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

export interface GraphSource {
  readonly self: Pick<MeshSnapshot['self'], 'id' | 'name' | 'load'>
  readonly peers: readonly PeerInfo[]
  readonly links: MeshSnapshot['links']
  readonly departed: readonly Departed[]
  readonly rates: ReadonlyMap<PeerId, number>
  /** Whose tab leads; undefined where nobody does, or nobody knows. */
  readonly leader?: PeerId | undefined
  /** A peer that somebody looks at: its relayed path is drawn however many peers there are. */
  readonly focus: PeerId | undefined
}

export function graphNodes({ self, peers, departed, leader }: GraphSource): GraphNode[] {
  return [
    {
      id: self.id,
      name: self.name,
      kind: 'self',
      isSuspect: false,
      isLeader: self.id === leader,
      load: loadOf(self.load),
    },
    ...peers.map(peer => nodeOf(peer, 'peer', leader)),
    ...departed.map(({ peer }) => nodeOf(peer, 'departed', undefined)),
  ]
}

export function graphEdges({ self, peers, links, rates, focus }: GraphSource): GraphEdge[] {
  const here = new Set([self.id, ...peers.map(peer => peer.id)])
  const edges = new Map<string, GraphEdge>()
  const add = (edge: Omit<GraphEdge, 'key'>) => {
    const key = edge.a < edge.b ? `${edge.a} ${edge.b}` : `${edge.b} ${edge.a}`
    if (here.has(edge.a) && here.has(edge.b) && edge.a !== edge.b && !edges.has(key)) edges.set(key, { ...edge, key })
  }
  // Own links first: what was measured here is better than what others say of it.
  for (const { peer, kind, rttMs } of links)
    add({ a: self.id, b: peer, kind, isOwn: true, rttMs, rate: rates.get(peer) ?? 0 })
  for (const peer of peers)
    for (const { peer: other, kind, rttMs } of peer.links)
      add({ a: peer.id, b: other, kind, isOwn: other === self.id, rttMs, rate: 0 })

  const relayed = peers.filter(peer => peer.link === 'relayed')
  const drawn = relayed.length <= labelledLinksMax ? relayed : relayed.filter(peer => peer.id === focus)
  for (const peer of drawn) add({ a: self.id, b: peer.id, kind: 'relayed', isOwn: true, rttMs: peer.rttMs, rate: 0 })
  return [...edges.values()]
}

/** Pixels: 1.25 at rest, half as much again per tenfold traffic beyond 1 kB/s. */
export function edgeWidth({ kind, rate }: Pick<GraphEdge, 'kind' | 'rate'>): number {
  if (kind === 'relayed') return 0.75
  return Math.min(5, 1.25 + Math.log10(1 + rate / 1_000) * 0.9)
}

/** What a name takes with the space around its disc, square pixels. */
const namedDiscArea = 6_600

/** Whether all discs can have their names under them; otherwise they stand closer, and only a few are named. */
export function hasRoomForNames(discs: number, { width, height }: Size): boolean {
  return width * height >= discs * namedDiscArea
}

/** Discs shrink as the room fills. */
export function discRadius(peers: number): number {
  if (peers <= 6) return 21
  if (peers <= 14) return 17
  if (peers <= 28) return 14
  return 8
}

export function loadOf({ slots, busy }: { readonly slots: number; readonly busy: number }): number {
  return slots === 0 ? 0 : Math.min(1, busy / slots)
}

function nodeOf(peer: PeerInfo, kind: 'peer' | 'departed', leader: PeerId | undefined): GraphNode {
  const { id, name, state } = peer
  return { id, name, kind, isSuspect: state === 'suspect', isLeader: id === leader, load: loadOf(peer.load) }
}
