import { describe, expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { GraphLayout } from '../../src/console/mesh/graph-layout.ts'
import {
  discRadius,
  edgeWidth,
  type GraphSource,
  graphEdges,
  graphNodes,
  hasRoomForNames,
} from '../../src/console/mesh/graph-model.ts'
import type { LinkKind, PeerInfo } from '../../src/mesh/types.ts'

const me = 'me' as PeerId
const linkTo = (peer: string, kind: LinkKind = 'webrtc', rttMs: number | undefined = 2) => ({
  peer: peer as PeerId,
  kind,
  rttMs,
})

function peer(id: string, links: PeerInfo['links'] = [], more: Partial<PeerInfo> = {}): PeerInfo {
  return {
    id: id as PeerId,
    session: 's' as SessionId,
    name: id,
    device: 'd',
    browser: 'b',
    capabilities: [],
    load: { slots: 2, busy: 1 },
    links,
    state: 'alive',
    link: 'webrtc',
    rttMs: 2,
    joinedAtMs: 0,
    ...more,
  }
}

function source(more: Partial<GraphSource>): GraphSource {
  const self = { id: me, name: 'Me', load: { slots: 0, busy: 0 } }
  return { self, peers: [], links: [], departed: [], rates: new Map(), focus: undefined, ...more }
}
const ownLink = (id: string) => ({ ...linkTo(id, 'webrtc', 9), sentBytes: 0, receivedBytes: 0, openedAtMs: 0 })

describe('discs', () => {
  test('crown whoever leads, this tab too, and nobody who has left', () => {
    const crowned = (leader: string | undefined) => {
      const departed = [{ peer: peer('b'), leftAtMs: 0 }]
      const nodes = graphNodes(source({ peers: [peer('a')], departed, leader: leader as PeerId | undefined }))
      return nodes.filter(({ isLeader }) => isLeader).map(({ id }) => id)
    }
    expect(crowned('a')).toEqual(['a'])
    expect(crowned('me')).toEqual(['me'])
    expect(crowned('b')).toEqual([])
    expect(crowned(undefined)).toEqual([])
  })

  test('are this tab, the others, and those who have just left', () => {
    const nodes = graphNodes(
      source({ peers: [peer('a', [], { state: 'suspect' })], departed: [{ peer: peer('b'), leftAtMs: 0 }] }),
    )
    expect(nodes.map(({ id, kind, isSuspect, load }) => [id, kind, isSuspect, load])).toEqual([
      ['me', 'self', false, 0],
      ['a', 'peer', true, 0.5],
      ['b', 'departed', false, 0.5],
    ])
  })

  test('shrink as the room fills', () => {
    const radii = [1, 6, 7, 20, 40, 64].map(discRadius)
    expect(radii).toEqual([...radii].sort((a, b) => b - a))
    expect(new Set(radii).size).toBeGreaterThan(2)
  })
})

test('names are shown while the picture has room for them, not up to some number of peers', () => {
  expect(hasRoomForNames(20, { width: 420, height: 430 })).toBe(true)
  expect(hasRoomForNames(20, { width: 420, height: 240 })).toBe(false)
  expect(hasRoomForNames(64, { width: 420, height: 430 })).toBe(false)
})

describe('edges', () => {
  test('are one per pair, whoever announced them, and this tab’s own measure wins', () => {
    const peers = [peer('a', [linkTo('me', 'webrtc', 1), linkTo('b')]), peer('b', [linkTo('a', 'broadcast')])]
    const edges = graphEdges(source({ peers, links: [ownLink('a')], rates: new Map([['a' as PeerId, 500]]) }))
    expect(edges).toHaveLength(2)
    expect(edges[0]).toMatchObject({ a: 'me', b: 'a', rttMs: 9, rate: 500, isOwn: true })
    expect(edges[1]).toMatchObject({ a: 'a', b: 'b', kind: 'webrtc', isOwn: false })
  })

  test('lead to nobody who is not here', () => {
    expect(graphEdges(source({ peers: [peer('a', [linkTo('gone'), linkTo('a')])], links: [ownLink('gone')] }))).toEqual(
      [],
    )
  })

  test('show relayed paths while there are few, or to the peer that is looked at', () => {
    const relayed = (count: number) =>
      Array.from({ length: count }, (_, index) => peer(`p${index}`, [], { link: 'relayed' }))
    expect(graphEdges(source({ peers: relayed(6) }))).toHaveLength(6)
    expect(graphEdges(source({ peers: relayed(7) }))).toHaveLength(0)
    expect(graphEdges(source({ peers: relayed(7), focus: 'p3' as PeerId }))).toMatchObject([
      { b: 'p3', kind: 'relayed' },
    ])
  })

  test('thicken with traffic, within bounds', () => {
    const widths = [0, 1e3, 1e5, 1e7, 1e12].map(rate => edgeWidth({ kind: 'webrtc', rate }))
    expect(widths).toEqual([...widths].sort((a, b) => a - b))
    expect(widths[0]).toBe(1.25)
    expect(widths.at(-1)).toBe(5)
    expect(edgeWidth({ kind: 'relayed', rate: 0 })).toBeLessThan(1.25)
  })
})

describe('the layout', () => {
  const peers = Array.from({ length: 63 }, (_, index) =>
    peer(`p${index}`, [linkTo(`p${(index + 1) % 63}`), linkTo(`p${(index + 7) % 63}`)]),
  )
  const crowd = source({ peers, links: [ownLink('p0'), ownLink('p9')] })
  const size = { width: 420, height: 400 }

  test('keeps 64 discs inside the picture and off each other, and comes to rest', () => {
    const layout = new GraphLayout()
    const nodes = graphNodes(crowd)
    layout.update(nodes, graphEdges(crowd), size)
    expect(layout.isResting).toBe(true)
    const places = nodes.map(({ id }) => layout.position(id))
    const radius = discRadius(nodes.length)
    for (const { x, y } of places) {
      expect(x).toBeGreaterThanOrEqual(radius)
      expect(x).toBeLessThanOrEqual(size.width - radius)
      expect(y).toBeGreaterThanOrEqual(radius)
      expect(y).toBeLessThanOrEqual(size.height - radius)
    }
    const distances = places.flatMap((a, index) => places.slice(index + 1).map(b => Math.hypot(a.x - b.x, a.y - b.y)))
    expect(Math.min(...distances)).toBeGreaterThan(2 * radius)
  })

  test('leaves everybody in place while nobody comes or goes', () => {
    const layout = new GraphLayout()
    layout.update(graphNodes(crowd), graphEdges(crowd), size)
    const before = layout.position('p5' as PeerId)
    layout.update(graphNodes(crowd), graphEdges(crowd), size)
    expect(layout.isResting).toBe(true)
    expect(layout.position('p5' as PeerId)).toEqual(before)
  })

  test('warms up for a newcomer, who starts near the others', () => {
    const layout = new GraphLayout()
    const some = source({ peers: peers.slice(0, 3) })
    const more = source({ peers: peers.slice(0, 4) })
    layout.update(graphNodes(some), graphEdges(some), size)
    layout.update(graphNodes(more), graphEdges(more), size)
    expect(layout.isResting).toBe(false)
    const { x, y } = layout.position('p3' as PeerId)
    expect(Math.hypot(x - size.width / 2, y - size.height / 2)).toBeLessThan(size.width / 2)
  })
})
