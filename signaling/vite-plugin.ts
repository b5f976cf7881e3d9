/** Signaling and our headers inside Vite's own server, so that `npm run dev` and `vite preview` are one port, like `npm start`. */
import type { Server } from 'node:http'
import type { Connect, Plugin } from 'vite'
import { headersFor } from '../scripts/headers.ts'
import { createSignaling, type SignalingOptions, type UpgradingServer } from './server.ts'

interface ViteServer {
  readonly middlewares: Connect.Server
  /** Null where Vite is a middleware of somebody else's server. */
  readonly httpServer: (UpgradingServer & Pick<Server, 'once'>) | null
}

export function signalingPlugin(options: SignalingOptions = {}): Plugin {
  const install = ({ middlewares, httpServer }: ViteServer) => {
    const signaling = createSignaling(options)
    // Vite's own socket for hot updates is an upgrade of the same server.
    if (httpServer !== null) signaling.attach(httpServer, 'leave')
    httpServer?.once('close', () => void signaling.close())
    middlewares.use((request, response, next) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost')
      for (const [name, value] of Object.entries(headersFor(pathname))) response.setHeader(name, value)
      if (!signaling.handleHttp(request, response)) next()
    })
  }
  return {
    name: 'tabmesh-signaling',
    configureServer: server => install(server as unknown as ViteServer),
    configurePreviewServer: server => install(server as unknown as ViteServer),
  }
}
