/** Keeps the table of scenarios in docs/raft.md true: none is missing, and each row names a test and the faults it notices. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const here = new URL('./', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, here), 'utf8')
const files = readdirSync(here).filter(name => name.startsWith('scenarios-'))
const numbersIn = (text: string, pattern: RegExp): number[] =>
  [...new Set([...text.matchAll(pattern)].map(([, number]) => Number(number)))].sort((a, b) => a - b)
const tested = numbersIn(files.map(read).join('\n'), /['`]R(\d+): /g)
const rows = [...read('../../../docs/raft.md').matchAll(/^\| R(\d+) \| `([\w-]+)` \| (.*?) \|/gm)].map(
  ([, number, file, faults]) => ({
    number: Number(number),
    file: `${file}.test.ts`,
    faults: String(faults).split('; '),
  }),
)

const published = new URL('../../../../shared/SCENARIOS.md', here)
test.runIf(existsSync(published))(
  'every published Raft scenario has a test (skipped where ../shared is absent)',
  () => {
    const raft = readFileSync(published, 'utf8').split('## Gossip')[0] ?? ''
    expect(tested).toEqual(numbersIn(raft, /\*\*R(\d+)/g))
  },
)

test('every scenario with a test is in the table, in order', () => {
  expect(numbersIn(rows.map(({ number }) => `R${number};`).join(''), /R(\d+);/g)).toEqual(tested)
  expect(rows.map(({ number }) => number)).toEqual(rows.map(({ number }) => number).sort((a, b) => a - b))
})

describe('what the table says of', () => {
  test.each(rows)('R$number in $file is so', ({ number, file, faults }) => {
    const source = read(file)
    expect(source).toMatch(new RegExp(`['\`]R${number}: `))
    const known = source + read('support/faults.ts')
    for (const fault of faults) expect(known).toContain(`broken: '${fault}'`)
  })
})
