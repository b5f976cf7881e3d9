/** Batches of broadcasts as they come from gossip, over a router that is not there. */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { Broadcasts } from '../../src/mesh/broadcasts.ts'
import { encodeFrame } from '../../src/mesh/frame.ts'
import { gossipTopic } from '../../src/mesh/gossip.ts'
import { batchesPerTurn, inboxFramesMax } from '../../src/mesh/limits.ts'
import type { Node } from '../../src/mesh/node.ts'
import { Turns } from '../link/support/turns.ts'
import { until } from '../link/support/until.ts'
import { freshKeys } from './support/keys.ts'
import { encodeBatch } from './support/signed-batch.ts'

type Validator = (via: PeerId, message: { data: Uint8Array }) => Promise<TopicValidatorResult>

/** Turns come when they are asked for; `judge` is what gossip asks of each batch that comes over a neighbour. */
async function lab() {
  const timers: (() => void)[] = []
  const counters: Record<string, number> = {}
  const heard: string[] = []
  const after = (_: number, perform: () => void) => {
    timers.push(perform)
    return () => {}
  }
  const clock = { nowMs: () => 0, monotonicMs: () => 0, after, every: () => () => {} }
  const { signer } = await freshKeys()
  const topicValidators = new Map<string, Validator>()
  const broadcasts = new Broadcasts({
    clock,
    signer,
    neighbours: () => [],
    isAlone: () => true,
    slowMs: () => 0,
    congestion: () => 0,
    topics: () => undefined,
    onDeaf: () => {},
    onFrame: (_, { header }) => heard.push(header.id),
    count: name => {
      counters[name] = (counters[name] ?? 0) + 1
    },
  })
  let receive: (event: { detail: { data: Uint8Array } }) => void = () => {}
  const addEventListener = (name: string, listener: typeof receive) => {
    if (name === 'message') receive = listener
  }
  const pubsub = { streamsOutbound: new Map(), topicValidators, addEventListener, subscribe: () => {} }
  broadcasts.attach({ pubsub } as unknown as Node['services'])
  const judge = (via: PeerId, data: Uint8Array) => (topicValidators.get(gossipTopic) as Validator)(via, { data })
  const turn = async () => {
    for (const perform of timers.splice(0)) perform()
    for (let pass = 0; pass < 5; pass++) await Promise.resolve()
  }
  return { judge, turn, counters, signer, heard, receive: (data: Uint8Array) => receive({ detail: { data } }) }
}

test.each([
  ['3 s', 0, 3_000],
  ['the time of ten round trips, where these are long', 1_000, 10_000],
])('a neighbour that never listens is given up once, after %s', async (_, slowMs, afterMs) => {
  const turns = new Turns(1)
  const deafAtMs: number[] = []
  const ada = 'ada' as PeerId
  const broadcasts = new Broadcasts({
    clock: turns.clock,
    signer: (await freshKeys()).signer,
    neighbours: () => [ada],
    isAlone: () => false,
    slowMs: () => slowMs,
    congestion: () => 0,
    topics: () => undefined,
    onDeaf: () => deafAtMs.push(turns.clock.monotonicMs()),
    onFrame: () => {},
    count: () => {},
  })
  const waits = [broadcasts.listening(ada), broadcasts.listening(ada)]
  await turns.run(60_000)
  await Promise.all(waits)
  expect(deafAtMs).toHaveLength(1)
  expect(deafAtMs[0]).toBeGreaterThanOrEqual(afterMs)
  expect(deafAtMs[0]).toBeLessThan(afterMs + 500)
})

test('G12: a neighbour floods broadcasts, and those of the others keep their turn', async () => {
  const { judge, turn } = await lab()
  const [eve, ada, bob] = [await freshKeys(), await freshKeys(), await freshKeys()]
  const each = batchesPerTurn / 4
  const turns = 50
  const done = new Map<PeerId, number>()
  const send = async (keys: typeof eve, batches: number) => {
    const batch = await encodeBatch(keys.signer, 1, [])
    for (let at = 0; at < batches; at++)
      void judge(keys.id, batch).then(
        found => found === TopicValidatorResult.Accept && done.set(keys.id, (done.get(keys.id) ?? 0) + 1),
      )
  }
  for (let at = 0; at < turns; at++) {
    await send(eve, 20 * batchesPerTurn)
    for (const keys of [ada, bob]) await send(keys, each)
    await turn()
  }
  for (const keys of [ada, bob]) expect(done.get(keys.id) ?? 0).toBeGreaterThanOrEqual(0.9 * turns * each)
  expect(done.get(eve.id) ?? 0).toBeLessThanOrEqual(2 * turns * batchesPerTurn)
})

test('of a flood only so much waits; the rest is neither checked, nor heard, nor passed on', async () => {
  const { judge, counters } = await lab()
  const eve = await freshKeys()
  const batch = await encodeBatch(eve.signer, 1, [])
  for (let at = 0; at < batchesPerTurn + inboxFramesMax; at++) void judge(eve.id, batch)
  expect(await judge(eve.id, batch)).toBe(TopicValidatorResult.Ignore)
  expect(counters['dropped.flood']).toBe(1)
})

test('batches are read in the order in which they came, those that must be inflated first and those that need not', async () => {
  const { receive, heard, signer } = await lab()
  const frame = (id: string) => {
    const header = { kind: 'broadcast', id, topic: 'news', timestamp: 0, body: 'none' } as const
    return encodeFrame({ header, body: new Uint8Array(0) })
  }
  const said: string[] = []
  for (let number = 1; number <= 6; number++) {
    const ids = Array.from({ length: number % 2 === 0 ? 1 : 100 }, (_, at) => `${number}.${at}`)
    said.push(...ids)
    receive(await encodeBatch(signer, number, ids.map(frame)))
  }
  await until(() => heard.length === said.length, 'all are read')
  expect(heard).toEqual(said)
  receive(await encodeBatch(signer, 7, [frame('at once')]))
  expect(heard.at(-1)).toBe('at once')
})
