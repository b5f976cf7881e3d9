import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { signalingPlugin } from '../../signaling/vite-plugin.ts'
import { joined } from './support.ts'

test('vite’s own server has signaling, our headers and its own hot-update socket on one port', async () => {
  const root = await mkdtemp(join(tmpdir(), 'tabmesh-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await writeFile(join(root, 'index.html'), '<!doctype html><title>dev</title>')
  const vite = await createServer({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [signalingPlugin()],
    server: { host: '127.0.0.1', port: 0, watch: null },
  })
  onTestFinished(() => vite.close())
  await vite.listen()
  const address = vite.httpServer?.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const page = await fetch(`http://127.0.0.1:${port}/`)
  expect(await page.text()).toContain('<title>dev</title>')
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';")
  const ada = await joined(port, 'session-ada')
  expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()).toMatchObject({ members: 1 })
  const hot = new WebSocket(`ws://127.0.0.1:${port}/?token=${vite.config.webSocketToken}`, 'vite-hmr')
  await once(hot, 'open')
  hot.terminate()
  await vite.close()
  await ada.closed() // Vite cuts all sockets itself, so there is no close code
})
