/** Next hops from the links that everybody announces: breadth-first over the known graph. Pure. */
import type { PeerId } from '../base/ids.ts'

export type Graph = ReadonlyMap<PeerId, readonly PeerId[]>

/**
 * The neighbour through which `to` is nearest, undefined where no known path leads. `graph` holds, for each peer, whom it
 * announces as linked; an edge counts if either end announces it, since one announcement may be late.
 */
export function nextHop(
  neighbours: readonly PeerId[],
  to: PeerId,
  graph: Graph,
  avoid: ReadonlySet<PeerId>,
): PeerId | undefined {
  const reverse = new Map<PeerId, PeerId[]>()
  for (const [peer, links] of graph) {
    for (const other of links) {
      const list = reverse.get(other)
      if (list) list.push(peer)
      else reverse.set(other, [peer])
    }
  }
  const through = new Map<PeerId, PeerId>() // peer -> the neighbour it was reached by
  const frontier: PeerId[] = []
  for (const neighbour of neighbours) {
    if (avoid.has(neighbour)) continue
    through.set(neighbour, neighbour)
    frontier.push(neighbour)
  }
  for (const peer of frontier) {
    if (peer === to) break
    const first = through.get(peer) as PeerId
    for (const next of [...(graph.get(peer) ?? []), ...(reverse.get(peer) ?? [])]) {
      if (through.has(next) || avoid.has(next)) continue
      through.set(next, first)
      frontier.push(next)
    }
  }
  return through.get(to)
}
