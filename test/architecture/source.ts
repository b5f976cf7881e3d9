/** The repository's own TypeScript, parsed: what each file imports, and which names it uses. */
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { parseSync } from 'vite'

export interface Source {
  /** From the root of the repository, with `/`. */
  readonly path: string
  readonly text: string
  /** Module specifiers: static and dynamic imports, re-exports, import types, and `new URL('./x', import.meta.url)`. */
  readonly imports: readonly string[]
  /** Free-standing uses of names and of members of names: `performance`, `Date.now`, `await`. */
  readonly uses: ReadonlySet<string>
}

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

export function parseSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const imports: string[] = []
  const uses = new Set<string>()
  walk(program as unknown as Node, (node, parent, key) => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) imports.push(specifier)
    if (node.type === 'AwaitExpression') uses.add('await')
    if (node.type === 'NewExpression' && isName(node.callee, 'Date')) uses.add('new Date')
    if (node.type === 'MemberExpression' && !node.computed) {
      const { object, property } = node as unknown as { object: Node; property: Node }
      if (object.type === 'Identifier') uses.add(`${object.name}.${property.name}`)
    }
    if (node.type === 'Identifier' && !isLabel(parent, key)) uses.add(String(node.name))
  })
  return { path, text, imports, uses }
}

/** Every tracked kind of source below `folder`, generated and foreign code left out. */
export function sourcesBelow(root: string, folder: string): Source[] {
  let entries: string[]
  try {
    entries = readdirSync(posix.join(root, folder), { recursive: true, encoding: 'utf8' })
  } catch {
    return [] // a folder that later releases fill
  }
  return entries
    .map(entry => posix.join(folder, entry.replaceAll('\\', '/')))
    .filter(path => /\.ts$/.test(path) && !/node_modules\//.test(path) && !path.endsWith('.d.ts'))
    .sort()
    .map(path => parseSource(path, readFileSync(posix.join(root, path), 'utf8')))
}

/** Where a relative import leads, from the root of the repository; undefined for a package. */
export function targetOf(source: Pick<Source, 'path'>, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(source.path), specifier.replace(/\?.*$/, ''))
}

/** `@scope/name/deep.js` is of the package `@scope/name`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

function specifierOf(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return textOf(node.source)
    case 'NewExpression': {
      const [first, second] = node.arguments as Node[]
      const isOwn = isName(node.callee, 'URL') && second?.type === 'MemberExpression'
      return isOwn && isMeta(second.object) ? textOf(first) : undefined
    }
  }
  return undefined
}

function textOf(node: unknown): string | undefined {
  const literal = node as { value?: unknown } | null | undefined
  return typeof literal?.value === 'string' ? literal.value : undefined
}

function isName(node: unknown, name: string): boolean {
  return (node as Node | undefined)?.type === 'Identifier' && (node as Node).name === name
}

function isMeta(node: unknown): boolean {
  return (node as Node | undefined)?.type === 'MetaProperty'
}

/** A property's own name (`state.performance`, `{ crypto: 1 }`, `crypto(): void`) is not a use of the global of that name. */
function isLabel(parent: Node | undefined, key: string): boolean {
  if (!parent || parent.computed) return false
  return key === 'property' || key === 'key' || (key === 'label' && parent.type.startsWith('TS'))
}

function walk(node: Node, visit: (node: Node, parent: Node | undefined, key: string) => void): void {
  const pending: [Node, Node | undefined, string][] = [[node, undefined, '']]
  for (let next = pending.pop(); next; next = pending.pop()) {
    visit(...next)
    for (const [key, value] of Object.entries(next[0])) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child?.type === 'string') pending.push([child as Node, next[0], key])
      }
    }
  }
}
