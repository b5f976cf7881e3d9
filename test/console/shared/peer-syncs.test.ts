import { expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { peerSyncs } from '../../../src/console/shared/peer-syncs.ts'

const peers = ['ada', 'bob', 'cyd', 'dan', 'eve'].map(name => ({ id: name as PeerId, name }))
const apart = (peer: string, sinceMs: number | undefined) => ({ peer: peer as PeerId, sinceMs })

test('those that are apart come first, for the longest first, then who has not said yet, then the others', () => {
  const replicas = [
    { document: undefined, apart: [apart('dan', 500), apart('bob', 900)], silent: ['cyd' as PeerId] },
    { document: 'notes', apart: [apart('bob', 300)], silent: ['cyd' as PeerId, 'dan' as PeerId] },
  ]
  expect(peerSyncs(replicas, peers)).toEqual([
    { id: 'bob', name: 'bob', state: 'apart', apart: ['memory', 'notes'], sinceMs: 300 },
    { id: 'dan', name: 'dan', state: 'apart', apart: ['memory'], sinceMs: 500 },
    { id: 'cyd', name: 'cyd', state: 'silent', apart: [], sinceMs: undefined },
    { id: 'ada', name: 'ada', state: 'same', apart: [], sinceMs: undefined },
    { id: 'eve', name: 'eve', state: 'same', apart: [], sinceMs: undefined },
  ])
})

test('of nobody nothing is said, and where nothing is shared all hold the same', () => {
  expect(peerSyncs([{ document: undefined, apart: [], silent: [] }], [])).toEqual([])
  expect(peerSyncs([], peers).map(({ state }) => state)).toEqual(Array(5).fill('same'))
})
