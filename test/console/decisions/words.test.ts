import { describe, expect, test } from 'vitest'
import type { DecisionsState, MemberId } from '../../../src/consensus/decisions/types.ts'
import { capitalised, listed, memberName, peerName, whenWords } from '../../../src/console/decisions/names.ts'
import { gaugeOrder } from '../../../src/console/decisions/quorum-gauge.ts'
import {
  lineStateHelp,
  lossWords,
  reachOf,
  reasonWords,
  standing,
  stateWords,
} from '../../../src/console/decisions/words.ts'
import { five, leads, me, member, names, peer, view, without } from './views.ts'

describe('states', () => {
  const all: readonly DecisionsState[] = [
    'starting',
    'joining',
    'ready',
    'electing',
    'no-quorum',
    'conflict',
    'storage-lost',
  ]

  test('each has a word of its own', () => {
    expect(new Set(all.map(state => stateWords(state).word)).size).toBe(all.length)
  })

  test('a tone never stands for what a shape does not say', () => {
    const shapesOf = (tone: string) =>
      new Set(all.filter(state => stateWords(state).tone === tone).map(state => stateWords(state).shape))
    for (const shape of shapesOf('healthy'))
      expect([...shapesOf('failed'), ...shapesOf('suspect'), ...shapesOf('quiet')]).not.toContain(shape)
    for (const shape of shapesOf('failed')) expect([...shapesOf('suspect'), ...shapesOf('quiet')]).not.toContain(shape)
  })

  test('reasons and states of entries differ in words', () => {
    expect(new Set((['first', 'timeout', 'leader-gone', 'handover'] as const).map(reasonWords)).size).toBe(4)
    expect(new Set((['appended', 'durable', 'committed', 'applied'] as const).map(lineStateHelp)).size).toBe(4)
  })
})

describe('names', () => {
  test('this tab is called so, others by name, strangers by the end of their id in one word', () => {
    expect(peerName(me, names)).toBe('this tab')
    expect(peerName(peer('ada'), names)).toBe('Ada')
    expect(peerName(peer('12D3KooWzzzabcdefgh'), names)).toBe('…\u2060abcdefgh')
    expect(memberName({ member: 'member-0123456789' as MemberId, host: undefined }, names)).toBe(
      'member …\u206023456789',
    )
  })

  test.each([
    [['Ada'], 'Ada'],
    [['Ada', 'Bob'], 'Ada and Bob'],
    [['Ada', 'Bob', 'Cyd', 'Dan'], 'Ada, Bob, Cyd and Dan'],
    [['Ada', 'Bob', 'Cyd', 'Dan', 'Eve'], 'Ada, Bob, Cyd and 2 more'],
    [[], ''],
  ])('%j are listed', (words, text) => expect(listed(words)).toBe(text))

  test('a sentence begins large and says "just now"', () => {
    expect(capitalised('this tab')).toBe('This tab')
    expect(whenWords(1_000, 1_500)).toBe('just now')
    expect(whenWords(1_000, 61_000)).toBe('1 min ago')
  })
})

describe('a member', () => {
  test('is told with its seat and what it does', () => {
    expect(standing(member('ada', { role: 'leader' }))).toBe('leads')
    expect(standing(member('ada'))).toBe('voter')
    expect(standing(member('ada', { role: 'candidate' }))).toBe('voter, asks for votes')
    expect(standing(member('ada', { seat: 'learner', role: 'follower' }))).toBe('learner, follows')
    expect(standing(member('ada', { role: 'leader', isLive: false }))).toBe('voter, away')
  })

  const log = { firstIndex: 101, lastIndex: 200, commit: 200, applied: 200, lines: [] }
  const members = [member('me'), member('ada')]

  test.each<[string, Parameters<typeof member>[1], number, string]>([
    ['has everything', { match: 200 }, 1, 'all 200'],
    ['is half behind', { match: 150 }, 0.5, '150, 50 behind'],
    ['lacks what the log no longer holds', { match: 3 }, 0, '3, 197 behind'],
    ['gets a snapshot', { match: 3, replication: 'snapshot' }, 0, 'gets a snapshot'],
  ])('reaches as far as the leader knows: %s', (_, more, part, words) => {
    expect(reachOf(member('ada', more), { log, members })).toEqual({ part, words })
  })

  test('elsewhere only this tab’s own copy is known, and only where it is one', () => {
    expect(reachOf(member('me'), { log, members })).toEqual({ part: 1, words: 'all 200' })
    expect(reachOf(member('ada'), { log, members })).toBeUndefined()
    expect(reachOf(member('me'), { log, members: [...members, member('me')] })).toBeUndefined()
    const empty = { firstIndex: 0, lastIndex: 0, commit: 0, applied: 0, lines: [] }
    expect(reachOf(member('me'), { log: empty, members })).toBeUndefined()
    expect(reachOf(member('ada', { match: 0 }), { log: empty, members })).toEqual({ part: 1, words: 'all 0' })
  })
})

test('voters stand with the leader first and the missing last; learners do not stand there', () => {
  const members = [...without(five, 'ada'), member('eve', { seat: 'learner' })]
  const order = gaugeOrder(view(members, { leader: leads('cyd', 3) }))
  expect(order.map(({ host }) => host)).toEqual(['cyd', 'bob', 'dan', 'me', 'ada'])
})

test('what “Continue from here” costs is counted: known, open, and missing', () => {
  const lost = view(without(five, 'ada', 'bob', 'cyd'), {
    keys: 1,
    log: { firstIndex: 1, lastIndex: 12, commit: 10, applied: 10, lines: [] },
  })
  const words = lossWords(lost)
  expect(words).toContain(
    '1 key, 10 entries known to be decided. 2 entries at the end of it may or may not have been decided.',
  )
  expect(words).toContain('What only the 3 missing voters decided is not in it')
  expect(lossWords({ ...lost, log: { ...lost.log, commit: 12 } })).not.toContain('may or may not')
})
