/** A server before the real one that passes everything on, until it is told to lose all signaling: pages are still served. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Front {
  readonly origin: string
  /** Ends every WebSocket and refuses each new one, for good. */
  loseSignaling(): void
  close(): Promise<void>
}

export async function openFront(targetPort: number): Promise<Front> {
  const sockets = new Set<Socket>()
  const upgraded = new Set<Socket>()
  let isLost = false
  const server = createServer(client => {
    const upstream = connect(targetPort, '127.0.0.1')
    const pair = [client, upstream]
    client.on('data', chunk => {
      if (!/\r\nupgrade: websocket/i.test(chunk.toString('latin1'))) return
      for (const socket of pair) isLost ? socket.destroy() : upgraded.add(socket)
    })
    client.pipe(upstream).pipe(client)
    for (const socket of pair) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        upgraded.delete(socket)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    loseSignaling() {
      isLost = true
      for (const socket of upgraded) socket.destroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
