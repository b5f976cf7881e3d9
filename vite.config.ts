// One page: the console at /. `vite` serves it with signaling on the same port; `vite build` writes dist/.
import { defineConfig } from 'vite'
import { engineChunk } from './build/engine-chunk.ts'
import { inlineHelpers } from './build/inline-helpers.ts'
import { preload } from './build/preload.ts'
import { trim } from './build/trim.ts'
import { signalingPlugin } from './signaling/vite-plugin.ts'

export default defineConfig({
  plugins: [trim(), preload('/src/console/open.ts', '/src/console/app.ts'), signalingPlugin()],
  server: { host: '127.0.0.1', port: 4100 },
  worker: {
    format: 'es',
    plugins: () => [trim(), inlineHelpers()],
    rolldownOptions: { output: { codeSplitting: engineChunk } },
  },
  build: { target: 'es2023', manifest: true, modulePreload: { polyfill: false } },
})
