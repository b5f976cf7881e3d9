/**
 * The built console over HTTP: our headers on everything, hashed files cached for good, sample texts for a day, all else asked for again
 * each time.
 */
import { existsSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import sirv from 'sirv'
import { headersFor } from '../headers.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Vite puts a hash of the content into the name of everything below it. */
const hashedFolder = '/assets/'
/** Texts that a job checks by their hash, and that should still be there when the server is not. */
const sampleFolder = '/sample/'

export function createSite(folder: string): Handler {
  const filesOf = filesOfBuild(folder)
  return (request, response) => {
    const pathname = pathnameOf(request)
    for (const [name, value] of Object.entries(headersFor(pathname))) response.setHeader(name, value)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return plain(response, 405, 'Only GET and HEAD work here.')
    }
    response.setHeader('Cache-Control', cachingOf(pathname))
    if (pathname === '/') request.url = `/index.html${(request.url ?? '').slice(1)}`
    const missing = () => plain(response, 404, 'There is no such file here.')
    // A build since may have taken away what is still listed, and a file that cannot be opened would end this process.
    if (!existsSync(join(folder, pathname))) return missing()
    filesOf(pathname)(request, response, missing)
  }
}

function cachingOf(pathname: string): string {
  if (pathname.startsWith(hashedFolder)) return 'public, max-age=31536000, immutable'
  return pathname.startsWith(sampleFolder) ? 'public, max-age=86400' : 'no-cache'
}

/** sirv lists the files once. Whoever asks for the page gets the list made anew if there was a build since. */
function filesOfBuild(folder: string): (pathname: string) => ReturnType<typeof sirv> {
  const builtAtMs = () => statSync(join(folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs
  // No guessed extensions: `/sandbox` must not be `/sandbox.html` under the policy of another path.
  const list = () => sirv(folder, { etag: true, brotli: true, gzip: true, extensions: [] })
  let listed = { atMs: builtAtMs(), files: list() }
  return pathname => {
    const atMs = pathname === '/' || pathname === '/index.html' ? builtAtMs() : listed.atMs
    if (atMs !== undefined && atMs !== listed.atMs) listed = { atMs, files: list() }
    return listed.files
  }
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Cache-Control', 'no-store')
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

function pathnameOf(request: IncomingMessage): string {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
