/** A Vite plugin that has the browser fetch, along with the page's entry, the module that the entry imports last. */
import type { Plugin } from 'vite'

export function preload(module: string): Plugin {
  return {
    name: 'tabmesh:preload',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter(file => file.type === 'chunk')
        const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(module))
        if (!chunk) throw new Error(`no chunk was made of ${module}`)
        const href = `/${chunk.fileName}`
        return [{ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href }, injectTo: 'head' }]
      },
    },
  }
}
