/**
 * A door between a network namespace and the one where the tests run, over a Unix socket and so without any network between
 * them: the page is served at the same `127.0.0.1:PORT` inside, and the browser's debugger is reached at the same port outside.
 * Run with arguments it is the end inside: `door.ts SOCKET inward|outward PORT`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `inward`: a port outside is reached from inside. `outward`: a port inside is reached from outside. */
export type Direction = 'inward' | 'outward'

const self = fileURLToPath(import.meta.url)

export class Door {
  readonly #server: Server
  readonly #inside: ChildProcess
  readonly #path: string
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #isShut = false

  private constructor(server: Server, inside: ChildProcess, path: string) {
    this.#server = server
    this.#inside = inside
    this.#path = path
  }

  static async open(namespace: string, direction: Direction, port: number): Promise<Door> {
    const path = join(tmpdir(), `${namespace}-${direction}-${port}.sock`)
    rmSync(path, { force: true })
    const door: { one?: Door } = {}
    const server = createServer(from =>
      door.one?.join(from, direction === 'inward' ? connect(port, '127.0.0.1') : connect(path)),
    )
    if (direction === 'inward') await once(server.listen(path), 'listening')
    const args = ['netns', 'exec', namespace, process.execPath, '--import', 'tsx', self, path, direction, String(port)]
    const inside = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const opened = new Door(server, inside, path)
    door.one = opened
    await once(inside.stdout, 'data') // it listens
    if (direction === 'outward') await once(server.listen(port, '127.0.0.1'), 'listening')
    return opened
  }

  /** Nothing passes, as in a network that lost its way; what was sent waits. */
  set isShut(isShut: boolean) {
    this.#isShut = isShut
    for (const pair of this.#pairs) for (const socket of pair) isShut ? socket.pause() : socket.resume()
  }

  /** Ends every connection for who is inside; the server hears nothing of it, as when an address is gone. */
  slam(): void {
    for (const [from] of this.#pairs) {
      from.removeAllListeners('close')
      from.destroy()
    }
  }

  close(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
    this.#server.close()
    this.#inside.kill()
    rmSync(this.#path, { force: true })
  }

  join(from: Socket, to: Socket): void {
    const pair = couple(from, to)
    this.#pairs.add(pair)
    if (this.#isShut) for (const socket of pair) socket.pause()
    from.on('close', () => this.#pairs.delete(pair))
  }
}

function couple(from: Socket, to: Socket): readonly [Socket, Socket] {
  from.on('data', chunk => to.write(chunk))
  to.on('data', chunk => from.write(chunk))
  for (const [socket, other] of [
    [from, to],
    [to, from],
  ] as const) {
    socket.on('error', () => socket.destroy())
    socket.on('close', () => other.destroy())
  }
  return [from, to]
}

if (process.argv[1] === self) {
  const [path = '', direction, port] = process.argv.slice(2)
  const server = createServer(from =>
    couple(from, direction === 'inward' ? connect(path) : connect(Number(port), '127.0.0.1')),
  )
  await once(direction === 'inward' ? server.listen(Number(port), '127.0.0.1') : server.listen(path), 'listening')
  process.stdin.on('end', () => process.exit()).resume() // the tests' process is gone
  console.log('open')
}
