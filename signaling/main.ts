/** `npm run signaling`: the signaling server alone, for a mesh whose pages are served from elsewhere. */
import { createServer } from 'node:http'
import { type Flag, helpText, integerFlag, originsFlag, parseFlags, portFlag, runCommand } from './command-line.ts'
import { defaultLimits } from './limits.ts'
import { closed, listen, urlOf } from './listen.ts'
import { lineLog } from './log.ts'
import { createSignaling } from './server.ts'
import { untilStopped } from './until-stopped.ts'

const defaultPort = 4101

const flags: readonly Flag[] = [
  { name: 'port', value: 'N', help: `port to listen on (default ${defaultPort}; 0 takes any free one)` },
  { name: 'host', value: 'ADDRESS', help: 'address to listen on (default localhost; 0.0.0.0 for all)' },
  { name: 'allow-origin', value: 'ORIGIN', help: 'let pages of this origin in; may repeat; * for any' },
  { name: 'room-members', value: 'N', help: `most members of one room (default ${defaultLimits.membersPerRoom})` },
  { name: 'sockets', value: 'N', help: `most sockets in all (default ${defaultLimits.sockets})` },
  { name: 'sockets-per-address', value: 'N', help: `of one address (default ${defaultLimits.socketsPerAddress})` },
  { name: 'trust-proxy', help: 'take addresses from X-Forwarded-For: only behind a proxy of yours' },
  { name: 'help', help: 'print this' },
]
const usage = 'Usage: npm run signaling -- [options]   (TABMESH_ALLOW_ORIGIN=a,b adds origins too)'

await runCommand(async () => {
  const given = parseFlags(process.argv.slice(2), flags)
  if (given.has('help')) return console.log(helpText(usage, flags))
  const host = given.get('host')?.at(-1) ?? 'localhost'
  const port = portFlag(given, defaultPort)
  const log = lineLog(console.error, Date.now)
  const signaling = createSignaling({
    allowOrigins: originsFlag(given, process.env.TABMESH_ALLOW_ORIGIN),
    trustProxy: given.has('trust-proxy'),
    limits: {
      membersPerRoom: integerFlag(given, 'room-members', defaultLimits.membersPerRoom, 2, 1024),
      sockets: integerFlag(given, 'sockets', defaultLimits.sockets, 1, 1_000_000),
      socketsPerAddress: integerFlag(given, 'sockets-per-address', defaultLimits.socketsPerAddress, 1, 1_000_000),
    },
    log,
  })
  const makeServer = () => {
    const server = createServer((request, response) => {
      if (!signaling.handleHttp(request, response)) response.writeHead(404).end()
    })
    signaling.attach(server)
    return server
  }
  const stopped = untilStopped()
  const { servers, port: actualPort } = await listen(makeServer, host, port).catch(async error => {
    await signaling.close()
    throw error
  })
  console.log(`Signaling at ${urlOf('http', host, actualPort).replace('http', 'ws')}signal`)
  log('started', { port: actualPort })
  await stopped
  await signaling.close()
  await Promise.all(servers.map(closed))
})
