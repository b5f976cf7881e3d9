import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { checkedAnnounced } from '../../src/mesh/announcement.ts'
import { announcedBytesMax, capabilitiesMax, nameCharsMax } from '../../src/mesh/limits.ts'
import { answerCapabilityQueries, messageTypes } from '../../src/mesh/message-types.ts'
import { Turns } from '../link/support/turns.ts'
import { ExchangeRoom } from './support/exchange-room.ts'

test('the closed list of message types is whole', () => {
  expect([...messageTypes].sort()).toEqual([
    'capability_query', 'collaboration_invite', 'consensus_vote', 'heartbeat', 'network_init',
    'network_shutdown', 'peer_connect', 'task_auction', 'task_request', 'task_result',
  ]) // biome-ignore format: a list reads better as one
})

test.each<[string, unknown, unknown]>([
  ['of everything', null, { capabilities: ['text.count'], load: { slots: 4, busy: 1 } }],
  [
    'of what it can',
    { capability: 'text.count' },
    { capabilities: ['text.count'], load: { slots: 4, busy: 1 }, canHandle: true },
  ],
  [
    'of what it cannot',
    { capability: 'fly' },
    { capabilities: ['text.count'], load: { slots: 4, busy: 1 }, canHandle: false },
  ],
  ['that makes no sense', { colour: 'red' }, 'malformed'],
])('a capability_query %s is answered', async (_, query, expected) => {
  const room = new ExchangeRoom(new Turns(1))
  const [asker, answerer] = [room.join('ada'), room.join('bob')]
  answerCapabilityQueries(answerer, () => ({ capabilities: ['text.count'], load: { slots: 4, busy: 1 } }))
  const answer = asker.request('bob' as PeerId, 'capability_query', query as null).catch(error => error.code)
  await room.turns.run()
  expect(await answer).toEqual(expected)
})

test.each<[string, object, string]>([
  ['a name that is too long', { name: 'x'.repeat(nameCharsMax + 1) }, 'invalid-option'],
  ['too many capabilities', { capabilities: Array(capabilitiesMax + 1).fill('x') }, 'invalid-option'],
  ['a capability that is too long', { capabilities: ['x'.repeat(129)] }, 'invalid-option'],
  ['less than no load', { load: { slots: -1, busy: 0 } }, 'invalid-option'],
  ['more in all than a hello holds', { capabilities: Array(capabilitiesMax).fill('x'.repeat(100)) }, 'too-large'],
])('a peer refuses to announce %s, which others would drop', (_, change, code) => {
  const good = { name: 'Ada', capabilities: ['text.count'], load: { slots: 1, busy: 0 } }
  expect(checkedAnnounced(good)).toBe(good)
  expect(() => checkedAnnounced({ ...good, ...change })).toThrow(expect.objectContaining({ code }))
  expect(announcedBytesMax).toBeGreaterThan(JSON.stringify(JSON.stringify(good)).length)
})
