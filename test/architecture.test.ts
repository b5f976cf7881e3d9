/** The architecture as rules: who imports whom, which package lives where, what a machine may touch. Each rule is seen to fail. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  fenceRule,
  fileLinesMax,
  focusRule,
  layerRule,
  leftoverRule,
  lengthRule,
  machinePathRule,
  purityRule,
  type Rule,
  serverRule,
} from './architecture/rules.ts'
import { parseSource, sourcesBelow } from './architecture/source.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const product = [...sourcesBelow(root, 'src'), ...sourcesBelow(root, 'signaling')]
const own = sourcesBelow(root, 'test').filter(({ path }) => !path.startsWith('test/architecture'))
const everything = [...product, ...own, ...sourcesBelow(root, 'scripts'), ...sourcesBelow(root, 'bench')]
const documents = ['architecture', 'glossary', 'protocol', 'limits', 'threat-model', 'capabilities', 'performance']

test('there are sources to judge', () => {
  expect(product.length).toBeGreaterThan(10)
})

describe.each<[string, Rule, typeof everything]>([
  ['imports point down the layers', layerRule, product],
  ['packages stay inside their fences', fenceRule, product],
  ['the server shares the protocol only', serverRule, product],
  ['machines are pure', purityRule, product],
  ['files are short', lengthRule, everything],
  ['nothing is left to do', leftoverRule, everything],
  ['no test is focused or skipped for good', focusRule, own],
  ['no path of one machine is named', machinePathRule, everything],
])('%s', (_, rule, sources) => {
  test('everywhere', () => expect(sources.flatMap(rule)).toEqual([]))
})

describe('a rule that is broken says so', () => {
  test.each<[string, Rule, string, string]>([
    ['an import upward', layerRule, 'src/base/a.ts', `import { mesh } from '../mesh/mesh.ts'`],
    ['a type import upward', layerRule, 'src/link/a.ts', `import type { Mesh } from '../mesh/types.ts'`],
    ['a dynamic import upward', layerRule, 'src/work/a.ts', `await import('../engine/engine.ts')`],
    ['an import type upward', layerRule, 'src/work/a.ts', `type Engine = import('../engine/engine.ts').Engine`],
    ['a re-export from above', layerRule, 'src/mesh/a.ts', `export * from '../crdt/doc.ts'`],
    ['a worker from above', layerRule, 'src/mesh/a.ts', `new Worker(new URL('../engine/w.ts', import.meta.url))`],
    ['siblings of one level', layerRule, 'src/crdt/a.ts', `import { raft } from '../consensus/raft.ts'`],
    ['raft and pbft', layerRule, 'src/consensus/raft/a.ts', `import { view } from '../pbft/view.ts'`],
    ['a simulator in the engine', layerRule, 'src/engine/a.ts', `import { world } from '../simulator/world.ts'`],
    ['a test in the product', layerRule, 'src/mesh/a.ts', `import { fake } from '../../test/mesh/fake.ts'`],
    ['libp2p in work', fenceRule, 'src/work/a.ts', `import { noise } from '@libp2p/noise'`],
    ['lit in the engine', fenceRule, 'src/engine/a.ts', `import { html } from 'lit'`],
    ['an unlisted package', fenceRule, 'src/mesh/a.ts', `import pad from 'left-pad'`],
    ['Node in the mesh', fenceRule, 'src/mesh/a.ts', `import { readFileSync } from 'node:fs'`],
    ['the client in the server', serverRule, 'signaling/a.ts', `import { mesh } from '../src/mesh/mesh.ts'`],
    ['a clock in a machine', purityRule, 'src/work/job/step.ts', `export const step = () => Date.now()`],
    ['chance in a machine', purityRule, 'src/mesh/overlay/step.ts', `export const step = () => Math.random()`],
    ['a timer in raft', purityRule, 'src/consensus/raft/log.ts', `setTimeout(() => {}, 5)`],
    ['a date in a state', purityRule, 'src/work/job/state.ts', `export const born = new Date()`],
    ['crypto in a machine', purityRule, 'src/mesh/machine.ts', `export const id = crypto.randomUUID()`],
    ['waiting in a machine', purityRule, 'src/mesh/step.ts', `export const step = async () => { await 0 }`],
    ['a long file', lengthRule, 'src/base/a.ts', '\n'.repeat(fileLinesMax + 1)],
    ['a leftover', leftoverRule, 'src/base/a.ts', `// ${'TO'}${'DO'}: later`],
    ['a focused test', focusRule, 'test/a.test.ts', `test.${'only'}('it', () => {})`],
    ['a skipped test', focusRule, 'test/a.test.ts', `describe.${'skip'}('it', () => {})`],
    ['a path of a machine', machinePathRule, 'test/a.test.ts', `read('/${'home'}/ada/data')`],
  ])('%s', (_, rule, path, text) => expect(rule(parseSource(path, text))).toHaveLength(1))

  test.each<[string, Rule, string, string]>([
    ['an import downward', layerRule, 'src/mesh/a.ts', `import { Pipe } from '../link/types.ts'`],
    ['the lab on the simulator', layerRule, 'src/lab/a.ts', `import { world } from '../simulator/world.ts'`],
    ['libp2p in mesh', fenceRule, 'src/mesh/a.ts', `import { noise } from '@libp2p/noise'`],
    ['a field named performance', purityRule, 'src/work/job/step.ts', `export const f = (s: S) => s.performance`],
    ['a clock in a driver', purityRule, 'src/consensus/raft/driver.ts', `export const now = () => Date.now()`],
  ])('but not %s', (_, rule, path, text) => expect(rule(parseSource(path, text))).toEqual([]))
})

test.each(documents)('docs/%s.md is there', name => {
  expect(existsSync(`${root}/docs/${name}.md`)).toBe(true)
})
