import { expect, test } from 'vitest'
import { filesName, filesProblem } from '../../src/console/work/chosen-files.ts'
import { inputBytesMax } from '../../src/work/limits.ts'

const MiB = 1024 * 1024
const file = (size: number, name = 'war.txt', type = 'text/plain') => ({ name, size, type })

test('files of exactly the limit are taken, and one byte more is not', () => {
  expect(filesProblem([file(inputBytesMax - 5), file(5)])).toBeUndefined()
  expect(filesProblem([file(inputBytesMax), file(1)])).toMatch(/at most 200 MiB/)
})

test('one file of 300 MiB is refused with its name, its size and the limit', () => {
  expect(filesProblem([file(300 * MiB)])).toBe(
    'war.txt has 300 MiB; a job takes at most 200 MiB. Split it, or choose a smaller one.',
  )
})

test('too many files are refused, whatever their size', () => {
  expect(filesProblem(Array.from({ length: 10_001 }, () => file(1)))).toMatch(/at most 10,000 files/)
})

test.each(['image/png', 'audio/mpeg', 'video/mp4', 'application/pdf', 'application/zip'])('%s is no text', type => {
  expect(filesProblem([file(1), file(1, 'odd.bin', type)])).toMatch(/^odd\.bin is not a text file/)
})

test.each(['text/csv', 'application/json', 'application/javascript', ''])('type "%s" may be text', type => {
  expect(filesProblem([file(1, 'x', type)])).toBeUndefined()
})

test('empty files are refused, but not an empty one among others', () => {
  expect(filesProblem([file(0)])).toMatch(/This file is empty/)
  expect(filesProblem([file(0), file(0)])).toMatch(/These files are empty/)
  expect(filesProblem([file(0), file(1)])).toBeUndefined()
})

test('one file is called by its name, several by their number', () => {
  expect(filesName([file(1)])).toBe('war.txt')
  expect(filesName([file(1), file(2)])).toBe('2 files')
})
