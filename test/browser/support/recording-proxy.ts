/** A TCP proxy that keeps every byte that passes, so that a test can look at all the server ever saw. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface RecordingProxy {
  readonly origin: string
  /** All bytes from the tabs to the server, connection after connection. */
  received(): Buffer
  close(): Promise<void>
}

export async function openRecordingProxy(targetPort: number): Promise<RecordingProxy> {
  const connections: Buffer[][] = []
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const chunks: Buffer[] = []
    connections.push(chunks)
    const upstream = connect(targetPort, '127.0.0.1')
    client.on('data', chunk => chunks.push(chunk))
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    received: () => Buffer.concat(connections.flatMap(chunks => [...unmaskedFrames(Buffer.concat(chunks))])),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/**
 * What a client sent, as the server reads it: an HTTP request as it is, and after `Upgrade: websocket` the frames unmasked, since
 * browsers mask every frame with a random key (RFC 6455, section 5.3).
 */
export function* unmaskedFrames(bytes: Buffer): Generator<Buffer> {
  const headEnd = bytes.indexOf('\r\n\r\n') + 4
  const head = bytes.subarray(0, headEnd).toString('latin1')
  if (headEnd < 4 || !/\r\nupgrade: websocket/i.test(head)) return yield bytes
  yield bytes.subarray(0, headEnd)
  let at = headEnd
  while (at + 2 <= bytes.length) {
    const isMasked = (bytes.readUInt8(at + 1) & 0x80) !== 0
    const short = bytes.readUInt8(at + 1) & 0x7f
    let body = at + 2
    let length = short
    if (short === 126) {
      length = bytes.readUInt16BE(body)
      body += 2
    } else if (short === 127) {
      length = Number(bytes.readBigUInt64BE(body))
      body += 8
    }
    const mask = isMasked ? bytes.subarray(body, body + 4) : Buffer.alloc(4)
    if (isMasked) body += 4
    const data = Buffer.from(bytes.subarray(body, body + length))
    for (let index = 0; index < data.length; index++) data[index] = (data[index] ?? 0) ^ (mask[index % 4] ?? 0)
    yield data
    at = body + length
  }
}

/** Every encoding of `text` in which it might be hidden: as it is, hex, UTF-16, base64 at each of the three alignments, URL. */
export function disguises(text: string): Map<string, Buffer> {
  const utf8 = Buffer.from(text)
  const found = new Map<string, Buffer>([
    ['plain', utf8],
    ['hex', Buffer.from(utf8.toString('hex'))],
    ['upper-case hex', Buffer.from(utf8.toString('hex').toUpperCase())],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['reversed', Buffer.from([...text].reverse().join(''))],
    ['URL encoding', Buffer.from(encodeURIComponent(text))],
  ])
  for (let shift = 0; shift < 3; shift++) {
    // The characters of base64 that depend on `text` alone, whatever stands `shift` bytes before it and after it.
    const padded = Buffer.concat([Buffer.alloc(shift), utf8])
    const whole = padded.subarray(0, padded.length - (padded.length % 3)).toString('base64')
    const own = whole.slice(shift === 0 ? 0 : 4)
    found.set(`base64 at ${shift}`, Buffer.from(own))
    found.set(`base64url at ${shift}`, Buffer.from(own.replaceAll('+', '-').replaceAll('/', '_')))
  }
  return found
}
