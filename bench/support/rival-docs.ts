/** Pages of the rivals among Yjs providers, y-webrtc first: its own signaling server, and a page that Vite bundles as it is asked for. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { freePort } from '../../test/support/free-port.ts'

const bench = fileURLToPath(new URL('..', import.meta.url))

export interface RivalPages {
  url(room: string): string
  /** Where storage is measured. */
  readonly storage: string
}

/** Whatever happens in `use`, nothing is left running. */
export async function withRivalPages(use: (pages: RivalPages) => Promise<void>): Promise<void> {
  const pages = await openRivalPages()
  try {
    await use(pages)
  } finally {
    await pages.close()
  }
}

async function openRivalPages(): Promise<RivalPages & { close(): Promise<void> }> {
  const port = await freePort()
  const signaling = spawn(process.execPath, [`${bench}node_modules/y-webrtc/bin/server.js`], {
    env: { ...process.env, PORT: `${port}` },
    stdio: 'ignore',
  })
  const vite = await createServer({
    root: `${bench}pages`,
    configFile: false,
    logLevel: 'error',
    cacheDir: `${bench}../.cache/vite-rival`,
    server: { host: '127.0.0.1', port: await freePort(), fs: { allow: [`${bench}..`] } },
    optimizeDeps: { exclude: ['y-webrtc'], include: ['y-webrtc > simple-peer/simplepeer.min.js', 'yjs'] },
    resolve: { dedupe: ['yjs', 'lib0'] },
  })
  await vite.listen()
  const origin = `http://127.0.0.1:${vite.config.server.port}`
  return {
    storage: `${origin}/storage.html`,
    url: room => `${origin}/rival.html?${new URLSearchParams({ room, signaling: `ws://127.0.0.1:${port}` })}`,
    async close() {
      await vite.close()
      signaling.kill()
    },
  }
}
