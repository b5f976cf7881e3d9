/** Pipes between tabs of one browser: dialled, credited and closed; whatever else is said on their channels is not heard. */
import { beforeEach, expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { BroadcastLinks } from '../../../src/link/broadcast/links.ts'
import {
  bufferedBytesHigh,
  bufferedBytesLow,
  frameBytesMax,
  siblingDialMs,
  siblingsMax,
} from '../../../src/link/limits.ts'
import type { Pipe } from '../../../src/link/types.ts'
import { Bus } from '../support/bus.ts'
import { Turns } from '../support/turns.ts'

let turns: Turns
let bus: Bus
beforeEach(() => {
  turns = new Turns(3)
  bus = new Bus(turns)
})

let ids = 0
/** Whom nobody lets in any more. */
const full = new Set<PeerId>()

const nextSession = (name: string) => `k${String(ids++).padStart(3, '0')}-${name.padEnd(8, 'x')}` as SessionId

/** Tabs that were opened later have later sessions. */
function tab(name: string, { signedBy = name, session = nextSession(name), checksMs = 0 } = {}) {
  const self = { peer: name as PeerId, session }
  const links = new BroadcastLinks({
    self,
    clock: turns.clock,
    newId: () => `attempt-${ids++}`,
    open: name => bus.open(name),
    isFullFor: peer => full.has(peer),
    nameOf: async purpose => `room:${purpose}`,
    prove: async words => `${signedBy}: ${words}`,
    isProof: async (peer, words, proof) => {
      if (checksMs > 0) await new Promise<void>(resolve => turns.clock.after(checksMs, resolve))
      return proof === `${peer}: ${words}`
    },
  })
  const pipes: Pipe[] = []
  links.onPipe(pipe => pipes.push(pipe))
  return { self, links, pipes }
}

type Tab = ReturnType<typeof tab>

/** What a dial came to: its pipe, or the code of its error. */
async function dialled(from: Tab, to: Tab, patienceMs = siblingDialMs + 1): Promise<Pipe | string> {
  const outcome = from.links
    .dial(to.self, { signal: new AbortController().signal })
    .catch((error: { code: string }) => error.code)
  await turns.run(turns.clock.monotonicMs() + patienceMs)
  return outcome
}

function opened(pipe: Pipe | undefined | string) {
  if (!pipe || typeof pipe === 'string') throw new Error(`no pipe: ${pipe}`)
  const heard: Uint8Array[] = []
  const told: string[] = []
  pipe.open({
    onFrame: frame => heard.push(frame),
    onDrain: () => told.push('drain'),
    onClose: reason => told.push(`close: ${reason}`),
  })
  return { pipe, heard, told }
}

const run = () => turns.run(turns.clock.monotonicMs() + 100)

test('frames cross a pipe both ways, in order, and nothing around them does', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  const near = opened(await dialled(ada, bob))
  const far = opened(bob.pipes[0])
  expect(far.pipe).toMatchObject({ kind: 'broadcast', remote: ada.self })
  const buffer = Uint8Array.from([9, 1, 2, 3, 9])
  near.pipe.send(buffer.subarray(1, 4))
  near.pipe.send(Uint8Array.from([4]))
  far.pipe.send(Uint8Array.from([5]))
  await run()
  expect(far.heard.map(frame => [...frame])).toEqual([[1, 2, 3], [4]])
  expect(far.heard[0]?.buffer.byteLength).toBe(3)
  expect(near.heard.map(frame => [...frame])).toEqual([[5]])
})

test('who hears a pipe is nobody but its two ends', async () => {
  const [ada, bob, cyd] = [tab('ada'), tab('bob'), tab('cyd')]
  const near = opened(await dialled(ada, bob))
  await dialled(ada, cyd)
  const before = bus.woken
  near.pipe.send(Uint8Array.from([1]))
  await run()
  expect(bus.woken - before).toBe(1)
})

test('what the other end has not handled counts as buffered, and when enough is, it tells', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  const near = opened(await dialled(ada, bob))
  opened(bob.pipes[0])
  const frames = bufferedBytesHigh / frameBytesMax
  for (let at = 0; at < frames; at++) near.pipe.send(new Uint8Array(frameBytesMax))
  expect(near.pipe.bufferedBytes).toBe(bufferedBytesHigh)
  expect(near.told).toEqual([])
  await run()
  expect(near.pipe.bufferedBytes).toBeLessThanOrEqual(bufferedBytesLow)
  expect(near.told).toEqual(['drain'])
})

test('a close is told to the other end after all that was sent before it', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  const near = opened(await dialled(ada, bob))
  const far = opened(bob.pipes[0])
  near.pipe.send(Uint8Array.from([1]))
  near.pipe.close('enough')
  near.pipe.send(Uint8Array.from([2]))
  await run()
  expect(far.heard).toHaveLength(1)
  expect([near.told, far.told]).toEqual([['close: enough'], ['close: enough']])
})

test('of two that dial each other at once both end with one pipe, the same', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  const theirs = bob.links.dial(ada.self, { signal: new AbortController().signal }).catch(error => error.code)
  const near = opened(await dialled(ada, bob))
  expect(await theirs).toBe('disconnected')
  const far = opened(bob.pipes[0])
  expect([ada.pipes, bob.pipes].map(pipes => pipes.length)).toEqual([0, 1])
  far.pipe.send(Uint8Array.from([7]))
  await run()
  expect(near.heard).toHaveLength(1)
})

test('a peer that dials again, after a reload, takes the place of its former self, and not the other way round', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  await dialled(ada, bob)
  const former = opened(bob.pipes[0])
  const reloaded = tab('ada')
  await dialled(reloaded, bob)
  expect(former.told).toEqual(['close: dialled again'])
  expect(await dialled(ada, bob)).toBe('dial-failed')
  expect(bob.pipes).toHaveLength(2)
})

test('a dial ends without an answer, and when it is given up', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  bob.links.close()
  expect(await dialled(ada, bob)).toBe('dial-failed')
  const controller = new AbortController()
  const dial = ada.links.dial(bob.self, { signal: controller.signal }).catch(error => error.code)
  controller.abort()
  expect(await dial).toBe('aborted')
  expect(ada.links.engaged.size).toBe(0)
})

test('who cannot prove its PeerId is neither answered nor linked to', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  expect(await dialled(tab('cyd', { signedBy: 'mallory' }), bob)).toBe('dial-failed')
  expect(await dialled(ada, tab('cyd', { signedBy: 'mallory' }))).toBe('dial-failed')
  expect([ada.pipes, bob.pipes]).toEqual([[], []])
})

test('of a flood of dials no more are answered at a time than a browser has tabs', async () => {
  const bob = tab('bob')
  await run()
  const door = bus.open(`room:own ${bob.self.session}`)
  for (let at = 0; at < siblingsMax + 50; at++) {
    const words = { kind: 'dial', peer: `p${at}`, session: nextSession('flood'), attempt: `flood-${at}` }
    const proof = `p${at}: dial ${words.attempt} ${words.session} ${bob.self.session}`
    door.postMessage({ ...words, proof })
  }
  const answered = () => [...bus.names].filter(name => name.startsWith('room:pair flood')).length
  await run()
  expect(answered()).toBe(siblingsMax)
  await turns.run(turns.clock.monotonicMs() + siblingDialMs)
  expect(answered()).toBe(0)
  expect(opened(await dialled(tab('ada'), bob)).pipe.remote).toEqual(bob.self)
})

test('a dial that is heard long after it was given up, by a tab that was frozen, comes to nothing', async () => {
  const ada = tab('ada')
  const bob = { self: { peer: 'bob' as PeerId, session: 'k999-frozenxx' as SessionId } }
  const queue = bus.open(`room:own ${bob.self.session}`)
  const words: unknown[] = []
  queue.onmessage = event => words.push(event.data)
  expect(await dialled(ada, bob as Tab)).toBe('dial-failed')
  queue.close()
  const thawed = tab('bob', { session: bob.self.session })
  const door = bus.open(`room:own ${bob.self.session}`)
  for (const word of words) door.postMessage(word)
  await turns.run(turns.clock.monotonicMs() + siblingDialMs + 1)
  expect(words).toHaveLength(1)
  expect([ada.pipes, thawed.pipes]).toEqual([[], []])
})

test('who takes too long to say that it listens has no pipe, and neither has the other', async () => {
  for (const checksMs of [siblingDialMs - 50, siblingDialMs, siblingDialMs + 50]) {
    const [ada, bob] = [tab('ada', { checksMs }), tab('bob')]
    const outcome = await dialled(ada, bob, 2 * siblingDialMs)
    const told = typeof outcome === 'string' ? [outcome] : opened(outcome).told
    const isOpen = told.length === 0
    expect(bob.pipes.length === 1 && opened(bob.pipes[0]).told.length === 0, `${checksMs} ms: ${told}`).toBe(isOpen)
    if (checksMs > siblingDialMs) expect(told).toEqual(['dial-failed'])
  }
})

test('what does not fit the protocol is not heard', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  const near = opened(await dialled(ada, bob))
  const far = opened(bob.pipes[0])
  const pair = bus.open([...bus.names].find(name => name.startsWith('room:pair')) ?? '')
  const own = bus.open(`room:own ${bob.self.session}`)
  for (const word of [
    undefined,
    'x',
    {},
    { kind: 'credit', bytes: -5 },
    { kind: 'close' },
    new Uint8Array(frameBytesMax + 1),
  ]) {
    pair.postMessage(word)
    own.postMessage(word)
  }
  own.postMessage({ kind: 'dial', peer: 'ada', session: 'no session', attempt: 'x' })
  await run()
  expect([near.heard, far.heard, near.told, far.told]).toEqual([[], [], [], []])
  expect(bob.pipes).toHaveLength(1)
})

test('who is one too many for the room is not answered', async () => {
  const [ada, bob] = [tab('ada'), tab('bob')]
  full.add(ada.self.peer)
  expect(await dialled(ada, bob)).toBe('dial-failed')
  full.clear()
  expect(await dialled(ada, bob)).not.toBe('dial-failed')
})
