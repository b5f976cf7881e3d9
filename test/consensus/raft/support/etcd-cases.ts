/** Reads the etcd-io/raft conformance cases: a directive with arguments, input lines, `----`, expected lines, a blank line. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../../../shared/conformance/etcd-raft/', import.meta.url))

export const areCasesHere = existsSync(folder)

export interface EtcdCase {
  readonly line: number
  readonly directive: string
  readonly args: Readonly<Record<string, string>>
  readonly input: readonly string[]
  readonly expected: readonly string[]
}

export function etcdCases(file: string): EtcdCase[] {
  if (!areCasesHere) return []
  const lines = readFileSync(folder + file, 'utf8').split('\n')
  const cases: EtcdCase[] = []
  let at = 0
  const block = (isEnd: (line: string) => boolean): string[] => {
    const from = at
    while (at < lines.length && !isEnd(lines[at] as string)) at++
    return lines.slice(from, at)
  }
  while (at < lines.length) {
    const head = lines[at] as string
    if (head.trim() === '' || head.startsWith('#')) {
      at++
      continue
    }
    const line = at + 1
    const [first = '', ...input] = block(text => text === '----')
    at++
    // One file omits the blank line before the next directive.
    const expected = block(text => text === '' || /^(simple|enter-joint|leave-joint)\b/.test(text))
    cases.push({ line, directive: first.split(' ')[0] as string, args: argsOf(first), input, expected })
  }
  return cases
}

/** `cfg=(1, 2) idx=(_,3) autoleave=true` */
function argsOf(head: string): Record<string, string> {
  const found = head.matchAll(/(\w+)=(?:\(([^)]*)\)|(\S+))/g)
  return Object.fromEntries([...found].map(([, name, list, word]) => [name, list ?? word ?? '']))
}

export const listOf = (text: string | undefined): string[] =>
  text === undefined || text === 'zero' ? [] : text.split(/[,\s]+/).filter(item => item !== '')
