import { describe, expect, test } from 'vitest'
import { isSameRoom, parseRoomUrl, roomFragment } from '../../src/console/room-url.ts'

const parse = (rest: string) => parseRoomUrl(new URL(rest, 'https://mesh.example/app/'))

describe('an address', () => {
  test.each<[string, string, object]>([
    ['is a private room by its fragment', '#room=lab&key=s3cret', { room: 'lab', secret: 's3cret' }],
    ['is a public room by its query', '?room=lab', { room: 'lab' }],
    [
      'takes the fragment before the query',
      '?room=other&name=Bob#room=lab&key=k&name=Ada',
      { room: 'lab', secret: 'k', name: 'Ada' },
    ],
    [
      'takes name and signaling from the query too',
      '?name=Ada&signaling=wss://s.example/x#room=lab&key=k',
      { room: 'lab', secret: 'k', name: 'Ada', signaling: 'wss://s.example/x' },
    ],
    [
      'takes bootstrap for signaling',
      '#room=lab&key=k&bootstrap=ws://h:1',
      { room: 'lab', secret: 'k', signaling: 'ws://h:1' },
    ],
    ['decodes what was encoded', '#room=l%C3%A4b+1%26&key=a%2Bb', { room: 'läb 1&', secret: 'a+b' }],
    ['knows a separate room', '#room=lab&key=k&separate=1', { room: 'lab', secret: 'k', separate: true }],
    ['ignores an empty name', '#room=lab&key=k&name=%20', { room: 'lab', secret: 'k' }],
    ['takes a name of 64 characters', `?room=${'x'.repeat(64)}`, { room: 'x'.repeat(64) }],
  ])('%s', (_, rest, link) => expect(parse(rest)).toEqual({ kind: 'room', link }))

  test.each<[string, string, object]>([
    ['names no room', '', { kind: 'none' }],
    ['names no room, but a name for this tab', '?name=Ada', { kind: 'none', name: 'Ada' }],
    ['names no room in an unknown fragment', '#top', { kind: 'none' }],
  ])('%s', (_, rest, parsed) => expect(parse(rest)).toEqual(parsed))

  test.each<[string, string, RegExp]>([
    ['is refused with its key where servers see it', '?room=lab&key=k', /key .* wrong place/],
    ['is refused with its key after ? even if the room is after #', '?key=k#room=lab&key=k', /key .* wrong place/],
    ['is refused without the key that its fragment promises, not taken for public', '#room=lab', /lost its key/],
    ['is refused with an empty key', '#room=lab&key=', /lost its key/],
    ['is refused with a key of 129 characters', `#room=lab&key=${'k'.repeat(129)}`, /key/],
    ['is refused with an empty room', '?room=', /room name/],
    ['is refused with a blank room', '#room=%20&key=k', /room name/],
    ['is refused with a room of 65 characters', `?room=${'x'.repeat(65)}`, /room name/],
    ['is refused with a control character in the room', '?room=a%00b', /room name/],
    ['is refused with a direction override in the room', '?room=a%E2%80%AEb', /room name/],
    ['is refused with a name of 41 characters', `?room=lab&name=${'n'.repeat(41)}`, /name in this link/],
    ['is refused with a signaling address that is none', '?room=lab&signaling=here', /signaling/],
    ['is refused with signaling by another protocol', '?room=lab&signaling=javascript:1', /signaling/],
  ])('%s', (_, rest, title) => {
    const parsed = parse(rest)
    expect(parsed.kind).toBe('bad')
    if (parsed.kind === 'bad') {
      expect(parsed.problem.title).toMatch(title)
      expect(parsed.problem.advice.length).toBeGreaterThan(20)
    }
  })
})

test('a fragment reads back as the link it was made of', () => {
  const link = {
    room: 'läb & co',
    secret: 'a+b/c=',
    name: 'Ada',
    signaling: 'wss://s.example/',
    separate: true as const,
  }
  expect(parse(`#${roomFragment(link)}`)).toEqual({ kind: 'room', link })
})

test('links lead into one room whatever the name, and into others by key, signaling or separateness', () => {
  const link = { room: 'lab', secret: 'k' }
  expect(isSameRoom(link, { ...link, name: 'Ada' })).toBe(true)
  expect(isSameRoom(link, { ...link, secret: 'j' })).toBe(false)
  expect(isSameRoom(link, { ...link, separate: true })).toBe(false)
  expect(isSameRoom(link, { ...link, signaling: 'wss://s.example/' })).toBe(false)
  expect(isSameRoom(link, { room: 'lab' })).toBe(false)
})
