import { expect, test } from 'vitest'
import { MeshError } from '../../src/base/errors.ts'
import type { PeerId } from '../../src/base/ids.ts'
import type { Payload } from '../../src/base/json.ts'
import {
  broadcastBytesMax,
  callRetriesMax,
  callTimeoutMsMax,
  handlersRunningMax,
  topicCharsMax,
} from '../../src/mesh/limits.ts'
import { Turns } from '../link/support/turns.ts'
import { ExchangeRoom } from './support/exchange-room.ts'

const [ada, bob, cyd, dee] = ['ada', 'bob', 'cyd', 'dee'] as PeerId[] as [PeerId, PeerId, PeerId, PeerId]

function roomOf(...names: PeerId[]) {
  const room = new ExchangeRoom(new Turns(1))
  return { room, turns: room.turns, exchanges: names.map(name => room.join(name)) as [E, E, E, E] }
}
type E = ReturnType<ExchangeRoom['join']>

/** What a promise comes to while the room runs. */
async function outcome<T>(room: ExchangeRoom, promise: Promise<T>): Promise<T | string> {
  const settled = promise.catch((error: MeshError) => error.code)
  await room.turns.run()
  return settled
}

test('a request is answered by the handler, who learns who asks, about what, and when', async () => {
  const { room, exchanges } = roomOf(ada, bob)
  const [asker, answerer] = exchanges
  answerer.handle('sum', (payload, incoming) => ({
    sum: (payload as number[]).reduce((a, b) => a + b),
    incoming: { ...incoming },
  }))
  expect(await outcome(room, asker.request(bob, 'sum', [1, 2, 3]))).toEqual({
    sum: 6,
    incoming: { from: ada, topic: 'sum', correlationId: 'id 1', timestamp: 0 },
  })
})

test.each<[string, Payload | undefined, Payload]>([
  ['JSON', { a: [1, null, 'x'] }, { a: [1, null, 'x'] }],
  ['bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
  ['nothing as null', undefined, null],
  ['false', false, false],
])('an answer may be %s', async (_, given, expected) => {
  const { room, exchanges } = roomOf(ada, bob)
  exchanges[1].handle('x', () => given)
  expect(await outcome(room, exchanges[0].request(bob, 'x', null))).toEqual(expected)
})

test('a handler that fails, is missing, or answers too much tells why', async () => {
  const { room, exchanges } = roomOf(ada, bob)
  const [asker, answerer] = exchanges
  answerer.handle('throws', () => {
    throw new Error('broken')
  })
  answerer.handle('refuses', () => Promise.reject(new MeshError('overloaded', 'busy')))
  answerer.handle('huge', () => new Uint8Array(2_000_000))
  answerer.handle('long', () => Promise.reject(new Error('x'.repeat(5_000))))
  await expect(outcome(room, asker.request(bob, 'throws', null))).resolves.toBe('handler-failed')
  await expect(outcome(room, asker.request(bob, 'refuses', null))).resolves.toBe('overloaded')
  await expect(outcome(room, asker.request(bob, 'huge', null))).resolves.toBe('too-large')
  await expect(outcome(room, asker.request(bob, 'nothing', null))).resolves.toBe('no-handler')
  const failure = asker.request(bob, 'long', null).catch((error: MeshError) => error.message.length)
  await room.turns.run()
  expect(await failure).toBe(1_000)
})

test('a request whose answers are lost is sent again, handled once, and answered with the same answer', async () => {
  const { room, exchanges } = roomOf(ada, bob)
  let handled = 0
  let lost = 0
  room.isLost = frame => frame.header.kind === 'reply' && ++lost <= 2
  exchanges[1].handle('count', () => ++handled)
  expect(await outcome(room, exchanges[0].request(bob, 'count', null, { timeoutMs: 900 }))).toBe(1)
  expect(handled).toBe(1)
  expect(room.sent).toEqual([
    'request count',
    'reply count',
    'request count',
    'reply count',
    'request count',
    'reply count',
  ])
})

test('a request that comes again while it is being worked out waits for the first', async () => {
  const { room, turns, exchanges } = roomOf(ada, bob)
  let handled = 0
  exchanges[1].handle('slow', () => new Promise(resolve => turns.after(700, () => resolve(++handled))))
  expect(await outcome(room, exchanges[0].request(bob, 'slow', null, { timeoutMs: 900 }))).toBe(1)
  expect(handled).toBe(1)
})

test('a send is delivered once to every subscriber however often it is sent, and resolves when it is acknowledged', async () => {
  const { room, exchanges } = roomOf(ada, bob)
  const heard: Payload[] = []
  let lost = 0
  room.isLost = frame => frame.header.kind === 'ack' && ++lost <= 1
  const off = exchanges[1].subscribe('news', payload => heard.push(payload))
  exchanges[1].subscribe('news', () => {
    throw new Error('a subscriber of no use')
  })
  exchanges[1].subscribe('news', payload => heard.push(payload))
  expect(await outcome(room, exchanges[0].send(bob, 'news', 'a'))).toBeUndefined()
  expect(heard).toEqual(['a', 'a'])
  expect(room.counters['subscriber-failed']).toBe(1)
  off()
  await outcome(room, exchanges[0].send(bob, 'news', 'b'))
  await outcome(room, exchanges[0].send(bob, 'other', 'c')) // nobody subscribes: acknowledged all the same
  expect(heard).toEqual(['a', 'a', 'b'])
})

test('a broadcast reaches all others and not its sender', async () => {
  const { room, exchanges } = roomOf(ada, bob, cyd)
  const heard: string[] = []
  for (const [at, exchange] of exchanges.entries())
    exchange.subscribe('news', (payload, { from }) => heard.push(`${at} ${from} ${payload}`))
  await outcome(room, exchanges[0].broadcast('news', 'hello'))
  expect(heard).toEqual(['1 ada hello', '2 ada hello'])
})

test('gather has one outcome for each peer: value, error, timeout or disconnected', async () => {
  const { room, turns, exchanges } = roomOf(ada, bob, cyd, dee)
  const [asker, answers, fails, departs] = exchanges
  room.join('eve') // has no handler
  answers.handle('x', () => 'yes')
  fails.handle('x', () => Promise.reject(new Error('no')))
  departs.handle('x', () => new Promise(() => {}))
  room.join('fay').handle('x', () => new Promise(() => {}))
  turns.after(50, () => asker.departed(dee))
  expect(await outcome(room, asker.gather('x', null, { timeoutMs: 500, retries: 0 }))).toMatchObject([
    { peer: bob, status: 'value', value: 'yes' },
    { peer: cyd, status: 'error', error: { code: 'handler-failed', message: 'no' } },
    { peer: dee, status: 'disconnected' },
    { peer: 'eve', status: 'error', error: { code: 'no-handler' } },
    { peer: 'fay', status: 'timeout' },
  ])
})

test('gather with a quorum resolves with the first values and waits for no more', async () => {
  const { room, turns, exchanges } = roomOf(ada, bob, cyd, dee)
  for (const [at, exchange] of exchanges.entries())
    if (at > 0) exchange.handle('x', () => new Promise(resolve => turns.after(at * 100, () => resolve(at))))
  let endedMs = 0
  const gathered = exchanges[0].gather('x', null, { quorum: 2 }).then(outcomes => {
    endedMs = turns.clock.nowMs()
    return outcomes
  })
  expect(await outcome(room, gathered)).toMatchObject([
    { peer: bob, status: 'value', value: 1 },
    { peer: cyd, status: 'value', value: 2 },
  ])
  expect(endedMs).toBeLessThan(300)
})

test('gather is aborted with a code, and alone it gathers nothing', async () => {
  const { room, turns, exchanges } = roomOf(ada, bob)
  const abort = new AbortController()
  exchanges[1].handle('x', () => new Promise(() => {}))
  turns.after(10, () => abort.abort())
  expect(await outcome(room, exchanges[0].gather('x', null, { signal: abort.signal }))).toBe('aborted')
  expect(await outcome(room, new ExchangeRoom(turns).join('solo').gather('x', null))).toEqual([])
})

test('a handler is told when who asked departs, and when this peer leaves', async () => {
  const { turns, exchanges } = roomOf(ada, bob, cyd)
  const told: string[] = []
  exchanges[2].handle('work', (_, { from }, signal) => {
    signal.addEventListener('abort', () => told.push(from))
    return new Promise(() => {})
  })
  for (const asker of [exchanges[0], exchanges[1]]) asker.request(cyd, 'work', null).catch(() => {})
  await turns.run(100)
  exchanges[2].departed(ada)
  expect(told).toEqual([ada])
  exchanges[2].close()
  expect(told).toEqual([ada, ada, bob].slice(1))
})

test('requests beyond what is answered at once are refused, and finished ones make room', async () => {
  const { room, turns, exchanges } = roomOf(ada, bob, cyd)
  const finish: (() => void)[] = []
  exchanges[1].handle('slow', () => new Promise(resolve => finish.push(() => resolve('done'))))
  for (let at = 0; at < handlersRunningMax; at++)
    exchanges[0].request(bob, 'slow', null, { timeoutMs: callTimeoutMsMax, retries: 0 }).catch(() => {})
  await turns.run(10)
  const refused = exchanges[2].request(bob, 'slow', null).catch((error: MeshError) => error.code)
  await turns.run(20)
  expect(await refused).toBe('overloaded')
  finish[0]?.()
  await turns.run(30)
  const accepted = exchanges[2].request(bob, 'slow', null)
  await turns.run(40)
  finish.at(-1)?.()
  expect(await outcome(room, accepted)).toBe('done')
}, 60_000)

test.each<[string, (exchange: E) => unknown]>([
  ['a topic of no characters', exchange => exchange.send(bob, '', null)],
  ['a topic that is too long', exchange => exchange.request(bob, 'x'.repeat(topicCharsMax + 1), null)],
  ['such a topic of a broadcast', exchange => exchange.broadcast('x'.repeat(topicCharsMax + 1), null)],
  ['no time at all', exchange => exchange.request(bob, 'x', null, { timeoutMs: 0 })],
  ['a time that is no number', exchange => exchange.request(bob, 'x', null, { timeoutMs: Number.NaN })],
  ['too much time', exchange => exchange.request(bob, 'x', null, { timeoutMs: callTimeoutMsMax + 1 })],
  ['half a retry', exchange => exchange.request(bob, 'x', null, { retries: 0.5 })],
  ['too many retries', exchange => exchange.request(bob, 'x', null, { retries: callRetriesMax + 1 })],
])('%s is refused as an invalid option', async (_, call) => {
  await expect(call(roomOf(ada, bob).exchanges[0])).rejects.toMatchObject({ code: 'invalid-option' })
})

test('a topic has one handler, whose place is free again when it stops', () => {
  const [exchange] = roomOf(ada).exchanges
  const off = exchange.handle('x', () => 1)
  expect(() => exchange.handle('x', () => 2)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  off()
  const second = exchange.handle('x', () => 2)
  off() // the first again: the second stays
  expect(() => exchange.handle('x', () => 3)).toThrow()
  second()
})

test('a broadcast that is too large is refused, and nothing is said after leaving', async () => {
  const { room, exchanges } = roomOf(ada, bob)
  await expect(exchanges[0].broadcast('x', new Uint8Array(broadcastBytesMax + 1))).rejects.toMatchObject({
    code: 'too-large',
  })
  const waiting = exchanges[0].request(bob, 'x', null)
  exchanges[0].close()
  expect(await outcome(room, waiting)).toBe('left')
  await expect(exchanges[0].broadcast('x', null)).rejects.toMatchObject({ code: 'left' })
  await expect(exchanges[0].send(bob, 'x', null)).rejects.toMatchObject({ code: 'left' })
})

test('answers that nobody waits for are counted and do no harm', () => {
  const { room, exchanges } = roomOf(ada, bob)
  for (const kind of ['ack', 'reply', 'error'] as const)
    exchanges[0].receive(bob, { header: { kind, id: 'stray', timestamp: 0, body: 'none' }, body: new Uint8Array(0) })
  expect(room.counters['dropped.late-answer']).toBe(3)
})
