/** A page takes another's own word that it goes, where it can only be of this browser, and until the engine should have said so. */
import { beforeEach, expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { Goodbyes } from '../../src/engine/goodbyes.ts'
import type { PeerInfo } from '../../src/mesh/types.ts'

const peer = (name: string, browser = 'here') => ({ id: name, session: `${name}-1`, browser }) as unknown as PeerInfo
const [ada, bob, far] = [peer('ada'), peer('bob'), peer('far', 'elsewhere')]
const everybody = [ada, bob, far]
const goodbye = (by: string, content: unknown = { session: `${by}-1`, reason: 'closed' }) => ({
  by,
  json: JSON.stringify(content),
  signature: 'checked by the engine',
})

let nowMs: number
let goodbyes: Goodbyes
beforeEach(() => {
  nowMs = 0
  goodbyes = new Goodbyes(() => nowMs)
  goodbyes.browser = 'here'
})

test('who says goodbye is told of once, and is off the lists that the engine wrote before', () => {
  expect(goodbyes.hear(goodbye('ada'), everybody)).toEqual({ peer: ada, reason: 'closed' })
  expect(goodbyes.hear(goodbye('ada'), everybody)).toBeUndefined()
  expect(goodbyes.without(everybody)).toEqual([bob, far])
  expect(goodbyes.confirm('ada-1' as SessionId)).toBe(true)
  expect(goodbyes.confirm('bob-1' as SessionId)).toBe(false)
  expect(goodbyes.without(everybody)).toBe(everybody)
})

test('whom the engine still lists after a while did not go', () => {
  goodbyes.hear(goodbye('ada'), everybody)
  nowMs = 1_000
  expect(goodbyes.without(everybody)).toEqual([bob, far])
  nowMs = 1_001
  expect(goodbyes.without(everybody)).toEqual(everybody)
})

test('nobody is believed gone who is not listed with this browser and this session', () => {
  expect(goodbyes.hear(goodbye('far'), everybody)).toBeUndefined()
  expect(goodbyes.hear(goodbye('ada', { session: 'ada-2', reason: 'closed' }), everybody)).toBeUndefined()
  expect(goodbyes.hear(goodbye('eve', { session: 'ada-1', reason: 'closed' }), everybody)).toBeUndefined()
  goodbyes.browser = undefined
  expect(goodbyes.hear(goodbye('ada'), everybody)).toBeUndefined()
})

test('whatever else comes is no goodbye', () => {
  const words = [null, undefined, 7, 'ada', [], {}, { by: 'ada' }, { by: 'ada' as PeerId, json: '{' }]
  const contents = [
    null,
    7,
    {},
    { session: 'ada-1' },
    { session: 'ada-1', reason: 'left' },
    { session: 1, reason: 'closed' },
  ]
  for (const word of [...words, ...contents.map(content => goodbye('ada', content))])
    expect(goodbyes.hear(word, everybody)).toBeUndefined()
  expect(goodbyes.without(everybody)).toBe(everybody)
})
