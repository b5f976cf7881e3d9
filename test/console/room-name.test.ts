import { expect, test } from 'vitest'
import { newPrivateRoom } from '../../src/console/room-name.ts'

test('a room has a name of two words and two digits, and a key of 26 characters, for every byte there is', () => {
  for (let byte = 0; byte < 256; byte++) {
    const { room, secret } = newPrivateRoom(count => new Uint8Array(count).fill(byte))
    expect(room).toMatch(/^[a-z]+-[a-z]+-[1-9][0-9]$/)
    expect(room).not.toContain('undefined')
    expect(secret).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/)
  }
})

test('a key uses each of the 32 characters equally often', () => {
  let next = 0
  const counts = new Map<string, number>()
  // Every byte value once: what is fair over those is fair over chance.
  for (let round = 0; round < 256; round++) {
    const { secret } = newPrivateRoom(count => Uint8Array.from({ length: count }, () => next++ & 255))
    for (const character of secret) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  expect(counts.size).toBe(32)
  expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(32)
})

test('a key depends on every byte of chance', () => {
  const zero = newPrivateRoom(count => new Uint8Array(count)).secret
  for (let at = 0; at < 26; at++) {
    const other = newPrivateRoom(count => {
      const bytes = new Uint8Array(count)
      if (count === 26) bytes[at] = 1
      return bytes
    }).secret
    expect(other).not.toBe(zero)
  }
})
