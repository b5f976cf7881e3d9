/** Tabs of one browser find each other without a server; what does not fit the protocol is not heard. */
import { beforeEach, expect, test } from 'vitest'
import type { MeshError } from '../../src/base/errors.ts'
import type { RoomHash, SessionId } from '../../src/base/ids.ts'
import { BothRendezvous } from '../../src/link/both-rendezvous.ts'
import { siblingsMax } from '../../src/link/limits.ts'
import type { Rendezvous, RendezvousEvents, RendezvousMember } from '../../src/link/rendezvous.ts'
import { Siblings, siblingChannelName } from '../../src/link/siblings.ts'
import { Bus } from './support/bus.ts'
import { Turns } from './support/turns.ts'

const room = { hash: '0'.repeat(64) as RoomHash, tag: '000' }
const session = (name: string) => `k000-${name.padEnd(8, 'x')}` as SessionId

const everybody = siblingChannelName(room.hash)

/** A server whose every word the test says itself. */
class SpokenServer implements Rendezvous {
  readonly url = 'spoken:'
  readonly carried: string[] = []
  events: RendezvousEvents | undefined
  join(_room: unknown, _member: RendezvousMember, events: RendezvousEvents): void {
    this.events = events
  }
  setHello(): void {}
  signal(to: SessionId, data: string): boolean {
    this.carried.push(`${to} ${data}`)
    return true
  }
  knock(): void {}
  leave(): void {}
}

let turns: Turns
let bus: Bus
let watches: { readonly watched: SessionId; readonly onGone: () => void }[]
beforeEach(() => {
  turns = new Turns(7)
  bus = new Bus(turns)
  watches = []
})

function tab(name: string) {
  const said: string[] = []
  const siblings = new Siblings({
    channel: everybody,
    open: name => bus.open(name),
    clock: turns.clock,
    watch: (watched, onGone) => {
      watches.push({ watched, onGone })
      return () => {}
    },
  })
  const events: RendezvousEvents = {
    onWelcome: members => said.push(`welcome ${members.map(member => member.hello).sort()}`),
    onMember: member => said.push(`member ${member.hello}`),
    onFirst: member => said.push(`first ${member.hello}`),
    onLeft: left => said.push(`left ${left}`),
    onSignal: (from, data) => said.push(`signal ${from} ${data}`),
    onKnock: () => {},
    onKnockReply: () => {},
    onState: (state, error?: MeshError) => said.push(error ? `${state} ${error.code}` : state),
  }
  const member = { session: session(name), hello: `hello-${name}` }
  const join = (rendezvous: Rendezvous) => rendezvous.join(room, member, events)
  return { siblings, said, join, ...member }
}

test('the first is alone, and the next are told of all who were there before', async () => {
  const tabs = ['ada', 'bob', 'cyd'].map(tab)
  for (const one of tabs) {
    one.join(one.siblings)
    await turns.run(turns.clock.monotonicMs() + 1_000)
  }
  expect(tabs.map(one => one.said)).toEqual([
    ['welcome ', 'member hello-bob', 'member hello-cyd'],
    ['first hello-ada', 'welcome hello-ada', 'member hello-cyd'],
    [expect.stringMatching(/^first hello-(ada|bob)$/), 'welcome hello-ada,hello-bob'],
  ])
})

test('a signal reaches whom it is for, and nobody else', async () => {
  const [ada, bob, cyd] = [tab('ada'), tab('bob'), tab('cyd')]
  for (const one of [ada, bob, cyd]) one.join(one.siblings)
  await turns.run(1_000)
  const before = bus.woken
  expect(ada.siblings.signal(bob.session, 'sealed')).toBe(true)
  expect(ada.siblings.signal(session('stranger'), 'sealed')).toBe(false)
  await turns.run(2_000)
  expect(bus.woken - before).toBe(1)
  expect(bob.said.at(-1)).toBe(`signal ${ada.session} sealed`)
  expect(cyd.said.some(word => word.startsWith('signal'))).toBe(false)
})

test('of many tabs, each hears who comes, and who comes hears each: nobody hears the others answer', async () => {
  const tabs = Array.from({ length: 20 }, (_, at) => tab(`t${at}`))
  for (const one of tabs) one.join(one.siblings)
  await turns.run(1_000)
  const before = bus.woken
  const late = tab('late')
  late.join(late.siblings)
  await turns.run(2_000)
  expect(late.said[1]?.split(',')).toHaveLength(tabs.length)
  expect(bus.woken - before).toBe(2 * tabs.length)
})

test('who leaves, or whose lock is released, is near no more', async () => {
  const [ada, bob, cyd] = [tab('ada'), tab('bob'), tab('cyd')]
  for (const one of [ada, bob, cyd]) one.join(one.siblings)
  await turns.run(1_000)
  bob.siblings.leave()
  await turns.run(2_000)
  for (const { watched, onGone } of watches) if (watched === cyd.session) onGone()
  expect(ada.said.slice(-2)).toEqual([`left ${bob.session}`, `left ${cyd.session}`])
  expect(ada.siblings.isNear(bob.session) || ada.siblings.isNear(cyd.session)).toBe(false)
  expect(bob.siblings.isNear(ada.session)).toBe(false)
})

test('what any page of the origin may shout is checked', async () => {
  const ada = tab('ada')
  ada.join(ada.siblings)
  await turns.run(1_000)
  const stranger = bus.open(everybody)
  const shouts = [
    null,
    'join',
    { kind: 'join', session: 'UPPER CASE', hello: 'x' },
    { kind: 'join', session: session('eve'), hello: 'not base64url!' },
    { kind: 'join', session: session('eve'), hello: 'x'.repeat(4_097) },
    { kind: 'join', session: session('eve'), hello: 'x', more: 1 },
    { kind: 'signal', from: session('eve'), to: ada.session, data: 'x'.repeat(65_537) },
    { kind: 'here', to: session('other'), session: session('eve'), hello: 'x' },
    { kind: 'left', session: session('nobody') },
  ]
  for (const shout of shouts) stranger.postMessage(shout)
  await turns.run(2_000)
  expect(ada.said).toEqual(['welcome '])
  for (let at = 0; at < siblingsMax + 10; at++)
    stranger.postMessage({ kind: 'join', session: session(`f${at}`), hello: 'x' })
  await turns.run(3_000)
  expect(ada.said.filter(word => word.startsWith('member'))).toHaveLength(siblingsMax)
})

test('whom the server and the siblings both list is told of once', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  bob.join(bob.siblings)
  await turns.run(1_000)
  const server = new SpokenServer()
  const both = new BothRendezvous(server, ada.siblings)
  ada.join(both)
  await turns.run(2_000)
  server.events?.onState('connected')
  server.events?.onWelcome([bob, { session: session('far'), hello: 'hello-far' }], 2)
  server.events?.onMember(bob)
  expect(ada.said).toEqual(['first hello-bob', 'welcome hello-bob', 'connected', 'welcome hello-bob,hello-far'])
  both.signal(bob.session, 'near')
  both.signal(session('far'), 'far')
  expect(server.carried).toEqual([`${session('far')} far`])
})

test('that a sibling left its own lock tells, and not the server', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  bob.join(bob.siblings)
  await turns.run(1_000)
  const server = new SpokenServer()
  ada.join(new BothRendezvous(server, ada.siblings))
  await turns.run(2_000)
  server.events?.onWelcome([bob, { session: session('far'), hello: 'hello-far' }], 2)
  ada.said.length = 0
  server.events?.onLeft(bob.session)
  server.events?.onLeft(session('far'))
  expect(ada.said).toEqual([`left ${session('far')}`])
  for (const { watched, onGone } of watches) if (watched === bob.session) onGone()
  expect(ada.said).toEqual([`left ${session('far')}`, `left ${bob.session}`])
})

test('a server that is down is told of after the siblings have answered', async () => {
  const { MeshError } = await import('../../src/base/errors.ts')
  const [ada, bob, cyd] = [tab('ada'), tab('bob'), tab('cyd')]
  bob.join(bob.siblings)
  await turns.run(1_000)
  const server = new SpokenServer()
  ada.join(new BothRendezvous(server, ada.siblings))
  server.events?.onState('down', new MeshError('signaling-unreachable', 'nobody there'))
  expect(ada.said).toEqual([])
  await turns.run(2_000)
  expect(ada.said).toEqual(['first hello-bob', 'welcome hello-bob', 'down signaling-unreachable'])

  const lonely = new SpokenServer()
  bus = new Bus(turns)
  const alone = tab('dee')
  alone.join(new BothRendezvous(lonely, alone.siblings))
  lonely.events?.onState('down', new MeshError('signaling-unreachable', 'nobody there'))
  await turns.run(3_000)
  expect(alone.said).toEqual(['down signaling-unreachable'])
  expect(cyd.said).toEqual([])
})
