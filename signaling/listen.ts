/** Opens the port, on both loopback addresses where there are two, and says in plain words why it cannot. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { isIPv6 } from 'node:net'
import { CommandError } from './command-line.ts'

export interface Listening {
  readonly port: number
  readonly servers: readonly Server[]
}

/**
 * `localhost` means 127.0.0.1 and ::1: browsers try either first, and were somebody else on the other one, two tabs could end up at two
 * servers. `makeServer` is called once per address. Port 0 takes any free one.
 */
export async function listen(makeServer: () => Server, host: string, port: number): Promise<Listening> {
  if (host !== 'localhost') {
    const server = await listenOn(makeServer(), host, port)
    return { servers: [server], port: portOf(server) }
  }
  const first = await listenOn(makeServer(), '127.0.0.1', port)
  try {
    return { servers: [first, await listenOn(makeServer(), '::1', portOf(first))], port: portOf(first) }
  } catch (error) {
    // A machine without IPv6 does without.
    if (error instanceof ListenError && error.isNoSuchAddress) return { servers: [first], port: portOf(first) }
    await closed(first)
    throw error
  }
}

/** Stops listening and ends what is still open. */
export async function closed(server: Server): Promise<void> {
  const done = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeAllConnections()
  await done
}

export function urlOf(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}/`
}

class ListenError extends CommandError {
  readonly isNoSuchAddress: boolean

  constructor(code: string, host: string, port: number) {
    super(1, explain(code, host, port))
    this.isNoSuchAddress = code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
  }
}

async function listenOn(server: Server, host: string, port: number): Promise<Server> {
  server.listen({ host, port, exclusive: true })
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    throw new ListenError(error instanceof Error && 'code' in error ? String(error.code) : String(error), host, port)
  }
}

function explain(code: string, host: string, port: number): string {
  const other = port < 65_535 ? port + 1 : 4100
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use. Stop the program that uses it, or choose another: --port ${other}`
    case 'EACCES':
      return `Not allowed to use port ${port}. Choose one above 1023: --port 4100`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return `This machine has no address ${host}. Choose one of its own, or --host 0.0.0.0 for all of them.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `No address is known for the host ${JSON.stringify(host)}. Choose an address of this machine: --host 127.0.0.1`
    default:
      return `Cannot listen on ${host}, port ${port}: ${code}`
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
