/**
 * A Vite plugin that writes the bundler's helpers into the engine's first part. The bundler keeps them in a file of their own, of 0.7 kB, which the
 * worker finds out about when it has read the first part: 17 ms later for a tenth tab of ten, by a trace of its joining.
 */
import type { Plugin } from 'vite'
import { engineChunkName } from './engine-chunk.ts'

const helpersName = 'rolldown-runtime'
const imported = /import\s*\{([^}]*)\}\s*from\s*["']\.\/rolldown-runtime-[\w-]+\.js["'];?/
const exported = /export\s*\{([^}]*)\};?\s*$/

export function inlineHelpers(): Plugin {
  return {
    name: 'tabmesh-inline-helpers',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter(file => file.type === 'chunk')
      const helpers = chunks.find(({ name }) => name === helpersName)
      const first = chunks.find(({ name }) => name === engineChunkName)
      if (!helpers || !first?.imports.includes(helpers.fileName)) return
      const inlined = first.code.replace(imported, (_, names: string) => declared(names, helpers.code))
      if (inlined === first.code) throw new Error(`${first.fileName} imports ${helpers.fileName} in another way now`)
      first.code = inlined
      first.imports = first.imports.filter(file => file !== helpers.fileName)
    },
  }
}

/** `a as b` of an import takes from the helpers what `c as a` of their export names. */
function declared(names: string, helpers: string): string {
  const [statement, given = ''] = exported.exec(helpers) ?? []
  if (!statement) throw new Error('the helpers export in another way now')
  const returned = pairs(given).map(([inner, outer]) => `${outer}:${inner}`)
  const taken = pairs(names).map(([outer, local]) => `${outer}:${local}`)
  return `const{${taken}}=(()=>{${helpers.replace(exported, '')};return{${returned}}})();`
}

/** Of `a as b, c`: [a, b], [c, c]. */
function pairs(names: string): (readonly [string, string])[] {
  return names.split(',').map(name => {
    const [from = '', to = from] = name.trim().split(/\s+as\s+/)
    return [from, to]
  })
}
