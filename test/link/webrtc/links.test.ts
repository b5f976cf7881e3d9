import { expect, test } from 'vitest'
import type { MeshError } from '../../../src/base/errors.ts'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { answersInFlightMax, dialsInFlightMax, dialTimeoutMs } from '../../../src/link/limits.ts'
import { type Tab, Town } from '../support/fake-pages.ts'
import { Turns } from '../support/turns.ts'

const seeds = Array.from({ length: 200 }, (_, seed) => seed + 1)
const offer = '{"type":"offer"}'

/** What is wrong between every two of them once all is quiet; nothing if each has one open pipe, of one attempt. */
function disagreements(tabs: readonly Tab[]): string[] {
  return tabs.flatMap((tab, at) => [
    ...tab.blunders,
    ...(tab.links.engaged.size > 0 ? [`${tab.self.peer} is still engaged`] : []),
    ...tabs.slice(at + 1).flatMap(other => {
      const [near, far] = [tab.openPipesTo(other.self.peer), other.openPipesTo(tab.self.peer)]
      const shared = [...tab.connections.keys()].filter(attempt => other.connections.has(attempt))
      const isOne = near.length === 1 && far.length === 1 && shared.length === 1
      const isThisSession =
        near[0]?.remote.session === other.self.session && far[0]?.remote.session === tab.self.session
      return isOne && isThisSession
        ? []
        : [`${tab.self.peer}-${other.self.peer}: ${near.length} and ${far.length} pipes, ${shared.length} connections`]
    }),
  ])
}

test('of any simultaneous dials exactly one pipe per pair opens, on both sides', async () => {
  let dials = 0
  for (const seed of seeds) {
    const turns = new Turns(seed)
    const town = new Town(turns)
    const tabs = ['A', 'B', 'C', 'D'].slice(0, 2 + (seed % 3)).map(peer => town.open(peer))
    for (const from of tabs)
      for (const to of tabs.filter(tab => tab !== from)) {
        dials++
        turns.after(turns.chance(80), () => from.dial(to.self))
      }
    await turns.run()
    expect(disagreements(tabs), `seed ${seed}`).toEqual([])
  }
  expect(dials).toBeGreaterThan(1_000)
})

test('a tab that reloads gets one pipe for its new session, whatever was under way', async () => {
  for (const seed of seeds) {
    const turns = new Turns(seed)
    const town = new Town(turns)
    const [stays, old] = seed % 2 ? [town.open('A'), town.open('B')] : [town.open('B'), town.open('A')]
    turns.after(turns.chance(20), () => stays.dial(old.self))
    turns.after(turns.chance(20), () => old.dial(stays.self))
    let fresh: Tab | undefined
    turns.after(turns.chance(300), () => {
      old.die()
      fresh = town.open(old.self.peer, 'k001-bbbbbbbb')
      fresh.dial(stays.self)
    })
    await turns.run()
    expect(fresh && disagreements([stays, fresh]), `seed ${seed}`).toEqual([])
  }
})

test.each<[string, (turns: Turns) => number]>([
  ['a link that one side lost is made again by that side, and the other lets the old one go first', () => 0],
  [
    'a link that one side closed does not stand in the way of its next dial, though its channel still flushes',
    turns => 1 + turns.chance(30),
  ],
])('%s', async (_, flushMs) => {
  for (const seed of seeds.slice(0, 50)) {
    const turns = new Turns(seed)
    const town = new Town(turns)
    const [ada, bob] = [town.open('A'), town.open('B')]
    ada.dial(bob.self)
    await turns.run()
    const [first] = ada.openPipesTo(bob.self.peer)
    const attempt = [...ada.connections.keys()][0] ?? ''
    const end = () => ada.links.fromPage({ kind: 'ended', attempt, reason: 'lost' })
    first?.close('lost')
    const laterMs = flushMs(turns)
    if (laterMs === 0) end()
    else turns.after(laterMs, end)
    ada.dial(bob.self)
    await turns.run()
    expect(disagreements([ada, bob]), `seed ${seed}`).toEqual([])
    expect(bob.pipes).toHaveLength(2)
  }
})

test('an old offer that is sent again does not touch the link that stands', async () => {
  const turns = new Turns(7)
  const town = new Town(turns)
  const [ada, bob] = [town.open('A'), town.open('B')]
  const recorded: string[] = []
  const receive = bob.links.receive.bind(bob.links)
  bob.links.receive = (from, signal) => {
    if (signal.data === offer) recorded.push(signal.attempt)
    receive(from, signal)
  }
  ada.dial(bob.self)
  await turns.run()
  ada.openPipesTo(bob.self.peer)[0]?.close('lost')
  await turns.run()
  ada.dial(bob.self)
  await turns.run()
  expect(recorded).toHaveLength(2)
  for (const attempt of recorded) receive(ada.self, { attempt, data: offer })
  await turns.run()
  expect(disagreements([ada, bob])).toEqual([])
  expect(bob.pipes).toHaveLength(2)
})

test('nobody can speak for the attempt of another peer', async () => {
  const turns = new Turns(3)
  const town = new Town(turns)
  const [ada, bob, eve] = [town.open('A'), town.open('B'), town.open('E')]
  ada.dial(bob.self)
  await turns.run(0)
  const [attempt] = ada.connections.keys()
  for (const data of [offer, '{"type":"answer"}', '{"type":"candidate"}'])
    ada.links.receive(eve.self, { attempt: attempt ?? '', data })
  await turns.run()
  expect(disagreements([ada, bob])).toEqual([])
  expect(ada.openPipesTo(eve.self.peer)).toEqual([])
  expect(ada.signals).toEqual(['{"type":"answer"}', '{"type":"candidate"}'])
})

test('a dial that nobody answers fails after its time, and the page ends its connection', async () => {
  const turns = new Turns(1)
  const ada = new Town(turns).open('A')
  ada.dial({ peer: 'nobody' as PeerId, session: 'k000-nobody' as SessionId })
  await turns.run(dialTimeoutMs - 1)
  expect(ada.failures).toEqual([])
  await turns.run()
  expect(ada.failures).toMatchObject([{ code: 'dial-failed' }])
  expect([ada.connections.size, ada.links.engaged.size]).toEqual([0, 0])
})

test('a dial that is aborted ends at once', async () => {
  const turns = new Turns(1)
  const ada = new Town(turns).open('A')
  const abort = new AbortController()
  const nobody = { peer: 'nobody' as PeerId, session: 'k000-nobody' as SessionId }
  const dialled = ada.links.dial(nobody, { signal: abort.signal }).catch((error: MeshError) => error.code)
  abort.abort()
  expect(await dialled).toBe('aborted')
  expect(ada.links.engaged.size).toBe(0)
})

test('a second dial of one peer, one too many, and one after the end are refused with a code', async () => {
  const turns = new Turns(1)
  const ada = new Town(turns).open('A')
  for (let at = 0; at < dialsInFlightMax; at++)
    ada.dial({ peer: `peer ${at}` as PeerId, session: `k000-${at}` as SessionId })
  ada.dial({ peer: 'peer 0' as PeerId, session: 'k000-0' as SessionId })
  ada.dial({ peer: 'one more' as PeerId, session: 'k000-more' as SessionId })
  await turns.run(0)
  expect(ada.failures).toMatchObject([{ code: 'dial-failed' }, { code: 'overloaded' }])
  ada.links.close()
  ada.dial({ peer: 'late' as PeerId, session: 'k000-late' as SessionId })
  ada.links.receive({ peer: 'B' as PeerId, session: 'k000-b' as SessionId }, { attempt: 'b', data: offer })
  await turns.run()
  expect(ada.failures.slice(2).map(error => (error as MeshError).code)).toEqual(
    Array(dialsInFlightMax + 1).fill('left'),
  )
  expect([ada.connections.size, ada.links.engaged.size]).toEqual([0, 0])
})

test('offers of a crowd open a bounded number of connections', async () => {
  const turns = new Turns(1)
  const ada = new Town(turns).open('A')
  for (let at = 0; at < 1_000; at++) {
    const stranger = { peer: `stranger ${at}` as PeerId, session: `k000-${at}` as SessionId }
    ada.links.receive(stranger, { attempt: `offer ${at}`, data: offer })
  }
  await turns.run(0)
  expect(ada.connections.size).toBe(dialsInFlightMax + answersInFlightMax)
  await turns.run()
  expect([ada.connections.size, ada.links.engaged.size]).toEqual([0, 0])
})
