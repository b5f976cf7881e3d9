import { hkdfSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/base/bytes.ts'
import { openRoom } from '../../src/mesh/room.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('the same name and secret give everybody the same keys', async () => {
  const [one, two] = await Promise.all([openRoom('lab', 'secret'), openRoom('lab', 'secret')])
  expect(one.hash).toBe(two.hash)
  expect(one.hash).toMatch(/^[0-9a-f]{64}$/)
  expect(await one.mac(bytes('x'))).toEqual(await two.mac(bytes('x')))
  expect(await two.seal.open(await one.seal.seal(bytes('hello')))).toEqual(bytes('hello'))
})

test('the hash is that of HKDF-SHA-256 over secret and name, so another implementation finds the room', async () => {
  const expected = Buffer.from(hkdfSync('sha256', 'private\0secret', 'lab', 'tabmesh room hash', 32)).toString('hex')
  expect((await openRoom('lab', 'secret')).hash).toBe(expected)
})

test.each([
  ['another secret', 'lab', 'Secret'],
  ['no secret', 'lab', undefined],
  ['another name', 'Lab', 'secret'],
])('%s gives other keys', async (_, name, secret) => {
  const [one, two] = await Promise.all([openRoom('lab', 'secret'), openRoom(name, secret)])
  expect(two.hash).not.toBe(one.hash)
  expect(await two.mac(bytes('x'))).not.toEqual(await one.mac(bytes('x')))
  expect(await two.seal.open(await one.seal.seal(bytes('hello')))).toBeUndefined()
})

test('a room without a secret, or with an empty one, is public; a secret called "public" is a secret', async () => {
  const [none, empty, word] = await Promise.all([
    openRoom('lab', undefined),
    openRoom('lab', ''),
    openRoom('lab', 'public'),
  ])
  expect([none.isPrivate, empty.isPrivate, word.isPrivate]).toEqual([false, false, true])
  expect(empty.hash).toBe(none.hash)
  expect(word.hash).not.toBe(none.hash)
})

test('the tag is three hex digits of the name alone, and so is the seal of knocks', async () => {
  const [one, two, other] = await Promise.all([openRoom('lab', 'a'), openRoom('lab', 'b'), openRoom('den', 'a')])
  expect(one.tag).toMatch(/^[0-9a-f]{3}$/)
  expect(two.tag).toBe(one.tag)
  expect(one.hash.startsWith(one.tag)).toBe(false)
  expect(await two.nameSeal.open(await one.nameSeal.seal(bytes('knock')))).toEqual(bytes('knock'))
  expect(await other.nameSeal.open(await one.nameSeal.seal(bytes('knock')))).toBeUndefined()
})

test('tags spread over their 4,096 values', async () => {
  const rooms = await Promise.all(Array.from({ length: 300 }, (_, at) => openRoom(`room ${at}`, undefined)))
  expect(new Set(rooms.map(room => room.tag)).size).toBeGreaterThan(270)
})

test('a seal that was tampered with anywhere does not open, and no two seals are alike', async () => {
  const { seal } = await openRoom('lab', 'secret')
  const [sealed, again] = [await seal.seal(bytes('hello')), await seal.seal(bytes('hello'))]
  expect(again).not.toBe(sealed)
  const box = fromBase64Url(sealed) as Uint8Array
  for (let at = 0; at < box.length; at++) {
    const changed = box.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(await seal.open(toBase64Url(changed)), `byte ${at}`).toBeUndefined()
  }
  for (const text of ['', 'x', '!!!!', sealed.slice(0, 16), sealed.slice(0, -2), `${sealed}AAAA`, '\u{1f600}'])
    expect(await seal.open(text), text).toBeUndefined()
})
