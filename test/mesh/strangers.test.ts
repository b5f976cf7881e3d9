/** What libp2p remembers of peers that are gone. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { systemClock } from '../../src/base/system.ts'
import { forgetStrangers, type StrangersOptions, strangersLookMs } from '../../src/mesh/strangers.ts'

let remembered: Set<string>
let connected: Set<string>
let members: Set<string>
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  remembered = new Set(['ada', 'bob'])
  connected = new Set()
  members = new Set(['ada'])
  const id = (name: string) => ({ toString: () => name })
  const node = {
    getConnections: (peer: object) => (connected.has(String(peer)) ? [{}] : []),
    peerStore: {
      all: async () => [...remembered].map(name => ({ id: id(name) })),
      delete: async (peer: object) => void remembered.delete(String(peer)),
    },
  } as unknown as StrangersOptions['node']
  stop = forgetStrangers({ node, clock: systemClock, isMember: peer => members.has(peer as PeerId) })
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

const looks = (count: number) => vi.advanceTimersByTimeAsync(count * strangersLookMs)

test('forgets who was a stranger twice, and no member', async () => {
  await looks(1)
  expect([...remembered]).toEqual(['ada', 'bob'])
  await looks(1)
  expect([...remembered]).toEqual(['ada'])
})

test('keeps who is connected, and who came back between two looks', async () => {
  connected.add('bob')
  await looks(3)
  expect(remembered).toContain('bob')
  connected.delete('bob')
  await looks(1)
  members.add('bob')
  await looks(1)
  members.delete('bob')
  await looks(1)
  expect(remembered).toContain('bob')
  await looks(1)
  expect(remembered).not.toContain('bob')
})
