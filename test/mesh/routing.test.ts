import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { type Graph, nextHop } from '../../src/mesh/routing.ts'

const nobody: ReadonlySet<PeerId> = new Set()

function graphOf(edges: readonly string[]): Graph {
  const graph = new Map<PeerId, PeerId[]>()
  for (const edge of edges) {
    const [from, to] = edge.split('-') as [PeerId, PeerId]
    graph.set(from, [...(graph.get(from) ?? []), to])
  }
  return graph
}

function hop(neighbours: string, to: string, edges: string, avoid: string[] = []): PeerId | undefined {
  const list = neighbours.split(' ').filter(Boolean) as PeerId[]
  return nextHop(list, to as PeerId, graphOf(edges.split(' ').filter(Boolean)), new Set(avoid as PeerId[]))
}

test.each<[string, string, string, string, string[], string | undefined]>([
  // what                                                neighbours to   edges              avoid  hop
  ['a neighbour is reached at once', 'a b', 'b', '', [], 'b'],
  ['the shorter of two ways is taken', 'a b', 'd', 'a-c c-d b-d', [], 'b'],
  ['an edge counts if only its far end announces it', 'a b', 'd', 'd-b', [], 'b'],
  ['a path goes round whom it must avoid', 'a b', 'd', 'a-d b-c c-d', ['a'], 'b'],
  ['a path does not lead through whom it must avoid', 'a', 'd', 'a-x x-d', ['x'], undefined],
  ['there is no hop where no path leads', 'a b', 'z', 'a-c b-c', [], undefined],
  ['there is no hop without neighbours', '', 'a', 'a-b', [], undefined],
])('%s', (_, neighbours, to, edges, avoid, expected) => expect(hop(neighbours, to, edges, avoid)).toBe(expected))

test('following next hops, peer by peer, always arrives in as many steps as the shortest path has', () => {
  const ids = Array.from({ length: 12 }, (_, at) => `p${at}` as PeerId)
  const edge = fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids)).filter(([a, b]) => a !== b)
  fc.assert(
    fc.property(
      fc.array(edge, { minLength: 5, maxLength: 30 }),
      fc.constantFrom(...ids),
      fc.constantFrom(...ids),
      (edges, from, to) => {
        fc.pre(from !== to)
        const links = new Map<PeerId, Set<PeerId>>(ids.map(id => [id, new Set()]))
        for (const [a, b] of edges) {
          links.get(a)?.add(b)
          links.get(b)?.add(a)
        }
        const graph: Graph = new Map([...links].map(([id, others]) => [id, [...others]]))
        const distance = distanceBetween(graph, from, to)
        let at: PeerId | undefined = from
        let steps = 0
        while (at && at !== to && steps <= ids.length) {
          steps++
          at = nextHop(graph.get(at) ?? [], to, graph, new Set([at]))
        }
        if (distance === undefined) expect(at).toBeUndefined()
        else expect([at, steps]).toEqual([to, distance])
      },
    ),
    { numRuns: 1_000 },
  )
})

test('announced links to peers that nobody knows lead nowhere and break nothing', () => {
  expect(hop('a', 'b', 'a-ghost ghost-b', [])).toBe('a')
  expect(
    nextHop(['a' as PeerId], 'b' as PeerId, new Map([['a' as PeerId, ['ghost' as PeerId]]]), nobody),
  ).toBeUndefined()
})

function distanceBetween(graph: Graph, from: PeerId, to: PeerId): number | undefined {
  let frontier = new Set([from])
  const seen = new Set(frontier)
  for (let distance = 0; frontier.size > 0; distance++) {
    if (frontier.has(to)) return distance
    frontier = new Set([...frontier].flatMap(peer => graph.get(peer) ?? []).filter(peer => !seen.has(peer)))
    for (const peer of frontier) seen.add(peer)
  }
  return undefined
}
