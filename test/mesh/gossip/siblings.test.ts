/** Broadcasts among tabs of one browser, in a room of real gossipsub nodes: past all links, once to each, and by links where that way is not there. */
import { afterEach, expect, test } from 'vitest'
import { randomId, systemClock } from '../../../src/base/system.ts'
import { bufferedBytesHigh } from '../../../src/link/limits.ts'
import { MemoryHub, type MemoryProvider } from '../../../src/link/memory.ts'
import type { Pipe } from '../../../src/link/types.ts'
import { encodeUnsigned } from '../../../src/mesh/batch.ts'
import { Figures } from '../../../src/mesh/figures.ts'
import { encodeFrame } from '../../../src/mesh/frame.ts'
import { SiblingGossip } from '../../../src/mesh/gossip/siblings/driver.ts'
import { passOnMs } from '../../../src/mesh/gossip/siblings/limits.ts'
import type { SiblingPipes } from '../../../src/mesh/gossip/siblings/pipes.ts'
import { Trees } from '../../../src/mesh/gossip/trees/driver.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import { MemoryRoom, sees, until } from '../support/memory-mesh.ts'
import { quickClock } from '../support/quick-clock.ts'

const rooms: MemoryRoom[] = []
const open: { close(): void }[] = []
afterEach(async () => {
  for (const part of open.splice(0)) part.close()
  await Promise.all(rooms.splice(0).map(room => room.close()))
})

interface Tab {
  readonly mesh: MeshPeer
  readonly pipes: SiblingPipes
  readonly links: MemoryProvider
  readonly figures: Figures
  readonly heard: string[]
  /** Batches that gossipsub sent over links. */
  readonly sent: { count: number }
}

/** One letter for the browser of each tab. */
async function tabs(browsers: string, apart: readonly number[] = [], clock = systemClock): Promise<Tab[]> {
  const room = new MemoryRoom(clock)
  rooms.push(room)
  const hub = new MemoryHub()
  const joined: Tab[] = []
  for (const [at, browser] of [...browsers].entries()) {
    const blocked = apart.includes(at) ? joined.flatMap((tab, other) => (apart.includes(other) ? [tab.mesh] : [])) : []
    joined.push(await opened(room, hub, `P${at}`, { browser, blocked }))
  }
  await until(() => room.peers.every(peer => sees(peer, room.peers) && peer.links.length > 0), 'all are linked')
  return joined
}

async function opened(...where: Parameters<typeof joinedWithPipes>): Promise<Tab> {
  const { links, mesh } = await joinedWithPipes(...where)
  const figures = new Figures(systemClock, (event, listener) => mesh.on(event, listener))
  mesh.measure(figures)
  const isSibling = (peer: MeshPeer['id']) => mesh.pipes?.isSettled(peer) === true
  const trees = new Trees({ ...mesh.gossip, clock: systemClock, mesh, isSibling })
  const pipes = mesh.pipes as SiblingPipes
  new SiblingGossip({ ...mesh.gossip, clock: systemClock, pipes, trees })
  open.push(trees)
  return { mesh, links, pipes, figures, heard: heardBy(mesh), sent: await sentBy(mesh) }
}

/** With what reaches the other tabs of its browser. */
async function joinedWithPipes(
  room: MemoryRoom,
  hub: MemoryHub,
  name: string,
  options: Parameters<MemoryRoom['join']>[1],
) {
  let links: MemoryProvider | undefined
  const mesh = await room.join(name, {
    ...options,
    siblingLinks: ({ self }) => {
      links = hub.provider(self)
      return links
    },
  })
  return { mesh, links: links as unknown as MemoryProvider }
}

function heardBy(mesh: MeshPeer): string[] {
  const heard: string[] = []
  mesh.subscribe('word', payload => heard.push(payload as string))
  return heard
}

async function routerOf<Router>(mesh: MeshPeer): Promise<Router> {
  const node = (await mesh.gossip.node()) as unknown as { readonly services: { readonly pubsub: Router } }
  return node.services.pubsub
}

async function sentBy(mesh: MeshPeer): Promise<{ count: number }> {
  const sent = { count: 0 }
  const pubsub = await routerOf<{ sendRpc: SendRpc }>(mesh)
  const send = pubsub.sendRpc.bind(pubsub)
  pubsub.sendRpc = (to, rpc) => {
    sent.count += rpc.messages.length
    return send(to, rpc)
  }
  return sent
}
type SendRpc = (to: string, rpc: { readonly messages: readonly unknown[] }) => boolean

async function say(speaker: Tab, listeners: readonly Tab[]): Promise<string> {
  const word = randomId()
  await speaker.mesh.broadcast('word', word)
  const others = listeners.filter(listener => listener !== speaker)
  await until(() => others.every(({ heard }) => heard.includes(word)), `${word} is heard by all`)
  return word
}

const reached = (tab: Tab, all: readonly Tab[]) => all.filter(({ mesh }) => tab.pipes.has(mesh.id)).length

const paired = (all: readonly Tab[]) =>
  until(() => all.every(tab => reached(tab, all) === all.length - 1), 'each has a pipe to each')

test('a batch reaches each tab of the browser once, and no link carries it', async () => {
  const all = await tabs('aaaaaa')
  await paired(all)
  for (let round = 0; round < 4; round++) {
    for (const speaker of all) await say(speaker, all)
    await new Promise(resolve => setTimeout(resolve, 2 * passOnMs)) // each round shows which links are not needed
  }
  const before = all.map(({ sent }) => sent.count)
  const words: string[] = []
  for (const speaker of all) for (let word = 0; word < 5; word++) words.push(await say(speaker, all))
  const carried = all.reduce((sum, { sent }, at) => sum + sent.count - (before[at] ?? 0), 0)
  expect(carried).toBeLessThan(words.length / 3) // a link that was just made shows by one copy that it is not needed
  for (const { heard } of all) expect(new Set(heard).size).toBe(heard.length)
  const [{ figures }] = all as [Tab]
  const { received, duplicates } = figures.topics.read().batches
  expect(received).toBe(9 * 5)
  expect(duplicates).toBeLessThan(received / 2) // each origin's first flooded
})

test('tabs of several browsers hear each other too', async () => {
  const all = await tabs('aaabbbc')
  await paired(all.slice(0, 3))
  for (const speaker of all) for (let word = 0; word < 4; word++) await say(speaker, all)
  for (const { heard } of all) expect(new Set(heard).size).toBe(heard.length)
})

function saying(word: string): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(word))
  const header = { kind: 'broadcast', id: randomId(), topic: 'word', timestamp: 1, body: 'json' } as const
  return encodeFrame({ header, body })
}

const isSettledFor = (tab: Tab, all: readonly Tab[]) =>
  tab.pipes.areSettled(all.flatMap(({ mesh }) => (mesh === tab.mesh ? [] : [mesh.id])))

const unsigned = ({ mesh }: Tab) => mesh.counters['gossip.unsigned-batches-sent'] ?? 0

test('where all there are have had their pipes for a while nothing is signed, and gossip never hears of it', async () => {
  const clock = quickClock(20)
  const all = await tabs('aaaa', [], clock)
  const [one] = all as [Tab]
  await until(() => all.every(tab => isSettledFor(tab, all)), 'settled')
  const before = all.map(({ sent }) => sent.count)
  for (const speaker of all) await say(speaker, all)
  expect(all.map(unsigned)).toEqual([1, 1, 1, 1])
  const words = Array.from({ length: 500 }, (_, at) => `word ${at}`)
  for (const { heard } of all) heard.length = 0
  for (const [at, word] of words.entries())
    await one.pipes.post(await encodeUnsigned(one.mesh.id, at + 1, [saying(word)]))
  await until(() => all.every(tab => tab === one || tab.heard.length >= words.length), 'all of them are heard')
  for (const tab of all) expect(tab.heard).toEqual(tab === one ? [] : words)
  expect(all.map(({ sent }) => sent.count)).toEqual(before)
  all[3]?.pipes.close()
  await until(() => !one.pipes.has(all[3]?.mesh.id as never), 'one pipe is gone')
  await say(one, all)
  expect(unsigned(one)).toBe(1)
}, 30_000)

test('once somebody of another browser is here, what is said is signed, and passed on', async () => {
  const clock = quickClock(20)
  const all = await tabs('aaa', [], clock)
  const [one] = all as [Tab]
  await until(() => isSettledFor(one, all), 'settled')
  await say(one, all)
  expect(unsigned(one)).toBe(1)
  const far = await opened(rooms.at(-1) as MemoryRoom, new MemoryHub(), 'far', { browser: 'b' })
  const everybody = [...all, far]
  const meshes = everybody.map(({ mesh }) => mesh)
  await until(() => meshes.every(mesh => sees(mesh, meshes) && mesh.links.length > 0), 'it is known and linked')
  for (const speaker of everybody) await say(speaker, everybody)
  expect(unsigned(one)).toBe(1)
  for (const { heard } of everybody) expect(new Set(heard).size).toBe(heard.length)
}, 30_000)

test('who is cut off says and hears nothing past the links either, and is heard again after the cut', async () => {
  const all = await tabs('aaa')
  await paired(all)
  const [one, two, three] = all as [Tab, Tab, Tab]
  await say(one, all)
  for (const other of [two, three]) await one.mesh.faults.request({ kind: 'cut', target: other.mesh.id })
  await one.mesh.broadcast('word', 'to nobody')
  await say(two, [two, three])
  expect(reached(one, all)).toBe(0)
  expect(two.heard).not.toContain('to nobody')
  await one.mesh.faults.request({ kind: 'heal' })
  await until(() => all.every(({ mesh }) => mesh.links.length > 0), 'linked again', 20_000)
  await say(one, all)
  await paired(all)
}, 40_000)

test('a message to a tab without a link takes the pipe, both ways, and so does what the mesh says for itself', async () => {
  const all = await tabs('aaa', [0, 1])
  await paired(all)
  const [one, two, three] = all as [Tab, Tab, Tab]
  const taken: string[] = []
  for (const { mesh, pipes } of [one, two]) {
    const send = pipes.send.bind(pipes)
    pipes.send = (to, encode) => {
      const isTaken = send(to, encode)
      taken.push(`${mesh.id} ${isTaken}`)
      return isTaken
    }
  }
  two.mesh.handle('double', payload => 2 * (payload as number))
  expect(await one.mesh.request(two.mesh.id, 'double', 21)).toBe(42)
  expect(taken).toEqual(expect.arrayContaining([`${one.mesh.id} true`, `${two.mesh.id} true`]))
  const posted: unknown[] = []
  three.mesh.onPost('own', payload => posted.push(payload))
  await one.mesh.send(three.mesh.id, 'said', 'over the link, in order with all that is said')
  one.mesh.post(three.mesh.id, 'own', 'a word of the mesh')
  await until(() => posted.length === 1, 'the word came')
  expect(taken.filter(way => way === `${one.mesh.id} true`)).toHaveLength(2)
  const large = 'x'.repeat(100_000) // more than a pipe's frame holds: relayed
  two.mesh.handle('length', payload => (payload as string).length)
  expect(await one.mesh.request(two.mesh.id, 'length', large)).toBe(large.length)
})

test('a tab that is gone has no pipe any more, and the others go on hearing each other', async () => {
  const all = await tabs('aaaa')
  await paired(all)
  const [one, two, ...others] = all as [Tab, Tab, Tab, Tab]
  rooms[0]?.crash(two.mesh)
  await until(() => [one, ...others].every(tab => !tab.pipes.has(two.mesh.id)), 'its pipes are closed')
  for (const speaker of [one, ...others]) await say(speaker, [one, ...others])
})

test('a batch in the name of somebody else, or of nobody, is dropped and counted', async () => {
  const all = await tabs('aab')
  const [one, two, intruder] = all as [Tab, Tab, Tab]
  await paired([one, two])
  const signed: Uint8Array[] = []
  const pubsub = await routerOf<{ publish: Publish }>(two.mesh)
  const publish = pubsub.publish.bind(pubsub)
  pubsub.publish = (topic, batch) => {
    signed.push(batch)
    return publish(topic, batch)
  }
  await say(two, all)
  const pipe = await intruder.links.dial(
    { peer: one.mesh.id, session: one.mesh.session },
    { signal: new AbortController().signal },
  )
  const [batch] = signed as [Uint8Array]
  pipe.send(Uint8Array.from([0, ...batch]))
  for (const junk of [[], [0], [0, 1, 2, 3], [1], [1, 9, 9, 9], [7, 1]]) pipe.send(Uint8Array.from(junk))
  await until(() => one.mesh.counters['dropped.malformed'] === 7, 'all are counted')
  expect(one.heard).toHaveLength(1)
})
type Publish = (topic: string, batch: Uint8Array) => Promise<unknown>

test('a tab that takes nothing in holds the others up once, and then hears by links', async () => {
  const all = await tabs('aab')
  const [one, two, frozen] = all as [Tab, Tab, Tab]
  await paired([one, two])
  const sent: Uint8Array[] = []
  let end: (reason: string) => void = () => {}
  const full: Pipe = {
    kind: 'broadcast',
    remote: { peer: frozen.mesh.id, session: frozen.mesh.session },
    bufferedBytes: bufferedBytesHigh,
    send: frame => void sent.push(frame),
    open: ({ onClose }) => {
      end = onClose
    },
    close: reason => end(reason),
  }
  one.pipes.use(full)
  for (let word = 0; word < 3; word++) await say(one, all)
  expect(sent).toEqual([])
  expect(one.mesh.counters['gossip.siblings-stalled']).toBe(1)
  expect(one.pipes.has(frozen.mesh.id)).toBe(false)
})

/** Two tabs that cannot be linked; `onMet` runs when the second is let in. */
async function letIn(onMet: (newcomer: MeshPeer, standing: MeshPeer) => void) {
  const room = new MemoryRoom()
  rooms.push(room)
  const hub = new MemoryHub()
  const options = { browser: 'a', hasSiblings: true }
  const { mesh: standing } = await joinedWithPipes(room, hub, 'standing', options)
  takeBatches(standing)
  const { mesh: newcomer } = await joinedWithPipes(room, hub, 'newcomer', {
    ...options,
    blocked: [standing],
    onMade: mesh => mesh.on('agent-join', () => onMet(mesh, standing)),
  })
  return { standing, newcomer }
}

function takeBatches(mesh: MeshPeer): void {
  const trees = new Trees({ ...mesh.gossip, clock: systemClock, mesh, isSibling: () => false })
  open.push(trees)
  new SiblingGossip({ ...mesh.gossip, clock: systemClock, pipes: mesh.pipes as SiblingPipes, trees })
}

test('a tab of the browser lets a newcomer in past all links, before it has made a node', async () => {
  const asked = Promise.withResolvers<unknown>()
  let isMade = false
  const { standing, newcomer } = await letIn((mesh, other) => {
    void mesh.gossip.node()?.then(() => {
      isMade = true
    })
    other.handle('double', payload => 2 * (payload as number))
    asked.resolve(mesh.request(other.id, 'double', 21).then(answer => [answer, isMade]))
  })
  expect(await asked.promise).toEqual([42, false])
  expect(sees(newcomer, [standing, newcomer]) && sees(standing, [standing, newcomer])).toBe(true)
  expect(newcomer.links).toEqual([])
})

test('what is said to a newcomer while a part of it is loaded, it hears once, when that is there', async () => {
  let heard: string[] = []
  const { standing, newcomer } = await letIn(mesh => {
    heard = heardBy(mesh)
  })
  await until(() => standing.pipes?.has(newcomer.id) === true, 'it has a pipe')
  await standing.broadcast('word', 'early')
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(heard).toEqual([])
  takeBatches(newcomer)
  await until(() => heard.length > 0, 'it hears')
  expect(heard).toEqual(['early'])
})

test('what a newcomer says at once is not lost, though it has no link for a while', async () => {
  const said = Promise.withResolvers<unknown>()
  let heard: string[] = []
  const { newcomer } = await letIn((mesh, other) => {
    heard = heardBy(other)
    said.resolve(mesh.broadcast('word', 'at once'))
  })
  takeBatches(newcomer)
  await said.promise
  await until(() => heard.length > 0, 'it is heard')
  expect(heard).toEqual(['at once'])
}, 20_000)
