/**
 * A Vite plugin that names in the page the modules that are imported later, and what these import. The entry has them fetched where they are not
 * in the browser's cache: a browser that finds them there reads and compiles them at once, just when it should start the engine's worker.
 */
import type { Plugin } from 'vite'

export function preload(...modules: string[]): Plugin {
  return {
    name: 'tabmesh:preload',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter(file => file.type === 'chunk')
        const files = modules.flatMap(module => {
          const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(module))
          if (!chunk) throw new Error(`no chunk was made of ${module}`)
          return [chunk.fileName, ...chunk.imports]
        })
        return [...new Set(files)].map(file => {
          const attrs = { rel: 'later', crossorigin: true, href: `/${file}` }
          return { tag: 'link', attrs, injectTo: 'head' }
        })
      },
    },
  }
}
