/** The bundler's helpers, written into the engine's first part: what it imported of them is there, and nothing else of theirs. */
import { expect, test } from 'vitest'
import { inlineHelpers } from '../../build/inline-helpers.ts'

interface Chunk {
  readonly type: 'chunk'
  readonly name: string
  readonly fileName: string
  code: string
  imports: string[]
}

const helpers = (code: string): Chunk => chunk('rolldown-runtime', 'assets/rolldown-runtime-Abc_-123.js', code)
const first = (code: string, imports = ['assets/rolldown-runtime-Abc_-123.js']): Chunk =>
  chunk('start-engine', 'assets/start-engine-1.js', code, imports)

function chunk(name: string, fileName: string, code: string, imports: string[] = []): Chunk {
  return { type: 'chunk', name, fileName, code, imports }
}

function inlined(...chunks: Chunk[]): void {
  const { generateBundle } = inlineHelpers() as unknown as { generateBundle(options: object, bundle: object): void }
  generateBundle({}, Object.fromEntries(chunks.map(each => [each.fileName, each])))
}

test.each([
  ['minified', 'import{n as e,t}from"./rolldown-runtime-Abc_-123.js";', 'var e=x=>x+1,t=x=>2*x;export{e as n,t};'],
  [
    'as written',
    `import { n as e, t } from './rolldown-runtime-Abc_-123.js';\n`,
    'var e = x => x + 1;\nvar t = x => 2 * x;\nexport { e as n, t };\n',
  ],
])('%s, under the names that the first part gave them', (_how, line, code) => {
  const engine = first(`${line}return [e(1),t(1),typeof n]`)
  inlined(helpers(code), engine)
  expect(engine.code).not.toContain('import')
  expect(new Function(engine.code)()).toEqual([2, 2, 'undefined'])
  expect(engine.imports).toEqual([])
})

test('a first part that needs none is left as it is', () => {
  const engine = first('const n = 1', [])
  inlined(helpers('export{};'), engine)
  expect(engine.code).toBe('const n = 1')
})

test('helpers that are imported or exported in another way stop the build', () => {
  const odd = first('import*as helpers from"./rolldown-runtime-Abc_-123.js"')
  expect(() => inlined(helpers('export{};'), odd)).toThrow('imports assets/rolldown-runtime')
  const usual = first('import{n}from"./rolldown-runtime-Abc_-123.js";')
  expect(() => inlined(helpers('export const n = 1'), usual)).toThrow('export in another way')
})
