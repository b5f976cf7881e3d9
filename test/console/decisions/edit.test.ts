import { describe, expect, test } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import type { Json } from '../../../src/base/json.ts'
import {
  keyProblem,
  parseValue,
  quoted,
  shownValue,
  toldFailure,
  toldSet,
  toldSwap,
} from '../../../src/console/decisions/edit.ts'
import { valueShownCharsMax } from '../../../src/console/decisions/limits.ts'

describe('a typed value', () => {
  test.each<[string, Json]>([
    ['42', 42],
    [' "red" ', 'red'],
    ['null', null],
    ['{"x": [1, true]}', { x: [1, true] }],
  ])('%s is JSON', (text, value) => expect(parseValue(text)).toEqual({ value }))

  test.each([['red'], ['two words'], ['grün'], ['1st'], ['it’s']])('%s is told to need quotes', text => {
    expect(parseValue(text)).toEqual({ problem: `Text needs quotes: ${JSON.stringify(text)}` })
    expect(parseValue(quoted(text))).toEqual({ value: text })
  })

  test.each([['{x: 1}'], ['[1, 2'], ['"open'], ["{'a': 1}"]])('%s is told to be no JSON, with examples', text => {
    expect(parseValue(text)).toMatchObject({ problem: expect.stringContaining('Examples') })
  })

  test('nothing is not a value', () => {
    expect(parseValue('  ')).toMatchObject({ problem: expect.stringContaining('use Delete') })
  })

  test('is shown in one line, cut', () => {
    expect(shownValue({ a: 1 })).toBe('{"a":1}')
    const long = shownValue('x'.repeat(500))
    expect(long).toHaveLength(valueShownCharsMax)
    expect(long.endsWith('…')).toBe(true)
  })
})

test.each<[string, boolean]>([
  ['colour', true],
  ['a key/with space', true],
  ['', false],
  [' colour', false],
  ['colour ', false],
])('the key "%s" is %s', (key, isGood) => expect(keyProblem(key) === undefined).toBe(isGood))

describe('the answer', () => {
  test('tells what was decided, and how long it took', () => {
    expect(toldSet('set', 'a', 7, 6.2)).toEqual({ tone: 'healthy', text: 'Decided in 6 ms: “a” is set, version 7.' })
    expect(toldSet('delete', 'a', 8, 1_500).text).toBe('Decided in 1.5 s: “a” is deleted.')
    expect(toldSwap('a', { swapped: true, value: 1 }, 6).text).toBe('Decided in 6 ms: “a” was swapped.')
  })

  test('tells what stood in the way of a swap', () => {
    expect(toldSwap('a', { swapped: false, value: 'blue' }, 6).text).toBe(
      'Not swapped, nothing was changed: it holds "blue".',
    )
    expect(toldSwap('a', { swapped: false, value: undefined }, 6).text).toContain('the key is not there')
    expect(toldSwap('a', { swapped: false, value: null }, 6).text).toContain('it holds null')
  })

  test.each<[string, unknown, 'nothing' | 'unknown']>([
    ['a timeout that may have happened', new MeshError('timeout', 'late', { outcome: 'unknown' }), 'unknown'],
    ['a timeout that did not happen', new MeshError('timeout', 'late', { outcome: 'not-applied' }), 'nothing'],
    ['no quorum before it was sent', new MeshError('no-quorum', 'few', { outcome: 'not-applied' }), 'nothing'],
    ['no quorum after it was sent', new MeshError('no-quorum', 'few', { outcome: 'unknown' }), 'unknown'],
    ['an error that says nothing of its outcome', new MeshError('disconnected', 'gone'), 'unknown'],
    ['whatever else was thrown', new TypeError('broken'), 'unknown'],
    ['a refusal of what was asked', new MeshError('too-large', 'a value may have 64 KiB'), 'nothing'],
    ['a queue that is full', new MeshError('overloaded', 'full'), 'nothing'],
  ])('%s', (_, thrown, outcome) => {
    const told = toldFailure(thrown)
    expect(told.text.startsWith('Nothing was changed.')).toBe(outcome === 'nothing')
    expect(told.text.startsWith('It is not known whether this was decided.')).toBe(outcome === 'unknown')
    expect(told.tone).toBe(outcome === 'nothing' ? 'failed' : 'suspect')
  })

  test('gives the reason once, with one full stop', () => {
    expect(toldFailure(new MeshError('too-large', 'a value may have 64 KiB.')).text).toBe(
      'Nothing was changed. A value may have 64 KiB.',
    )
  })
})
