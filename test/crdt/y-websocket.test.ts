/** A standard Yjs provider on a document of ours: a real y-websocket server joins the room's document with the rest of the Yjs world. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { systemClock, systemRandom } from '../../src/base/system.ts'
import { Shared } from '../../src/crdt/shared.ts'
import { createMemoryStore } from '../../src/crdt/storage/store.ts'
import { MemoryRoom, sees, until } from '../mesh/support/memory-mesh.ts'
import { freePort } from '../support/free-port.ts'

let server: ChildProcess | undefined
let url: string
beforeAll(async () => {
  const port = await freePort()
  const file = fileURLToPath(new URL('../../node_modules/y-websocket/bin/server.cjs', import.meta.url))
  const started = spawn(process.execPath, [file], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: `${port}` },
    stdio: 'pipe',
  })
  await new Promise<void>((resolve, reject) => {
    started.stdout?.once('data', () => resolve())
    started.once('exit', code => reject(new Error(`the y-websocket server ended with ${code}`)))
  })
  server = started
  url = `ws://127.0.0.1:${port}`
})
const open: WebsocketProvider[] = []
const room = new MemoryRoom()
afterEach(() => {
  for (const provider of open.splice(0)) provider.destroy()
})
afterAll(async () => {
  await room.close()
  server?.kill()
})

function connect(doc: Y.Doc): WebsocketProvider {
  const provider = new WebsocketProvider(url, 'bridged', doc, {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
  })
  open.push(provider)
  return provider
}

test('what is typed on either side of a y-websocket server is on both', async () => {
  const peers = [await room.join('Ada'), await room.join('Bob')]
  await until(() => peers.every(peer => sees(peer, peers)), 'both see each other')
  const states = await Promise.all(
    peers.map(mesh => Shared.open({ mesh, clock: systemClock, random: systemRandom, store: createMemoryStore() })),
  )
  const [bridge, far] = await Promise.all(states.map(async one => (await one.document('bridged')).doc))
  if (!bridge || !far) throw new Error('no documents')
  far.getText('text').insert(0, 'from the mesh ')
  connect(bridge) // at Ada's: all it takes is the provider on her document

  const outside = new Y.Doc()
  connect(outside)
  await until(() => `${outside.getText('text')}` === 'from the mesh ', 'the outside has what the mesh wrote')
  outside.getText('text').insert(0, 'from outside, ')
  await until(() => `${far.getText('text')}` === 'from outside, from the mesh ', 'Bob has what was written outside')
  far.getText('text').delete(0, 5)
  await until(() => `${outside.getText('text')}` === 'outside, from the mesh ', 'a deletion travels too')
  for (const one of states) await one.close()
})
