/** Whom a peer takes for silent, and that it compares at once when the same session is heard again. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Emitter } from '../../../src/base/emitter.ts'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { systemClock } from '../../../src/base/system.ts'
import { silentPeersMax } from '../../../src/crdt/limits.ts'
import { Sync } from '../../../src/crdt/sync/driver.ts'
import type { Mesh, MeshEvents, PeerInfo } from '../../../src/mesh/types.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'

const settings = {
  interval: 2_000,
  fanout: 3,
  antiEntropy: true,
  antiEntropyInterval: 10_000,
  convergenceThreshold: 0.75,
}
const bob = 'bob' as PeerId
let events: Emitter<MeshEvents>
let sync: Sync
let exchanges: number

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'performance', 'Date'] })
  exchanges = 0
  events = new Emitter()
  const mesh = {
    on: events.on.bind(events),
    peers: [],
    subscribe: () => () => {},
    handle: () => () => {},
    broadcast: async () => {},
    request: async () => {
      exchanges++
      throw new Error('not reached')
    },
  } as unknown as Mesh
  const options = { adopt: () => {}, onChange: () => {}, count: () => {} }
  sync = new Sync({ mesh, clock: systemClock, random: new Sfc32(1, 'test'), settings, ...options })
  events.emit('agent-join', peer('s1'))
  vi.advanceTimersByTime(5_000)
  exchanges = 0
})
afterEach(() => {
  sync.close()
  vi.useRealTimers()
})

const peer = (session: string, state: PeerInfo['state'] = 'alive') =>
  ({ id: bob, session: session as SessionId, state }) as PeerInfo
const exchangesWithinMs = (ms: number) => {
  vi.advanceTimersByTime(ms)
  return exchanges
}

/** Suspected and gone, then on the list again. What a newcomer is asked, whoever it is, does not count. */
const goAndComeBack = (reason: 'crashed' | 'closed', session: string) => {
  events.emit('agent-change', peer('s1', 'suspect'))
  events.emit('agent-leave', { peer: peer('s1'), reason })
  events.emit('agent-join', peer(session))
  exchanges = 0
}

test('a suspect that answers again', () => {
  events.emit('agent-change', peer('s1', 'suspect'))
  expect(exchangesWithinMs(1_000)).toBe(0)
  events.emit('agent-change', peer('s1'))
  expect(exchanges).toBe(1) // with whoever it is, before the rounds
  expect(exchangesWithinMs(2_500)).toBe(4)
})

test('one that was given up and is back', () => {
  goAndComeBack('crashed', 's1')
  expect(exchangesWithinMs(2_500)).toBe(3)
})

test('the latest of more silent peers than are remembered', () => {
  for (let at = 0; at <= silentPeersMax; at++)
    events.emit('agent-change', { ...peer('s1', 'suspect'), id: `p${at}` as PeerId })
  events.emit('agent-change', { ...peer('s1'), id: 'p0' as PeerId })
  expect(exchangesWithinMs(2_500)).toBe(0)
  events.emit('agent-change', { ...peer('s1'), id: `p${silentPeersMax}` as PeerId })
  expect(exchangesWithinMs(2_500)).toBe(3)
})

test('a healed partition', () => {
  events.emit('heal', {} as never)
  expect(exchangesWithinMs(2_500)).toBe(3)
})

test.each([
  ['a change of somebody who was never silent', () => events.emit('agent-change', peer('s1'))],
  ['a new session of one that crashed', () => goAndComeBack('crashed', 's2')],
  ['one that left with a word', () => goAndComeBack('closed', 's1')],
])('not after %s', (_, happen) => {
  happen()
  expect(exchangesWithinMs(2_500)).toBe(0)
})
