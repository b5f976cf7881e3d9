import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The rows `| name | value | … |` under the heading of one file. */
function documented(path: string): Map<string, string> {
  const text = readFileSync('docs/limits.md', 'utf8')
  const [, section = ''] = text.split(`## \`${path}\`\n`)
  const rows = (section.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \| `(.+?)` \|/gm)
  return new Map([...rows].map(([, name = '', value = '']) => [name, value]))
}

const files = [
  'src/agent/sandbox/limits.ts',
  'src/command/limits.ts',
  'src/consensus/decisions/limits.ts',
  'src/consensus/keeping/limits.ts',
  'src/consensus/storage/limits.ts',
  'src/console/limits.ts',
  'src/crdt/limits.ts',
  'src/headless/limits.ts',
  'src/link/limits.ts',
  'src/mesh/gossip/aggregate/limits.ts',
  'src/mesh/gossip/rumours/limits.ts',
  'src/mesh/gossip/siblings/limits.ts',
  'src/mesh/gossip/trees/limits.ts',
  'src/mesh/limits.ts',
  'src/work/limits.ts',
]

test.each(files)('%s and the table for people say the same', path => {
  const constants = readFileSync(path, 'utf8').matchAll(/^export const (\w+)(?:: [^=]+)? = (.+)$/gm)
  const coded = new Map([...constants].map(([, name = '', value = '']) => [name, value]))
  expect(coded.size).toBeGreaterThan(0)
  expect(documented(path)).toEqual(coded)
})
