/** What a proposer is told (replication.ts): where each of its proposals entered the log, or why not. */
import { expect, test } from 'vitest'
import { Lone, plain } from './support/lone.ts'
import { id } from './support/stored.ts'

const proposal = (payload: string, bytes = 5) => ({ session: '', sequence: 0, payload, bytes })
const answers = (lone: Lone, ...proposals: ReturnType<typeof proposal>[]) =>
  lone.room
    .step('a', { kind: 'propose', proposals })
    .filter(effect => effect.kind === 'accepted' || effect.kind === 'refused')

test('accepted ones are told where they are, refused ones why, in their order', () => {
  const lone = new Lone({ ...plain, limits: { entryBytesMax: 9 } }).lead()
  expect(answers(lone, proposal('x'), proposal('y'), proposal('too large', 10), proposal('z'))).toEqual([
    { kind: 'accepted', first: 0, count: 2, firstIndex: 3, term: 2 },
    { kind: 'refused', first: 2, count: 1, reason: 'too-large', leader: undefined, detail: '' },
    { kind: 'accepted', first: 3, count: 1, firstIndex: 5, term: 2 },
  ])
  const payloads = [3, 4, 5]
    .map(index => lone.view.entry(index))
    .map(entry => entry?.kind === 'command' && entry.payload)
  expect(payloads).toEqual(['x', 'y', 'z'])
})

test('a membership change too', () => {
  const lone = new Lone({ ...plain, voters: ['a'] }).lead()
  const b = id('b')
  const change = { kind: 'simple' as const, changes: [{ set: 'learner' as const, member: b }] }
  const effects = lone.room.step('a', { kind: 'reconfigure', change })
  expect(effects).toContainEqual({ kind: 'accepted', first: 0, count: 1, firstIndex: 3, term: 2 })
})

test('a follower refuses all at once and says who leads', () => {
  const lone = new Lone(plain)
  lone.receive('b', { kind: 'heartbeat', term: 2, commit: 1, round: 1 })
  expect(answers(lone, proposal('x'), proposal('y'))).toEqual([
    { kind: 'refused', first: 0, count: 2, reason: 'not-leader', leader: 'b', detail: '' },
  ])
})
