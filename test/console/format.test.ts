import { expect, test } from 'vitest'
import {
  absolute,
  ago,
  bytes,
  count,
  duration,
  initials,
  plural,
  roundTrip,
  shortHash,
  shortId,
} from '../../src/console/format.ts'

const KiB = 1024
const MiB = 1024 * KiB

test.each<[number, string]>([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 KiB'],
  [1.5 * KiB, '1.5 KiB'],
  [99.94 * KiB, '99.9 KiB'],
  [99.96 * KiB, '100 KiB'],
  [1_023 * KiB, '1.0 MiB'],
  [200 * MiB, '200 MiB'],
  [300 * MiB, '300 MiB'],
  [3 * 1024 * MiB, '3.0 GiB'],
])('%d bytes are %s', (size, words) => expect(bytes(size)).toBe(words))

test.each<[number, string]>([
  [-5, '0 ms'],
  [0.4, '0 ms'],
  [840, '840 ms'],
  [1_000, '1.0 s'],
  [3_420, '3.4 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [3_599_499, '59 min 59 s'],
  [3_600_000, '1 h 00 min'],
  [3_840_000, '1 h 04 min'],
  [7_199_000, '2 h 00 min'],
])('%d ms last %s', (ms, words) => expect(duration(ms)).toBe(words))

test.each<[number | undefined, string]>([
  [undefined, '–'],
  [0.84, '0.8 ms'],
  [9.94, '9.9 ms'],
  [9.96, '10 ms'],
  [43.4, '43 ms'],
])('a round trip of %s is %s', (ms, words) => expect(roundTrip(ms)).toBe(words))

test.each<[number, string]>([
  [-3_000, 'now'],
  [1_999, 'now'],
  [2_000, '2 s ago'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [3_599_999, '59 min ago'],
  [3_600_000, '1 h ago'],
  [86_400_000, '1 d ago'],
])('%d ms before now is %s', (before, words) => expect(ago(1e12 - before, 1e12)).toBe(words))

test('an absolute time is local, to the millisecond', () => {
  expect(absolute(new Date(2026, 10, 5, 7, 8, 9, 12).getTime())).toBe('2026-11-05 07:08:09.012')
})

test('numbers are grouped and agree with their noun', () => {
  expect(count(1_234_567)).toBe('1,234,567')
  expect(plural(1, 'peer')).toBe('1 peer')
  expect(plural(0, 'peer')).toBe('0 peers')
  expect(plural(1_200, 'retry', 'retries')).toBe('1,200 retries')
})

test('ids are told apart by their end, hashes by their beginning', () => {
  expect(shortId('12D3KooWAAAAAAAAAAAAAAAAAAAAAAAAAAjYkyZpRe')).toBe('…jYkyZpRe')
  expect(shortId('short')).toBe('short')
  expect(shortHash('ab12cd34ef56')).toBe('ab12cd34…')
})

test.each<[string, string]>([
  ['Brisk Otter', 'BO'],
  ['Ada', 'AD'],
  ['x', 'X'],
  ['', '?'],
  ['  jean paul  sartre ', 'JS'],
  ['🦊 fox', '🦊F'],
])('the initials of "%s" are %s', (name, letters) => expect(initials(name)).toBe(letters))
