/** `npm start`: the console and its signaling in one process on one port, built first where that is needed. */
import { readFile, stat } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { join } from 'node:path'
import {
  CommandError,
  type Flag,
  type Given,
  helpText,
  originsFlag,
  parseFlags,
  portFlag,
  runCommand,
} from '../signaling/command-line.ts'
import { closed, listen, urlOf } from '../signaling/listen.ts'
import { isLoopbackName } from '../signaling/origin.ts'
import { createSignaling } from '../signaling/server.ts'
import { untilStopped } from '../signaling/until-stopped.ts'
import '../src/base/with-resolvers.ts'
import { certificateNames, reachableHosts } from './serve/addresses.ts'
import { fingerprint, type KeyAndCertificate, keptCertificate } from './serve/certificate.ts'
import { buildState } from './serve/freshness.ts'
import { openBrowser } from './serve/open-browser.ts'
import { createSite, type Handler } from './serve/site.ts'

const defaultPort = 4100
const project = join(import.meta.dirname, '..')

const flags: readonly Flag[] = [
  { name: 'port', value: 'N', help: `port to listen on (default ${defaultPort}; 0 takes any free one)` },
  {
    name: 'host',
    value: 'ADDRESS',
    help: 'address to listen on (default localhost; with --https 0.0.0.0, that is all)',
  },
  { name: 'open', help: 'open the console in your browser' },
  { name: 'https', help: 'serve HTTPS with a certificate made here, for phones and other devices on your network' },
  { name: 'cert', value: 'FILE', help: 'serve HTTPS with this certificate (PEM), together with --key' },
  { name: 'key', value: 'FILE', help: 'the private key of --cert (PEM)' },
  { name: 'dist', value: 'FOLDER', help: 'serve this built console as it is, and never build' },
  { name: 'allow-origin', value: 'ORIGIN', help: 'let pages of this origin use the signaling; may repeat; * for any' },
  { name: 'trust-proxy', help: 'take addresses from X-Forwarded-For: only behind a proxy of yours' },
  { name: 'help', help: 'print this' },
]
const usage = 'Usage: npm start -- [options]   (TABMESH_ALLOW_ORIGIN=a,b adds origins too)'

await runCommand(async () => {
  const given = parseFlags(process.argv.slice(2), flags)
  if (given.has('help')) return console.log(helpText(usage, flags))
  const isSecure = given.has('https') || given.has('cert') || given.has('key')
  const host = last(given, 'host') ?? (isSecure ? '0.0.0.0' : 'localhost')
  const port = portFlag(given, defaultPort)
  const allowOrigins = originsFlag(given, process.env.TABMESH_ALLOW_ORIGIN)
  const tls = isSecure ? await certificate(given, host) : undefined
  const signaling = createSignaling({ allowOrigins, trustProxy: given.has('trust-proxy') })

  // We listen before we build, so that a busy port is told at once; requests wait for the build.
  const build = Promise.withResolvers<Handler>()
  build.promise.catch(() => {}) // reported below, by whoever started it
  const handler: Handler = (request, response) => {
    if (signaling.handleHttp(request, response)) return
    build.promise.then(
      site => site(request, response),
      () => response.destroy(),
    )
  }
  const stopped = untilStopped()
  const stop = async (servers: Awaited<ReturnType<typeof listen>>['servers']) => {
    await signaling.close()
    await Promise.all(servers.map(closed))
  }
  const makeServer = () => {
    const server = tls === undefined ? createHttpServer(handler) : secureServer(tls, handler)
    signaling.attach(server)
    return server
  }
  const listening = await listen(makeServer, host, port).catch(async error => {
    await signaling.close()
    throw error
  })
  try {
    build.resolve(createSite(await builtFolder(last(given, 'dist'))))
  } catch (error) {
    build.reject(error)
    await stop(listening.servers)
    throw error
  }
  const urls = reachableHosts(host).map(name => urlOf(tls === undefined ? 'http' : 'https', name, listening.port))
  announce(urls, host, tls)
  if (given.has('open'))
    openBrowser(urls[0] ?? '', () => console.error('Could not open a browser; open the URL above.'))
  await stopped
  await stop(listening.servers)
})

function last(given: Given, name: string): string | undefined {
  return given.get(name)?.at(-1)
}

async function builtFolder(chosen: string | undefined): Promise<string> {
  if (chosen !== undefined) {
    const index = await stat(join(chosen, 'index.html')).catch(() => undefined)
    if (index?.isFile()) return chosen
    throw new CommandError(1, `There is no built console in ${chosen}. Leave --dist out, and one is built.`)
  }
  const state = await buildState(project)
  if (state !== 'fresh') {
    console.log(state === 'missing' ? 'Building the console …' : 'The sources changed: building the console again …')
    const { buildConsole } = await import('./build.ts')
    await buildConsole(console.log)
  }
  return join(project, 'dist')
}

async function certificate(given: Given, host: string): Promise<KeyAndCertificate> {
  const [cert, key] = [last(given, 'cert'), last(given, 'key')]
  if (cert === undefined && key === undefined)
    return keptCertificate(join(project, '.cache', 'https'), certificateNames(host), Date.now())
  if (cert === undefined || key === undefined) throw new CommandError(2, 'The options --cert and --key go together.')
  const read = (file: string) =>
    readFile(file, 'utf8').catch(() => {
      throw new CommandError(1, `Cannot read ${file}. Check that it is there and that you may read it.`)
    })
  return { cert: await read(cert), key: await read(key) }
}

function secureServer(tls: KeyAndCertificate, handler: Handler) {
  try {
    return createHttpsServer(tls, handler)
  } catch {
    throw new CommandError(
      1,
      'The files of --cert and --key are not a certificate and its own private key, both in PEM.',
    )
  }
}

function announce(urls: readonly string[], host: string, tls: KeyAndCertificate | undefined): void {
  console.log(['tabmesh is running. Open it in a few tabs:', ...urls.map(url => `  ${url}`)].join('\n'))
  if (tls !== undefined) {
    console.log('Browsers warn of a certificate made here; go on if its SHA-256 fingerprint is')
    console.log(`  ${fingerprint(tls.cert)}`)
  } else if (!isLoopbackName(host)) {
    console.log(
      'Other devices get no secure context over http, and without one browsers withhold WebCrypto and Web Locks:',
    )
    console.log('for them start with --https.')
  }
}
