import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { GraphLayout } from '../../src/console/mesh/graph-layout.ts'
import type { GraphEdge, GraphNode } from '../../src/console/mesh/graph-model.ts'

const size = { width: 600, height: 500 }

function node(id: string, kind: GraphNode['kind'] = 'peer'): GraphNode {
  return { id: id as PeerId, kind, name: id, load: 0, isSuspect: false, isLeader: false }
}
function edge(a: string, b: string): GraphEdge {
  const [from, to] = [a as PeerId, b as PeerId]
  return { key: `${a} ${b}`, a: from, b: to, kind: 'webrtc', isOwn: false, rttMs: undefined, rate: 0 }
}

test('the first picture stands still, and every disc in its own place inside it', () => {
  const layout = new GraphLayout()
  const nodes = [node('me', 'self'), ...['a', 'b', 'c', 'd'].map(id => node(id))]
  layout.update(nodes, [edge('me', 'a'), edge('a', 'b'), edge('c', 'd')], size)
  expect(layout.isResting).toBe(true)
  const places = nodes.map(({ id }) => layout.position(id))
  for (const { x, y } of places) expect(x > 0 && x < size.width && y > 0 && y < size.height).toBe(true)
  for (const [at, one] of places.entries())
    for (const two of places.slice(at + 1)) expect(Math.hypot(one.x - two.x, one.y - two.y)).toBeGreaterThan(40)
})

test('after a change the discs glide from where they stood to where they will stand, in a few frames', () => {
  const layout = new GraphLayout()
  layout.update([node('me', 'self'), node('a')], [edge('me', 'a')], size)
  const before = layout.position('a' as PeerId)
  layout.update([node('me', 'self'), node('a'), node('b')], [edge('me', 'a'), edge('me', 'b')], size)
  expect(layout.isResting).toBe(false)
  expect(layout.position('a' as PeerId)).toEqual(before)
  let frames = 0
  for (; !layout.isResting; frames++) layout.advance(16)
  expect(frames).toBeLessThan(30)
  expect(layout.position('a' as PeerId)).not.toEqual(before)
})

test('a page that draws slowly, or whoever wants no motion, is shown the end at once', () => {
  for (const end of [(layout: GraphLayout) => layout.advance(200), (layout: GraphLayout) => layout.settle()]) {
    const layout = new GraphLayout()
    layout.update([node('me', 'self')], [], size)
    layout.update([node('me', 'self'), node('a')], [edge('me', 'a')], size)
    end(layout)
    expect(layout.isResting).toBe(true)
  }
})

test('what did not change moves nothing', () => {
  const layout = new GraphLayout()
  layout.update([node('me', 'self'), node('a')], [edge('me', 'a')], size)
  layout.update([node('me', 'self'), node('a')], [edge('me', 'a')], size)
  expect(layout.isResting).toBe(true)
})
