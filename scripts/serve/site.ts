/** The built console over HTTP: our headers on everything, hashed files cached for good, all else asked for again each time. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import sirv from 'sirv'
import { headersFor } from '../headers.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Vite puts a hash of the content into the name of everything below it. */
const hashedFolder = '/assets/'

/** Reads the list of files once; a new build needs a new site. */
export function createSite(folder: string): Handler {
  // No guessed extensions: `/sandbox` must not be `/sandbox.html` under the policy of another path.
  const files = sirv(folder, { etag: true, brotli: true, gzip: true, extensions: [] })
  return (request, response) => {
    const pathname = pathnameOf(request)
    for (const [name, value] of Object.entries(headersFor(pathname))) response.setHeader(name, value)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return plain(response, 405, 'Only GET and HEAD work here.')
    }
    response.setHeader(
      'Cache-Control',
      pathname.startsWith(hashedFolder) ? 'public, max-age=31536000, immutable' : 'no-cache',
    )
    if (pathname === '/') request.url = `/index.html${(request.url ?? '').slice(1)}`
    files(request, response, () => plain(response, 404, 'There is no such file here.'))
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
