/** The rules of docs/architecture.md as functions over sources: each returns what breaks it, as sentences for people. */
import { packageOf, type Source, targetOf } from './source.ts'

export type Rule = (source: Source) => string[]

/** Imports point down this list; what shares a line may not import each other. */
const layers: readonly (readonly string[])[] = [
  ['base'],
  ['link'],
  ['mesh'],
  ['crdt', 'consensus'],
  ['work'],
  ['agent'],
  ['command'],
  ['simulator'],
  ['engine'],
  ['index'],
  ['console', 'headless', 'lab'],
]

/** Parts that must not know of each other, whatever their level. Only the lab shows simulated worlds. */
const strangers: readonly (readonly [string, string])[] = [
  ['src/consensus/raft/', 'src/consensus/pbft/'],
  ['src/engine/', 'src/simulator/'],
  ['src/console/', 'src/simulator/'],
  ['src/headless/', 'src/simulator/'],
]

/** Which package may be imported where in `src`. A package that is not listed here may be imported nowhere. */
const fences: readonly (readonly [packages: RegExp, folders: readonly string[]])[] = [
  [/^(libp2p|@libp2p\/.*|@multiformats\/.*|multiformats|uint8arraylist|uint8arrays)$/, ['link', 'mesh']],
  [/^(simple-peer|peerjs|node-datachannel)$/, ['link', 'headless']],
  [/^(yjs|y-.*|lib0)$/, ['crdt', 'console']],
  [/^minisearch$/, ['crdt']],
  [
    /^(lit|lit-html|@awesome\.me\/webawesome|d3-force|uplot|qrcode-generator|codemirror|@codemirror\/.*)$/,
    ['console', 'lab'],
  ],
  [/^comlink$/, ['engine']],
  [/^idb$/, ['mesh', 'crdt', 'consensus', 'work', 'engine']],
  [/^valibot$/, ['link', 'mesh', 'crdt', 'consensus', 'work', 'agent', 'command', 'engine', 'console', 'headless']],
  [/^ws$/, ['headless']],
  [/^node:/, ['headless']],
]

/** Commands of the repository that live beside what they run: they may use Node, and the bundler that loads a mutated copy. */
const commands = /^src\/simulator\/(main|replay|raft\/load-mutant)\.ts$/

const machineFiles = [/\/(step|state|machine)\.ts$/, /^src\/consensus\/raft\//, /^src\/simulator\/world\//]
const impureNames = [
  'Date.now', 'new Date', 'Math.random', 'performance', 'crypto', 'setTimeout', 'setInterval', 'setImmediate',
  'queueMicrotask', 'fetch', 'process', 'indexedDB', 'localStorage', 'navigator', 'await',
] // biome-ignore format: a list reads better as one

export const fileLinesMax = 400

export const layerRule: Rule = source => {
  const from = folderOf(source.path)
  if (!from) return []
  return source.imports.flatMap(specifier => {
    const target = targetOf(source, specifier)
    if (target === undefined) return []
    const to = folderOf(target)
    if (!to) return target.startsWith('src/') ? [] : [`${source.path} imports ${target}, which is outside src`]
    if (strangers.some(pair => isPair(pair, source.path, target)))
      return [`${source.path} imports ${target}, which it must not know`]
    return from === to || level(to) < level(from)
      ? []
      : [`${source.path} (${from}) imports ${target} (${to}), which is not below it`]
  })
}

export const fenceRule: Rule = source => {
  const folder = folderOf(source.path)
  if (!folder) return []
  return source.imports.flatMap(specifier => {
    if (specifier.startsWith('.') || specifier.startsWith('/')) return []
    const name = specifier.startsWith('node:') ? specifier : packageOf(specifier)
    if (/^(node:.*|vite)$/.test(name) && commands.test(source.path)) return []
    const fence = fences.find(([packages]) => packages.test(name))
    if (!fence) return [`${source.path} imports ${name}, which no fence admits`]
    return fence[1].includes(folder) ? [] : [`${source.path} imports ${name}, which belongs in ${fence[1].join(', ')}`]
  })
}

/** The server shares the protocol with its clients, and nothing else of them. */
export const serverRule: Rule = source => {
  if (!source.path.startsWith('signaling/')) return []
  return source.imports.flatMap(specifier => {
    const target = targetOf(source, specifier)
    const isShared = target === undefined || /^(signaling|src\/base|src\/link\/signaling|scripts)\//.test(target)
    return isShared ? [] : [`${source.path} imports ${target}; only src/base and the signaling protocol are shared`]
  })
}

export const purityRule: Rule = source => {
  if (source.path.endsWith('/driver.ts') || !machineFiles.some(machine => machine.test(source.path))) return []
  return impureNames.filter(name => source.uses.has(name)).map(name => `${source.path} uses ${name} in a machine`)
}

export const lengthRule: Rule = source => {
  const lines = source.text.split('\n').length - 1
  return lines > fileLinesMax ? [`${source.path} has ${lines} lines; ${fileLinesMax} at most`] : []
}

export const leftoverRule: Rule = source => {
  const marks = [...source.text.matchAll(/\b(?:TODO|FIXME|XXX|HACK)\b/g)].map(([mark]) => mark)
  return marks.map(mark => `${source.path} still says ${mark}`)
}

/** A test that is focused hides the others; one that is skipped for good tests nothing. `skipIf` states its condition. */
export const focusRule: Rule = source => {
  const found = [...source.text.matchAll(/\b(?:it|test|describe|suite)\.(?:only|skip|todo|fails)\b/g)].map(
    ([call]) => call,
  )
  return found.map(call => `${source.path} has ${call}`)
}

/** Paths of one machine work on no other. */
export const machinePathRule: Rule = source => {
  const paths = [...source.text.matchAll(/["'`]\/(?:work|home|root|Users)\/[^"'`]*/g)].map(([path]) => path.slice(1))
  return paths.map(path => `${source.path} names ${path}`)
}

/** `src/work/job/step.ts` is of `work`; `src/index.ts` of `index`. */
function folderOf(path: string): string | undefined {
  const name = /^src\/([^/]+?)(?:\/|\.ts$)/.exec(path)?.[1]
  return name !== undefined && layers.flat().includes(name) ? name : undefined
}

function level(folder: string): number {
  return layers.findIndex(layer => layer.includes(folder))
}

function isPair([one, other]: readonly [string, string], from: string, to: string): boolean {
  return (from.startsWith(one) && to.startsWith(other)) || (from.startsWith(other) && to.startsWith(one))
}
