/**
 * Loads the Raft core with one rule broken, to see that a test or the simulator notices. The fault is an exact replacement in
 * a source file, made while the core is bundled in memory: production code has no hook for it. Node only.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Plugin, Rolldown } from 'vite'
import { invariant } from '../../base/invariant.ts'

/** What a (mutated) core offers: its index. */
export type RaftModule = typeof import('../../consensus/raft/index.ts')

export interface Mutation {
  readonly name: string
  /** Below src/consensus/raft. */
  readonly file: string
  /** Occurs in the file exactly once, so that no mutation rots in silence. */
  readonly find: string
  readonly replace: string
}

const CORE = fileURLToPath(new URL('../../consensus/raft/', import.meta.url))
const loaded = new Map<string, Promise<RaftModule>>()

/** The same mutation is built once per process. */
export function loadMutant(mutation: Mutation): Promise<RaftModule> {
  const key = JSON.stringify(mutation)
  const module = loaded.get(key) ?? buildMutant(mutation)
  loaded.set(key, module)
  return module
}

/** The file's source with the fault in it. */
export async function mutatedSource({ name, file, find, replace }: Mutation): Promise<string> {
  const source = await readFile(CORE + file, 'utf8')
  const occurrences = source.split(find).length - 1
  invariant(occurrences === 1, `mutation ${name}: ${occurrences} places in ${file} read: ${find}`)
  invariant(find !== replace, `mutation ${name} changes nothing`)
  return source.replace(find, () => replace)
}

async function buildMutant(mutation: Mutation): Promise<RaftModule> {
  const source = await mutatedSource(mutation)
  const fault: Plugin = {
    name: 'raft-mutant',
    enforce: 'pre',
    load: id => (id === CORE + mutation.file ? source : null),
  }
  const { build } = await import('vite') // takes a second to load, and most runs break nothing
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [fault],
    build: { write: false, minify: false, target: 'node20', lib: { entry: `${CORE}index.ts`, formats: ['es'] } },
  })
  const code = (output as Rolldown.RolldownOutput[])[0]?.output[0].code
  invariant(code !== undefined, `mutation ${mutation.name} gave no code`)
  return import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
}
