import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseClientFrame, parseServerFrame } from '../../src/link/signaling/protocol.ts'
import { Client, joined, roomA, serve } from './support.ts'

const join = { kind: 'join', version: 1, room: roomA, tag: 'abc', session: 'session-ada', hello: 'x' }
const without = (field: string) => Object.fromEntries(Object.entries(join).filter(([name]) => name !== field))

describe('parseClientFrame', () => {
  test('never throws, and takes only what is written exactly as it should be', () => {
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ kind: fc.constantFrom('join', 'signal', 'hello', 'knock') }).map(value => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(frame, text => {
        expect(parseClientFrame(text).kind).not.toBe('message')
        expect(parseServerFrame(text).kind).not.toBe('message')
      }),
      { numRuns: 2000 },
    )
  })

  test('takes a good message and refuses it with any one field spoilt', () => {
    expect(parseClientFrame(JSON.stringify(join)).kind).toBe('message')
    const spoilt = fc.tuple(
      fc.constantFrom('room', 'tag', 'session', 'hello'),
      fc.oneof(fc.integer(), fc.constant(null), fc.constant('UPPER case!'), fc.object()),
    )
    fc.assert(
      fc.property(spoilt, ([field, value]) => {
        expect(parseClientFrame(JSON.stringify({ ...join, [field]: value })).kind).toBe('malformed')
      }),
    )
  })

  test.each([
    ['a missing field', without('hello')],
    ['an extra field', { ...join, name: 'Ada' }],
    ['a room hash of the wrong length', { ...join, room: 'ab' }],
    ['a tag of more than 12 bits', { ...join, tag: 'abcd' }],
    ['an unknown kind', { kind: 'shout' }],
    ['a list', [join]],
    ['a prototype', JSON.parse('{"kind":"leave","__proto__":{"a":1}}')],
  ])('refuses %s', (_, value) => expect(parseClientFrame(JSON.stringify(value)).kind).toBe('malformed'))

  test('says which version it speaks even if all else has changed', () => {
    const future = parseClientFrame(JSON.stringify({ kind: 'join', version: 2, place: ['new', 'form'] }))
    expect(future).toEqual({ kind: 'version-unsupported', message: 'this server speaks version 1' })
  })

  test('repeats nothing of theirs in its explanation', () => {
    const parsed = parseClientFrame(JSON.stringify({ ...join, 'leak-me': 'leak-me', session: 'LEAK-ME' }))
    expect(JSON.stringify(parsed).toLowerCase()).not.toContain('leak-me')
  })
})

describe('a socket', () => {
  test('that sends what does not fit is told so, goes on, and in the end is closed with 4400', async () => {
    const { port } = await serve({ limits: { refusalsBurst: 3, refusalsPerSecond: 0.001 } })
    const ada = await joined(port, 'session-ada')
    ada.say({ kind: 'shout' })
    expect((await ada.drained()).map(message => message.kind)).toEqual(['error'])
    for (let index = 0; index < 3; index++) ada.say({ kind: 'signal' })
    expect((await ada.closed()).code).toBe(4400)
    expect(ada.heard.map(message => message.kind === 'error' && message.code)).toEqual(['malformed', 'malformed'])
  })

  test.each<[string, string | Buffer, number]>([
    ['no JSON', 'hello?', 4400],
    ['bytes', Buffer.from('{"kind":"ping"}'), 4400],
    ['a later version', JSON.stringify({ ...join, version: 2 }), 4426],
  ])('that sends %s is closed', async (_, frame, code) => {
    const { port } = await serve()
    const ada = await new Client(port).opened()
    ada.socket.send(frame)
    expect((await ada.closed()).code).toBe(code)
  })

  test('that fuzzes the server harms nobody else', async () => {
    const { port } = await serve({ limits: { arrivalsBurst: 10_000 } })
    const [ada, bob] = [await joined(port, 'session-ada'), await joined(port, 'session-bob')]
    await ada.drained()
    const field = fc.constantFrom('kind', 'version', 'room', 'tag', 'session', 'hello', 'to', 'data', 'knock')
    const value = fc.oneof(
      fc.constantFrom(...Object.values(join), 'signal', 'knock', 'knock-reply', 'hello', 'session-zed'),
      fc.jsonValue(),
    )
    const frames = fc.array(
      fc.oneof(
        fc.json(),
        fc.dictionary(field, value).map(v => JSON.stringify(v)),
        fc.uint8Array(),
      ),
      { maxLength: 20 },
    )
    await fc.assert(
      fc.asyncProperty(frames, async list => {
        const fuzzer = await new Client(port).opened()
        for (const frame of list) fuzzer.socket.send(frame)
        fuzzer.socket.close()
        await fuzzer.closed()
      }),
      { numRuns: 50 },
    )
    ada.say({ kind: 'signal', to: 'session-bob', data: 'still-here' })
    expect((await bob.next('signal')).data).toBe('still-here')
  })
})
