import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The rows `| name | value | … |` under the heading of one file. */
function documented(path: string): Map<string, string> {
  const text = readFileSync('docs/limits.md', 'utf8')
  const [, section = ''] = text.split(`## \`${path}\`\n`)
  const rows = (section.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \| `(.+?)` \|/gm)
  return new Map([...rows].map(([, name = '', value = '']) => [name, value]))
}

test.each(['src/link/limits.ts', 'src/mesh/limits.ts'])('%s and the table for people say the same', path => {
  const constants = readFileSync(path, 'utf8').matchAll(/^export const (\w+)(?:: [^=]+)? = (.+)$/gm)
  const coded = new Map([...constants].map(([, name = '', value = '']) => [name, value]))
  expect(coded.size).toBeGreaterThan(5)
  expect(documented(path)).toEqual(coded)
})
