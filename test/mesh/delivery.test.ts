/** Which neighbour a relayed frame is handed to. */
import type { Connection } from '@libp2p/interface'
import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { Delivery } from '../../src/mesh/delivery.ts'
import type { Graph } from '../../src/mesh/routing.ts'

const frame = { header: { kind: 'send', id: 'm1', topic: 'x', timestamp: 0, body: 'json' }, body: new Uint8Array() }

/** Whom A hands a frame for D to, where B and C are its neighbours. */
async function hopOf(links: Record<string, string[]>, doubted: string[], unsound: string[] = []) {
  const hops: { send?: string; around?: string } = {}
  let way: 'send' | 'around' = 'send'
  const delivery = new Delivery({
    signer: { id: 'A' as PeerId, sign: async () => new Uint8Array(64) },
    session: 's' as SessionId,
    lanes: {
      send: connection => {
        hops[way] = connection as unknown as string
      },
    },
    connectionTo: peer => (['B', 'C'].includes(peer) ? (peer as unknown as Connection) : undefined),
    neighbours: () => ['B', 'C'] as PeerId[],
    isSound: peer => !unsound.includes(peer),
    graph: () => new Map(Object.entries(links)) as unknown as Graph,
    doubted: () => doubted as PeerId[],
    sessionOf: () => 's' as SessionId,
    onFrame: () => {},
    onRelayed: () => {},
    count: () => {},
  })
  await delivery.send('D' as PeerId, frame as never, 'messages').catch(() => {})
  way = 'around'
  await delivery.sendAround('D' as PeerId, frame as never).catch(() => {})
  return hops
}

test.each<[string, Record<string, string[]>, string[], string[], string | undefined]>([
  ['the nearest where nobody is doubted', { D: ['B', 'E'], C: ['E'] }, [], [], 'B'],
  ['not through a neighbour that may be gone', { D: ['B', 'E'], C: ['E'] }, ['B'], [], 'C'],
  ['nor through anybody further on', { D: ['E', 'G'], B: ['E'], C: ['F'], F: ['G'] }, ['E'], [], 'C'],
  ['through it where no other way leads', { D: ['B'] }, ['B'], [], 'B'],
  ['to whom we doubt itself', { D: ['B'] }, ['D'], [], 'B'],
])('%s', async (_, links, doubted, unsound, expected) => {
  expect(await hopOf(links, doubted, unsound)).toEqual({ send: expected, around: expected })
})

test('a signal goes through no link whose path is broken, doubted or not', async () => {
  const links = { D: ['B', 'C'] }
  expect((await hopOf(links, ['C'], ['B'])).around).toBe('C')
  expect((await hopOf(links, [], ['B'])).around).toBe('C')
})
