/** Which life of which member is heard (fence.ts). */
import { expect, test } from 'vitest'
import { Fence } from '../../../src/consensus/raft/fence.ts'
import { MEMBERS_MAX, STRANGERS_MAX } from '../../../src/consensus/raft/limits.ts'
import { id } from './support/stored.ts'

const of = (epoch: number, generation = 'g1') => ({ generation, epoch })
const capacity = MEMBERS_MAX + STRANGERS_MAX

test('it hears the latest life it knows, at one host', () => {
  const fence = new Fence('g1', () => true)
  const hear = (epoch: number, host: string) => fence.refusal(id('b'), host, of(epoch))
  expect(hear(2, 'x')).toBeUndefined()
  expect(hear(2, 'x')).toBeUndefined()
  expect(hear(2, 'y')).toBe('second-host')
  expect(hear(1, 'x')).toBe('stale-epoch')
  expect(hear(3, 'y')).toBeUndefined()
  expect(hear(3, 'x')).toBe('second-host')
  expect(hear(2, 'x')).toBe('stale-epoch')
})

test('it hears nobody of another generation, nor learns anything from them', () => {
  const fence = new Fence('g1', () => true)
  expect(fence.refusal(id('b'), 'x', of(9, 'g2'))).toBe('other-generation')
  expect(fence.refusal(id('b'), 'x', of(1))).toBeUndefined()
})

test('it remembers members for ever, and of strangers as many as there is room for', () => {
  const fence = new Fence('g1', member => member.startsWith('member'))
  const hear = (name: string, epoch: number) => fence.refusal(id(name), 'x', of(epoch))
  hear('stranger 0', 2)
  hear('member', 2)
  for (let stranger = 1; stranger <= capacity - 2; stranger++) hear(`stranger ${stranger}`, 2)
  // Full to the brim, and everybody is remembered.
  expect(hear('stranger 0', 1)).toBe('stale-epoch')
  expect(hear('member', 1)).toBe('stale-epoch')
  // One more, and only the oldest stranger is forgotten.
  hear('one more', 2)
  expect(hear('stranger 1', 1)).toBe('stale-epoch')
  expect(hear('stranger 0', 1)).toBeUndefined()
  for (let stranger = 0; stranger < 3 * capacity; stranger++) hear(`late ${stranger}`, 1)
  expect(hear('member', 1)).toBe('stale-epoch')
})
