/** When batches leave: at once when idle, gathered when busy, and held back while links are full, the less urgent the longer. */
import { expect, test } from 'vitest'
import { Gossip } from '../../../src/mesh/gossip.ts'
import { batchBytes } from '../../../src/mesh/limits.ts'
import { Turns } from '../../link/support/turns.ts'

function lab() {
  const turns = new Turns(1)
  const links = { full: 0, publishMs: 1 }
  const batches: { readonly atMs: number; readonly words: string[] }[] = []
  const gossip = new Gossip({
    clock: turns.clock,
    congestion: () => links.full,
    publish: frames => {
      batches.push({ atMs: turns.clock.monotonicMs(), words: frames.map(frame => new TextDecoder().decode(frame)) })
      return new Promise<void>(resolve => turns.after(links.publishMs, resolve))
    },
  })
  const say = (word: string, priority?: 'critical' | 'normal' | 'low') =>
    gossip.broadcast(new TextEncoder().encode(word), priority)
  const at = (ms: number, perform: () => void) => turns.after(ms - turns.clock.monotonicMs(), perform)
  return { turns, links, batches, gossip, say, at }
}

test('what one task says leaves at once, together', async () => {
  const { turns, batches, say } = lab()
  void say('one')
  void say('two', 'low')
  void say('three', 'critical')
  await turns.run(0)
  expect(batches).toEqual([{ atMs: 0, words: ['three', 'one', 'two'] }])
})

test('what follows gathers until the deadline, and a critical word ends the wait', async () => {
  const { turns, batches, say, at } = lab()
  void say('first')
  at(2, () => void say('second'))
  at(3, () => void say('third'))
  at(101, () => void say('fourth'))
  at(103, () => void say('fifth'))
  at(104, () => void say('now', 'critical'))
  await turns.run(200)
  expect(batches.map(({ words }) => words)).toEqual([['first'], ['second', 'third'], ['fourth'], ['now', 'fifth']])
  expect(batches[1]?.atMs).toBe(5) // 1 ms to publish, 4 ms of rest
  expect(batches[3]?.atMs).toBe(104)
})

test('a batch that is full leaves before its deadline', async () => {
  const { turns, links, batches, say, at } = lab()
  links.publishMs = 20 // rests 40
  void say('first')
  at(25, () => void say('x'.repeat(batchBytes / 2)))
  at(30, () => void say('y'.repeat(batchBytes / 2)))
  await turns.run(200)
  expect(batches[1]?.atMs).toBe(30)
})

test('low words wait while a link is an eighth full, normal ones while it is half full, critical ones until it is full', async () => {
  const { turns, links, batches, say, at } = lab()
  links.full = 0.3
  void say('low', 'low')
  await turns.run(50)
  expect(batches).toEqual([])
  void say('normal')
  await turns.run(100)
  expect(batches.map(({ words }) => words)).toEqual([['normal']])
  links.full = 0.7
  void say('second')
  void say('critical', 'critical')
  await turns.run(150)
  expect(batches.at(-1)?.words).toEqual(['critical'])
  at(160, () => {
    links.full = 0
  })
  await turns.run(200)
  expect(batches.at(-1)?.words).toEqual(['second', 'low'])
})

test('a link that never drains slows everybody down, and stops nobody', async () => {
  const { turns, links, batches, say } = lab()
  links.full = 2
  void say('critical', 'critical')
  void say('low', 'low')
  await turns.run(900)
  expect(batches).toEqual([])
  await turns.run(1_100)
  expect(batches.map(({ words }) => words)).toEqual([['critical', 'low']])
})
