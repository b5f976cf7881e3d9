import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MeshError } from '../../src/base/errors.ts'
import type { Json } from '../../src/base/json.ts'
import {
  decodeFrame,
  decodePayload,
  encodeFrame,
  encodePayload,
  type Frame,
  type Header,
} from '../../src/mesh/frame.ts'
import { headerBytesMax, messageBytesMax, relayHopsMax, topicCharsMax } from '../../src/mesh/limits.ts'
import { seededRandom } from '../link/support/turns.ts'
import { mutated, randomBytes } from './support/fuzz.ts'

const header: fc.Arbitrary<Header> = fc.record(
  {
    kind: fc.constantFrom('send', 'request', 'ack', 'reply', 'error', 'broadcast', 'tell'),
    id: fc.string({ minLength: 1, maxLength: 64 }),
    topic: fc.string({ minLength: 1, maxLength: topicCharsMax, unit: 'grapheme-ascii' }),
    timestamp: fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0),
    body: fc.constantFrom('none', 'json', 'bytes'),
    relay: fc.record({
      from: fc.string({ maxLength: 128 }),
      to: fc.string({ maxLength: 128 }),
      session: fc.string({ minLength: 1, maxLength: 64 }),
      hops: fc.integer({ min: 0, max: relayHopsMax }),
      signature: fc.string({ maxLength: 128 }),
    }),
  },
  { requiredKeys: ['kind', 'id', 'timestamp', 'body'] },
)
const frame: fc.Arbitrary<Frame> = fc.record({ header, body: fc.uint8Array({ maxLength: 500 }) })

test('a frame comes back as it was', () => {
  fc.assert(
    fc.property(frame, original => {
      const decoded = decodeFrame(encodeFrame(original))
      if (decoded instanceof MeshError) throw decoded
      // JSON has no -0
      expect(decoded).toEqual({ ...original, header: { ...original.header, timestamp: original.header.timestamp + 0 } })
    }),
    { numRuns: 1_000 },
  )
})

test('a payload comes back as it was, be it JSON, bytes or nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.uint8Array(), fc.constant(undefined)), payload => {
      const { body, kind } = encodePayload(payload as Json | Uint8Array | undefined)
      const decoded = decodePayload({ header: { kind: 'send', id: 'x', timestamp: 0, body: kind }, body })
      expect(decoded).toEqual(
        payload instanceof Uint8Array || payload === undefined ? payload : JSON.parse(JSON.stringify(payload)),
      )
    }),
    { numRuns: 1_000 },
  )
})

test('what was received cannot change when the network reuses its buffer', () => {
  const bytes = encodeFrame({
    header: { kind: 'send', id: 'x', timestamp: 0, body: 'bytes' },
    body: Uint8Array.of(1, 2),
  })
  const decoded = decodeFrame(bytes)
  bytes.fill(0)
  expect(decoded).toMatchObject({ body: Uint8Array.of(1, 2) })
})

test('of 100,000 random and mutated byte strings each is a frame or an error, and none throws', () => {
  const random = seededRandom(1)
  const valid = fc.sample(frame, { numRuns: 200, seed: 1 }).map(encodeFrame)
  const outcomes = { frame: 0, malformed: 0, 'too-large': 0 }
  for (let round = 0; round < 100_000; round++) {
    const source = valid[round % valid.length] as Uint8Array
    const decoded = decodeFrame(round % 4 === 0 ? randomBytes(random, 64) : mutated(random, source))
    if (decoded instanceof MeshError) outcomes[decoded.code]++
    else {
      outcomes.frame++
      decodePayload(decoded)
    }
  }
  expect(outcomes.malformed).toBeGreaterThan(50_000)
  expect(outcomes.frame).toBeGreaterThan(5_000)
}, 60_000)

test.each<[string, (good: Record<string, unknown>) => unknown]>([
  ['a header of another kind', good => ({ ...good, kind: 'shout' })],
  ['a field that nobody knows', good => ({ ...good, from: 'me' })],
  ['no id', ({ id: _, ...rest }) => rest],
  ['a long id', good => ({ ...good, id: 'x'.repeat(65) })],
  ['a long topic', good => ({ ...good, topic: 'x'.repeat(topicCharsMax + 1) })],
  ['an empty topic', good => ({ ...good, topic: '' })],
  ['a time that is text', good => ({ ...good, timestamp: 'now' })],
  [
    'too many hops',
    good => ({ ...good, relay: { from: 'a', to: 'b', session: 's', hops: relayHopsMax + 1, signature: '' } }),
  ],
  ['half a hop', good => ({ ...good, relay: { from: 'a', to: 'b', session: 's', hops: 1.5, signature: '' } })],
  ['a list', good => [good]],
])('%s is malformed', (_, spoil) => {
  const good = { kind: 'send', id: 'x', timestamp: 0, body: 'none' }
  expect(decodeFrame(encodeFrame({ header: good as Header, body: new Uint8Array(0) }))).not.toBeInstanceOf(MeshError)
  const bad = encodeFrame({ header: spoil(good) as Header, body: new Uint8Array(0) })
  expect(decodeFrame(bad)).toMatchObject({ code: 'malformed' })
})

test('a header or a body over its limit is refused, at the limit it is not', () => {
  const good: Header = { kind: 'send', id: 'x', timestamp: 0, body: 'bytes' }
  expect(decodeFrame(encodeFrame({ header: good, body: new Uint8Array(messageBytesMax) }))).not.toBeInstanceOf(
    MeshError,
  )
  expect(decodeFrame(encodeFrame({ header: good, body: new Uint8Array(messageBytesMax + 1) }))).toMatchObject({
    code: 'too-large',
  })
  const long = { ...good, topic: '\u{10ffff}'.repeat(headerBytesMax) }
  expect(decodeFrame(encodeFrame({ header: long, body: new Uint8Array(0) }))).toMatchObject({ code: 'malformed' })
})

test('a payload over the limit, or that JSON cannot carry, is refused where it is made', () => {
  const loop: Record<string, unknown> = {}
  loop.self = loop
  for (const [payload, code] of [
    [new Uint8Array(messageBytesMax + 1), 'too-large'],
    ['x'.repeat(messageBytesMax), 'too-large'],
    [loop, 'malformed'],
    [1n, 'malformed'],
    [() => 1, 'malformed'],
  ] as [Json, string][])
    expect(() => encodePayload(payload)).toThrow(expect.objectContaining({ code }))
})

test('a body that claims to be JSON and is not is an error, not a throw', () => {
  const claimed: Header = { kind: 'send', id: 'x', timestamp: 0, body: 'json' }
  for (const body of [
    Uint8Array.of(),
    Uint8Array.of(255, 254),
    new TextEncoder().encode('{"a":'),
    new TextEncoder().encode('['.repeat(500_000)),
  ])
    expect(decodePayload({ header: claimed, body })).toMatchObject({ code: 'malformed' })
})
