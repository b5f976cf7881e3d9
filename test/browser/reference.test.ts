/** The reference that jobs are judged by is itself judged by cases worked out by hand. */
import { expect, test } from 'vitest'
import { wordCounts } from './support/reference.ts'

test('the reference counts words as docs/jobs.md defines them', () => {
  const text = "\uFEFFDon\u2019t panic, DON\u2019T! 'tis 3rd cafe\u0301 caf\u00e9 \u65e5\u672c\u8a9e"
  const expected = { 'don\u2019t': 2, panic: 1, tis: 1, '3rd': 1, caf\u00e9: 2, \u65e5\u672c\u8a9e: 1 }
  expect(Object.fromEntries(wordCounts([{ name: 'a', text }]))).toEqual(expected)
})
