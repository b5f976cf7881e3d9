import { describe, expect, test } from 'vitest'
import { Merge, mapShard } from '../../src/agent/compute.ts'
import type { Json } from '../../src/base/json.ts'
import { exampleForm, formProblem, patternProblem, programOf } from '../../src/console/work/programs.ts'
import { matchRanges } from '../../src/console/work/results/ranges.ts'
import { numberBars, resultShape } from '../../src/console/work/results/shapes.ts'
import type { JobProgram } from '../../src/work/types.ts'

/** What the built-in capability really makes of a text, so that the console cannot drift from it. */
function resultOf(program: JobProgram, text: string): Json {
  if (program.kind === 'source') throw new Error('not a capability')
  const merge = new Merge(program.capability, program.options, ['a.txt'])
  const piece = {
    input: 0,
    name: 'a.txt',
    number: 0,
    firstLine: 1,
    starts: undefined,
    bytes: new TextEncoder().encode(text),
  }
  merge.add(0, mapShard(program.capability, program.options, [piece]))
  return JSON.parse(new TextDecoder().decode(merge.finish())) as Json
}

describe('what a built-in job makes', () => {
  test('is drawn as words, for a count of words', () => {
    const program = programOf({ ...exampleForm, kind: 'count-words' })
    const shape = resultShape(program, resultOf(program, 'to be or not to be'))
    expect(shape).toMatchObject({ kind: 'words', words: { words: 6, distinct: 4 } })
    if (shape.kind === 'words') expect(shape.words.top[0]).toEqual({ word: 'be', count: 2 })
  })

  test('is drawn as lines, for a search, with the pattern to mark them by', () => {
    const program = programOf({ ...exampleForm, kind: 'find', pattern: 'Moon', ignoresCase: true })
    const shape = resultShape(program, resultOf(program, 'a\nthe moon\n'))
    expect(shape).toMatchObject({ kind: 'hits', pattern: 'Moon', flags: 'iu', hits: { count: 1, truncated: false } })
    if (shape.kind === 'hits') expect(shape.hits.hits[0]).toMatchObject({ file: 'a.txt', line: 2, text: 'the moon' })
  })

  test('is shown as JSON where it is not what its program should make', () => {
    const program = programOf({ ...exampleForm, kind: 'count-words' })
    expect(resultShape(program, { words: 'many' }).kind).toBe('json')
    expect(resultShape(program, null).kind).toBe('json')
  })
})

describe('what an own function makes', () => {
  test('is a chart, largest first, if it is an object of numbers', () => {
    expect(numberBars({ a: 1, b: 3, c: 3 })?.map(({ label }) => label)).toEqual(['b', 'c', 'a'])
  })
  test('is a chart in its own order if it is a list of numbers', () => {
    expect(numberBars([2, 9, 4])?.map(({ value }) => value)).toEqual([2, 9, 4])
  })
  test.each<[string, Json]>([
    ['a single number', 7],
    ['a text', 'x'],
    ['nothing', null],
    ['one value', { a: 1 }],
    ['mixed values', { a: 1, b: 'x' }],
    ['too many values', Array.from({ length: 2_001 }, () => 1)],
  ])('is no chart if it is %s', (_, result) => expect(numberBars(result)).toBeUndefined())
})

describe('marks', () => {
  test('are where the pattern matches, by the job’s own flags', () => {
    expect(matchRanges('moon', 'iu', 'Moon and moon')).toEqual([
      [0, 4],
      [9, 13],
    ])
    expect(matchRanges('moon', 'u', 'Moon and moon')).toEqual([[9, 13]])
  })
  test('leave out matches of nothing', () => {
    expect(matchRanges('x*', 'u', 'axb')).toEqual([[1, 2]])
  })
  test('end at fifty in one line', () => {
    expect(matchRanges('a', 'u', 'a'.repeat(500))).toHaveLength(50)
  })
})

describe('a form', () => {
  test('accepts the example of every kind, as its capability does', () => {
    for (const kind of ['count-words', 'find', 'own'] as const)
      expect(formProblem({ ...exampleForm, kind })).toBeUndefined()
    expect(resultOf(programOf({ ...exampleForm, kind: 'find' }), 'Freiheit')).toMatchObject({ count: 1 })
  })
  test('has an own function that counts letters as it says', () => {
    // Our own example text, run as the sandbox would: an expression that is a function.
    const evaluated = (source: string) => new Function(`return (${source}\n)`)() as (input: unknown) => unknown
    const map = evaluated(exampleForm.map)
    const reduce = evaluated(exampleForm.reduce)
    expect(reduce([map('Añb'), map('a-A 1')])).toEqual({ a: 3, b: 1, ñ: 1 })
  })
  test.each<[string, RegExp]>([
    ['', /Type what/],
    ['(', /Not a regular expression yet: .*group/i],
    ['a**', /Not a regular expression yet/],
    ['x'.repeat(1_001), /at most 1,000/],
  ])('refuses the pattern "%.10s" with a reason', (pattern, words) => expect(patternProblem(pattern)).toMatch(words))
  test('refuses an own function of which half is missing', () => {
    expect(formProblem({ ...exampleForm, kind: 'own', map: ' ' })).toMatch(/map/)
    expect(formProblem({ ...exampleForm, kind: 'own', reduce: '' })).toMatch(/reduce/)
  })
})
