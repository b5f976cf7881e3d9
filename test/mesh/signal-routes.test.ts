import { beforeEach, expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { SignalRoutes } from '../../src/mesh/signal-routes.ts'
import { Turns } from '../link/support/turns.ts'

const bob = { peer: 'Bob' as PeerId, session: 'k001-bobbobbob' as SessionId }

let turns: Turns
let world: { near: boolean; server: boolean; path: boolean; session: SessionId | undefined }
let went: string[]
let routes: SignalRoutes
beforeEach(() => {
  turns = new Turns(1)
  world = { near: false, server: true, path: true, session: bob.session }
  went = []
  routes = new SignalRoutes({
    clock: turns.clock,
    isNear: () => world.near,
    carry: (_, sealed) => world.server && went.push(`${world.near ? 'near' : 'server'} ${sealed}`) > 0,
    sessionOf: () => world.session,
    hasPath: () => world.path,
    relay: (_, sealed) => went.push(`mesh ${sealed}`),
    count: () => {},
  })
})

test('a signal goes through the mesh where a path leads, and the server hears nothing of it', async () => {
  expect(routes.carry(bob, 'a')).toBe(true)
  routes.linked(bob.session)
  await turns.run()
  expect(went).toEqual(['mesh a'])
})

test('a sibling is reached directly', async () => {
  world.near = true
  routes.carry(bob, 'a')
  await turns.run()
  expect(went).toEqual(['near a'])
})

test.each([
  ['no path leads there', { path: false }],
  ['the mesh knows a former session of the peer', { session: 'k000-bobbobbob' as SessionId }],
  ['the mesh does not know the peer', { session: undefined }],
])('the server carries it where %s', async (_, change) => {
  Object.assign(world, change)
  expect(routes.carry(bob, 'a')).toBe(true)
  await turns.run()
  expect(went).toEqual(['server a'])
})

test('the server carries all of it, in order, where no link comes of it', async () => {
  for (const signal of ['a', 'b', 'c']) routes.carry(bob, signal)
  await turns.run()
  expect(went).toEqual(['mesh a', 'mesh b', 'mesh c', 'server a', 'server b', 'server c'])
})

test('with neither a path nor a server it says so, and tries again when one is back', async () => {
  Object.assign(world, { path: false, server: false })
  expect(routes.carry(bob, 'a')).toBe(false)
  turns.after(900, () => Object.assign(world, { server: true }))
  turns.after(910, () => routes.carry(bob, 'b'))
  await turns.run()
  expect(went).toEqual(['server b', 'server a'])
})

test('it gives up what nobody can carry', async () => {
  Object.assign(world, { path: false, server: false })
  routes.carry(bob, 'a')
  await turns.run(60_000)
  Object.assign(world, { server: true })
  await turns.run()
  expect(went).toEqual([])
})

test('closed, it sends nothing again', async () => {
  routes.carry(bob, 'a')
  routes.close()
  await turns.run()
  expect(went).toEqual(['mesh a'])
})
