/**
 * Keeps what the engine's first part needs in one file: by itself the bundler puts what later parts share with it into files of their own, and a
 * worker finds out about these only when it has read the first.
 */
import { fileURLToPath } from 'node:url'

interface Modules {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null
}

export const engineChunkName = 'start-engine'

const entry = fileURLToPath(new URL('../src/engine/start-engine.ts', import.meta.url))

/** For `output.codeSplitting` of the workers: the entry and all that it imports, but not what it loads later. */
export const engineChunk = {
  groups: [{ name: (id: string, modules: Modules) => (reachable(modules).has(id) ? engineChunkName : null) }],
}

function reachable(modules: Modules): ReadonlySet<string> {
  const found = new Set([entry])
  for (const id of found) for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) found.add(imported)
  return found
}
