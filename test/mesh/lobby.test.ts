import { expect, test } from 'vitest'
import type { MeshError } from '../../src/base/errors.ts'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import type { Rendezvous, RendezvousEvents, RendezvousMember } from '../../src/link/rendezvous.ts'
import { protocolVersion } from '../../src/mesh/limits.ts'
import { Lobby } from '../../src/mesh/lobby.ts'
import { openRoom, type Room } from '../../src/mesh/room.ts'
import { signRecord } from '../../src/mesh/signed.ts'
import { Turns } from '../link/support/turns.ts'
import { until } from '../link/support/until.ts'
import { freshKeys, type Keys } from './support/keys.ts'

/** A rendezvous whose every word the test says itself. */
class SpokenRendezvous implements Rendezvous {
  readonly url = 'test:'
  events: RendezvousEvents | undefined
  readonly knocks: string[] = []
  hello = ''
  /** Sessions of the same browser. */
  readonly siblings = new Set<SessionId>()
  join(_room: unknown, member: RendezvousMember, events: RendezvousEvents): void {
    this.hello = member.hello
    this.events = events
  }
  setHello(hello: string): void {
    this.hello = hello
  }
  signal(): boolean {
    return true
  }
  knock(data: string): void {
    this.knocks.push(data)
  }
  isNear(session: SessionId): boolean {
    return this.siblings.has(session)
  }
  leave(): void {}
}

interface Visitor {
  readonly lobby: Lobby
  readonly server: SpokenRendezvous
  readonly keys: Keys
  readonly turns: Turns
  readonly near: string[]
  readonly candidates: string[]
  readonly left: string[]
  readonly welcomes: number[]
  readonly problems: string[]
}

const session = (text: string) => `k000-${text.padEnd(8, 'x')}` as SessionId

async function hello(room: Room, keys: Keys, of: SessionId, version = protocolVersion): Promise<string> {
  const record = await signRecord(keys.signer, 'announcement', { version, session: of })
  return room.seal.seal(new TextEncoder().encode(JSON.stringify(record)))
}

async function visit(room: Room, keys?: Keys): Promise<Visitor> {
  const own = keys ?? (await freshKeys())
  const server = new SpokenRendezvous()
  const turns = new Turns(1)
  const [candidates, near, left]: [string[], string[], string[]] = [[], [], []]
  const [welcomes, problems]: [number[], string[]] = [[], []]
  const lobby = new Lobby({
    self: own.id,
    room,
    clock: turns.clock,
    session: session('own'),
    rendezvous: server,
    onSignal: () => {},
    onCandidate: (peer, isNewcomer) => candidates.push(`${isNewcomer ? 'new' : 'here'} ${peer}`),
    onNear: ({ peer, session }) => near.push(`${peer} ${session}`),
    onLeft: (peer, of) => left.push(`${peer} ${of}`),
    onState: () => {},
    onWelcome: others => welcomes.push(others),
    onProblem: (error: MeshError) => problems.push(error.code),
  })
  await lobby.join(await signRecord(own.signer, 'announcement', { version: protocolVersion, session: session('own') }))
  return { lobby, server, keys: own, turns, candidates, near, left, welcomes, problems }
}

async function visitUnder(secrets: readonly string[]): Promise<Visitor[]> {
  return Promise.all(secrets.map(async secret => visit(await openRoom('lab', secret))))
}

test('members of the room become candidates: those who were here, and newcomers', async () => {
  const room = await openRoom('lab', 'secret')
  const [visitor, ada, bob] = [await visit(room), await freshKeys(), await freshKeys()]
  visitor.server.events?.onWelcome([{ session: session('ada'), hello: await hello(room, ada, session('ada')) }], 0)
  await until(() => visitor.welcomes.length === 1, 'it is welcome')
  visitor.server.events?.onMember({ session: session('bob'), hello: await hello(room, bob, session('bob')) })
  await until(() => visitor.candidates.length === 2, 'both are known')
  expect(visitor.candidates).toEqual([`here ${ada.id}`, `new ${bob.id}`])
  expect(visitor.welcomes).toEqual([1])
  expect(visitor.lobby.candidates).toEqual(
    new Map([
      [ada.id, session('ada')],
      [bob.id, session('bob')],
    ]),
  )
})

test('a tab that was reloaded does not take its former session for somebody to dial', async () => {
  const room = await openRoom('lab', 'secret')
  const visitor = await visit(room)
  const ghost = { session: session('former'), hello: await hello(room, visitor.keys, session('former')) }
  visitor.server.events?.onWelcome([ghost], 0)
  await until(() => visitor.welcomes.length === 1, 'it is welcome')
  expect([visitor.welcomes, visitor.candidates]).toEqual([[0], []])
})

test('a hello of another room, of another session, or of nobody is no candidate', async () => {
  const [room, other] = [await openRoom('lab', 'secret'), await openRoom('lab', 'guess')]
  const [visitor, ada] = [await visit(room), await freshKeys()]
  const forged = JSON.stringify({
    by: ada.id,
    json: JSON.stringify({ version: 1, session: session('c') }),
    signature: 'AA',
  })
  visitor.server.events?.onWelcome(
    [
      { session: session('a'), hello: await hello(other, ada, session('a')) },
      { session: session('b'), hello: await hello(room, ada, session('a')) },
      { session: session('c'), hello: await room.seal.seal(new TextEncoder().encode(forged)) },
      { session: session('d'), hello: await room.seal.seal(new TextEncoder().encode('not json')) },
      { session: session('e'), hello: 'garbage' },
    ],
    0,
  )
  await until(() => visitor.welcomes.length === 1, 'it is welcome')
  expect([visitor.welcomes, visitor.candidates, visitor.problems]).toEqual([[0], [], []])
})

test('a member of another version is no candidate, and the person is told to reload', async () => {
  const room = await openRoom('lab', 'secret')
  const [visitor, ada] = [await visit(room), await freshKeys()]
  const newer = await hello(room, ada, session('ada'), protocolVersion + 1)
  visitor.server.events?.onMember({ session: session('ada'), hello: newer })
  await until(() => visitor.problems.length === 1, 'a problem is told')
  expect([visitor.problems, visitor.candidates]).toEqual([['version-mismatch'], []])
})

test('of two sessions of one peer the later is dialled, and the end of the earlier changes nothing', async () => {
  const room = await openRoom('lab', 'secret')
  const [visitor, ada] = [await visit(room), await freshKeys()]
  const [early, late] = ['k000-aaaaaaaa', 'k001-aaaaaaaa'] as SessionId[] as [SessionId, SessionId]
  for (const of of [early, late, early])
    visitor.server.events?.onMember({ session: of, hello: await hello(room, ada, of) })
  await until(() => visitor.lobby.candidates.get(ada.id) === late, 'the later is known')
  visitor.server.events?.onLeft(early)
  expect(visitor.left).toEqual([`${ada.id} ${early}`])
  expect(visitor.lobby.candidates.get(ada.id)).toBe(late)
  visitor.server.events?.onLeft(late)
  expect(visitor.lobby.candidates.size).toBe(0)
})

test('who left while the server was away is no candidate after the next welcome', async () => {
  const room = await openRoom('lab', 'secret')
  const [visitor, ada, bob] = [await visit(room), await freshKeys(), await freshKeys()]
  const members = [
    { session: session('ada'), hello: await hello(room, ada, session('ada')) },
    { session: session('bob'), hello: await hello(room, bob, session('bob')) },
  ]
  visitor.server.events?.onWelcome(members, 0)
  await until(() => visitor.lobby.candidates.size === 2, 'both are known')
  visitor.server.events?.onWelcome(members.slice(0, 1), 0)
  await until(() => visitor.welcomes.length === 2, 'it is welcome again')
  expect([...visitor.lobby.candidates.keys()]).toEqual([ada.id])
})

test('alone under a wrong secret, a newcomer that knocks is told so', async () => {
  const [newcomer, resident] = (await visitUnder(['guess', 'secret'])) as [Visitor, Visitor]
  newcomer.server.events?.onWelcome([], 1)
  await until(() => newcomer.server.knocks.length === 1, 'it knocks')
  resident.server.events?.onKnock(newcomer.server.knocks[0] as string, reply =>
    newcomer.server.events?.onKnockReply(reply),
  )
  await until(() => newcomer.problems.length === 1, 'it is answered')
  expect(newcomer.problems).toEqual(['wrong-secret'])
  await until(() => newcomer.welcomes.length === 1, 'and then told that it is alone')
})

test.each<[string, string | undefined, string | undefined, string, string]>([
  // what                                        newcomer  resident   names of both
  ['a room of another name with the same tag', 'secret', 'secret', 'lab', 'den'],
  ['a public room of that name', 'secret', undefined, 'lab', 'lab'],
])('a knock at %s is not answered', async (_, mine, theirs, myName, theirName) => {
  const [newcomer, resident] = [
    await visit(await openRoom(myName, mine)),
    await visit(await openRoom(theirName, theirs)),
  ]
  newcomer.server.events?.onWelcome([], 1)
  await until(() => newcomer.server.knocks.length === 1, 'it knocks')
  const replies: string[] = []
  resident.server.events?.onKnock(newcomer.server.knocks[0] as string, reply => replies.push(reply))
  await newcomer.turns.run()
  await until(() => newcomer.welcomes.length === 1, 'it gives up waiting')
  expect([replies, newcomer.problems, newcomer.welcomes]).toEqual([[], [], [0]])
})

test('nobody knocks who is not alone, or in a public room, or where no other room has the tag', async () => {
  const room = await openRoom('lab', 'secret')
  const ada = await freshKeys()
  const [accompanied, open, unique] = [
    await visit(room),
    await visit(await openRoom('lab', undefined)),
    await visit(room),
  ]
  accompanied.server.events?.onWelcome([{ session: session('ada'), hello: await hello(room, ada, session('ada')) }], 1)
  open.server.events?.onWelcome([], 1)
  unique.server.events?.onWelcome([], 0)
  for (const visitor of [accompanied, open, unique]) await until(() => visitor.welcomes.length === 1, 'it is welcome')
  expect([accompanied, open, unique].flatMap(visitor => visitor.server.knocks)).toEqual([])
})

test('a reply that nobody could have sealed is no reply', async () => {
  const [newcomer] = (await visitUnder(['guess', 'secret'])) as [Visitor, Visitor]
  const liar = await openRoom('elsewhere', 'secret')
  newcomer.server.events?.onWelcome([], 1)
  await until(() => newcomer.server.knocks.length === 1, 'it knocks')
  newcomer.server.events?.onKnockReply('AAAA')
  newcomer.server.events?.onKnockReply(newcomer.server.knocks[0] as string) // its own knock says nothing of being open
  newcomer.server.events?.onKnockReply(
    await liar.nameSeal.seal(new TextEncoder().encode('{"room":"lab","isOpen":true}')),
  )
  await newcomer.turns.run()
  await until(() => newcomer.welcomes.length === 1, 'it gives up waiting')
  expect(newcomer.problems).toEqual([])
  expect(newcomer.lobby.candidates.has('nobody' as PeerId)).toBe(false)
})

test('a tab of this browser is told as such when both know it, whichever source lists it first', async () => {
  const room = await openRoom('r', 'secret')
  const { server, near, candidates } = await visit(room)
  const other = await freshKeys()
  const member = { session: session('other'), hello: await hello(room, other, session('other')) }
  server.events?.onWelcome([member], 0)
  await until(() => candidates.length > 0, 'it is listed')
  expect(near).toEqual([])
  server.siblings.add(member.session)
  server.events?.onWelcome([member], 0)
  await until(() => near.length > 0, 'it is told of')
  expect(near).toEqual([`${other.id} ${member.session}`])
  expect(candidates).toHaveLength(1)
})
