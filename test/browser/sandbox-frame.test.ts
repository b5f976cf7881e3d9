/** The arrangement of docs/decisions/0001-sandbox-frame.md, with the headers and the document that are really served. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { headersFor } from '../../scripts/headers.ts'
import { createSite } from '../../scripts/serve/site.ts'
import { frameGreeting } from '../../src/agent/sandbox/document.ts'
import { launchBrowser } from './support/browsers.ts'

/** Paths that a script in the frame managed to ask for: there must be none. */
const reached: string[] = []
let server: Server
let origin: string

beforeAll(async () => {
  const site = createSite(fileURLToPath(new URL('../../public', import.meta.url)))
  server = createServer((request, response) => {
    if (request.url?.startsWith('/probe')) reached.push(request.url)
    if (request.url !== '/') return site(request, response)
    response
      .writeHead(200, { ...headersFor('/'), 'Content-Type': 'text/html' })
      .end('<!doctype html><title>page</title>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe.each(['chromium', 'firefox'] as const)('in %s', name => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    browser = await launchBrowser(name)
    page = await browser.newPage()
    await page.goto(origin)
  })
  afterAll(() => browser.close())

  test('a frame with the document inlined is stopped by the page’s own policy', async () => {
    expect(await openFrame(page, 'srcdoc', frameGreeting)).toEqual({ greeted: false })
  })

  test('the served document runs with an opaque origin, and a blob worker in it works but reaches nothing', async () => {
    const script = `
      const tries = {
        fetch: () => fetch('${origin}/probe-fetch', { mode: 'no-cors' }),
        importScripts: () => importScripts('${origin}/probe-import'),
        module: () => import('${origin}/probe-module'),
        socket: () => new Promise((yes, no) => Object.assign(new WebSocket('${origin.replace('http', 'ws')}/probe-socket'), { onopen: yes, onerror: no })),
        storage: () => new Promise((yes, no) => Object.assign(indexedDB.open('x'), { onsuccess: yes, onerror: no })),
        eval: () => eval('1'),
      }
      onmessage = async () => {
        const said = { origin: self.origin }
        for (const [name, attempt] of Object.entries(tries))
          said[name] = await Promise.resolve().then(attempt).then(() => 'done', () => 'refused')
        postMessage({ kind: 'done', bytes: new TextEncoder().encode(JSON.stringify(said)) })
      }`
    const { greeted, from, said } = await openFrame(page, 'src', frameGreeting, script)
    expect([greeted, from]).toEqual([true, 'null'])
    const refused = {
      fetch: 'refused',
      importScripts: 'refused',
      module: 'refused',
      socket: 'refused',
      storage: 'refused',
    }
    expect(said).toEqual({ origin: 'null', ...refused, eval: 'refused' })
    expect(reached).toEqual([])
  })
})

interface Outcome {
  readonly greeted: boolean
  readonly from?: string
  readonly said?: Readonly<Record<string, string>>
}

/** Opens a frame in the page, and where it greets, runs a script in it; resolves with what happened first. */
function openFrame(page: Page, way: 'src' | 'srcdoc', greeting: string, script?: string): Promise<Outcome> {
  return page.evaluate(
    (way, greeting, script) =>
      new Promise<Outcome>(resolve => {
        const frame = document.createElement('iframe')
        frame.sandbox.add('allow-scripts')
        addEventListener('message', ({ source, data, origin }) => {
          if (source !== frame.contentWindow || data !== greeting) return
          if (script === undefined) return resolve({ greeted: true, from: origin })
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = ({ data: reply }) =>
            resolve({
              greeted: true,
              from: origin,
              said: reply.kind === 'done' ? JSON.parse(new TextDecoder().decode(reply.bytes)) : reply,
            })
          frame.contentWindow?.postMessage(greeting, '*', [port2])
          port1.postMessage({ kind: 'run', id: 1, script, input: 0 })
        })
        if (way === 'src') frame.src = '/sandbox.html'
        else {
          // Its greeting would come before its `load`.
          frame.srcdoc = `<script>parent.postMessage(${JSON.stringify(greeting)}, '*')</script>`
          frame.onload = () => setTimeout(() => resolve({ greeted: false }), 0)
        }
        document.documentElement.append(frame)
      }),
    way,
    greeting,
    script,
  )
}
