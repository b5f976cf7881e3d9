/** The code sandbox in real browsers: what typed code may do, what it cannot reach, and how every bad function ends. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'puppeteer-core'
import { createServer as createVite, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sandboxDocument } from '../../src/agent/sandbox/document.ts'
import { browserNames, launch } from './sandbox/browsers.ts'
import type { EngineCall } from './sandbox/engine.ts'
import type { SandboxLab } from './sandbox/page.ts'
import { isThorough } from './support/thorough.ts'

const root = new URL('../../', import.meta.url).pathname
let vite: ViteDevServer
let server: Server
let origin: string
/** Paths under /secret/ that anything asked for: nothing may. */
const reached: string[] = []

beforeAll(async () => {
  vite = await createVite({
    root,
    configFile: false,
    appType: 'mpa',
    logLevel: 'error',
    optimizeDeps: { entries: ['test/browser/sandbox/*.html'] }, // not every page of the project
    cacheDir: 'node_modules/.vite-sandbox-test',
    server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  })
  server = createServer((request, response) => {
    if (request.url?.startsWith('/secret/')) {
      reached.push(request.url)
      response.setHeader('access-control-allow-origin', '*')
      response.setHeader('content-type', 'text/javascript')
      response.end('self.stolen = 1')
      return
    }
    vite.middlewares(request, response)
  })
  server.on('upgrade', (request, socket) => {
    reached.push(`upgrade ${request.url}`)
    socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  await vite.close()
})

test('public/sandbox.html is the document that the code sends', () => {
  expect(readFileSync(`${root}public/sandbox.html`, 'utf8')).toBe(sandboxDocument)
})

/** Each tries to get out and returns how it went; only a return of 'reached ...' is a way out. */
const escapes: Readonly<Record<string, string>> = {
  fetch: `async () => { await fetch(ORIGIN + '/secret/fetch'); return 'reached' }`,
  'no-cors fetch': `async () => { await fetch(ORIGIN + '/secret/opaque', { mode: 'no-cors' }); return 'reached' }`,
  XMLHttpRequest: `() => { const x = new XMLHttpRequest(); x.open('GET', ORIGIN + '/secret/xhr', false); x.send(); return 'reached' }`,
  WebSocket: `() => new Promise(resolve => { const s = new WebSocket(ORIGIN.replace('http', 'ws') + '/secret/ws'); s.onopen = () => resolve('reached'); s.onerror = () => resolve('blocked') })`,
  EventSource: `() => new Promise(resolve => { const s = new EventSource(ORIGIN + '/secret/events'); s.onopen = () => resolve('reached'); s.onerror = () => resolve('blocked') })`,
  WebTransport: `async () => { const t = new WebTransport(ORIGIN.replace('http:', 'https:') + '/secret/wt'); await t.ready; return 'reached' }`,
  RTCPeerConnection: `() => { new RTCPeerConnection(); return 'reached' }`,
  importScripts: `() => { importScripts(ORIGIN + '/secret/import.js'); return 'reached' }`,
  'dynamic import': `async () => { await import(ORIGIN + '/secret/module.js'); return 'reached' }`,
  'data import': `async () => { await import('data:text/javascript,export default 1'); return 'reached' }`,
  'remote Worker': `() => new Promise(resolve => { const w = new Worker(ORIGIN + '/secret/worker.js'); w.onmessage = () => resolve('reached'); w.onerror = () => resolve('blocked') })`,
  'nested Worker that fetches': `() => new Promise(resolve => { const w = new Worker(URL.createObjectURL(new Blob(['fetch("' + ORIGIN + '/secret/nested").then(() => postMessage("reached"), () => postMessage("blocked"))']))); w.onmessage = e => resolve(e.data); w.onerror = () => resolve('blocked') })`,
  IndexedDB: `() => new Promise((resolve, reject) => { const r = indexedDB.open('tabmesh-blocks'); r.onsuccess = () => resolve('reached'); r.onerror = () => resolve('blocked') })`,
  caches: `async () => { await caches.open('x'); return 'reached' }`,
  locks: `async () => { await navigator.locks.request('x', () => 1); return 'reached' }`,
  'storage directory': `async () => { await navigator.storage.getDirectory(); return 'reached' }`,
  sendBeacon: `() => { navigator.sendBeacon(ORIGIN + '/secret/beacon'); return 'reached' }`,
  postMessage: `() => { postMessage({ kind: 'done', bytes: new Uint8Array(1) }); return 'reached' }`,
  'postMessage of the prototype': `() => { DedicatedWorkerGlobalScope.prototype.postMessage.call(self, 1); return 'reached' }`,
  eval: `() => { eval('1'); return 'reached' }`,
}

describe.each(browserNames)('in %s', name => {
  let browser: Browser
  let page: Page
  const call = (engineCall: EngineCall) =>
    page.evaluate(given => (globalThis as unknown as { lab: SandboxLab }).lab.call(given), engineCall)
  const run = (map: string, reduce = 'parts => parts', texts = ['a'], timeoutMs = 2_000) =>
    call({ act: 'job', program: { kind: 'source', map, reduce }, texts, timeoutMs })
  const open = async (query: string) => {
    page = await browser.newPage()
    await page.goto(`${origin}/test/browser/sandbox/page.html${query}`)
    await page.waitForFunction('globalThis.lab !== undefined')
  }

  beforeAll(async () => {
    browser = await launch(name)
    await open('')
  })
  afterAll(async () => {
    await browser?.close()
  })

  test('runs what a person typed, outputs in the order of the text', async () => {
    const texts = ['one', 'two words', 'and three words']
    const sum = await run('text => text.length', 'parts => parts.reduce((a, b) => a + b, 0);', texts)
    expect(sum.result).toBe(27)
    const order = await run('(text, { input, shard, firstLine }) => [text, input, shard, firstLine]', 'p => p', texts)
    expect(order.result).toEqual(texts.map((text, shard) => [text, 'a.txt', shard, 1]))
    const later = await run('async text => (await Promise.resolve(text)).toUpperCase()', 'async p => p.join()', texts)
    expect(later.result).toBe('ONE,TWO WORDS,AND THREE WORDS')
  })

  test('runs from sandbox.html as well as from an inline document', async () => {
    await open('?file')
    expect((await run('text => text.length')).result).toEqual([1])
    await open('')
  })

  test.each([
    ['map', 'text =>\n  text.length +\n  )', 'p => p', /^map: SyntaxError: .*\(line 3\)$/s],
    ['reduce', 'text => 1', '\nparts => {', /^reduce: SyntaxError: .*\(line \d\)$/s],
    ['map', '42', 'p => p', /^map: This is not a function, but a number\.$/],
    ['map', 'missing', 'p => p', /^map: ReferenceError: .*missing.*\(line 1\)$/],
  ])('says in which line of %s a mistake is, before anything is sent', async (_, map, reduce, message) => {
    const { error } = await call({ act: 'check', program: { kind: 'source', map, reduce } })
    expect(error?.code).toBe('function-failed')
    expect(error?.message).toMatch(message)
  })

  test.each<[string, string, string, RegExp]>([
    ['throws', 'text => {\n  throw new TypeError("no good")\n}', 'function-failed', /TypeError: no good \(line 2\)/],
    ['throws a string', '() => { throw "plainly" }', 'function-failed', /plainly/],
    ['recurses for ever', '() => { const f = () => f() + 1; return f() }', 'function-failed', /recursion|call stack/i],
    ['returns nothing', '() => {}', 'function-failed', /map must return JSON: it returned undefined/],
    ['returns a function', '() => () => 1', 'function-failed', /map must return JSON: it returned a function/],
    ['returns a cycle', '() => { const a = []; a.push(a); return a }', 'function-failed', /TypeError/],
    ['returns a BigInt', '() => 1n', 'function-failed', /BigInt/],
    ['returns 100 MB', '() => "x".repeat(100 * 2 ** 20)', 'too-large', /more than 8 MB/],
    ['never resolves', '() => new Promise(() => {})', 'function-timeout', /longer than 0\.5 s/],
    ['loops for ever', '() => { for (;;); }', 'function-timeout', /longer than 0\.5 s/],
    ['closes its worker', '() => { close(); for (;;); }', 'function-failed', /close/],
  ])('ends a function that %s with a clear error, and goes on', async (_, map, code, message) => {
    const timeoutMs = code === 'function-timeout' ? 500 : 20_000
    const { error, ticks } = await run(map, 'p => p', ['a'], timeoutMs)
    expect(error?.code).toBe(code)
    expect(error?.message).toMatch(message)
    if (code === 'function-timeout') expect(ticks).toBeGreaterThan(5) // the page went on meanwhile
    expect((await run('text => text.length', 'p => p', ['abc'])).result).toEqual([3])
  })

  test('stops code that never ends before it is a function', async () => {
    const { error } = await call({
      act: 'check',
      program: { kind: 'source', map: '(() => { for (;;); })()', reduce: '1' },
    })
    expect(error?.code).toBe('function-timeout')
  })

  test('limits a reduce like a map', async () => {
    expect((await run('() => 1', '() => { for (;;); }', ['a'], 500)).error?.code).toBe('function-timeout')
    expect((await run('() => 1', '() => "x".repeat(20 * 2 ** 20)')).error?.code).toBe('too-large')
  })

  test.each(Object.entries(escapes))('keeps typed code from the world: %s', async (_, source) => {
    const before = reached.length
    const { result, error } = await run(source.replaceAll('ORIGIN', JSON.stringify(origin)))
    expect(error ? 'blocked' : String(result)).not.toMatch(/reached/)
    expect(reached.slice(before)).toEqual([])
  })

  test('keeps its channels from the mesh', async () => {
    const map = `() => { for (const name of ['tabmesh', 'room']) new BroadcastChannel(name).postMessage('from inside'); return 1 }`
    await run(map)
    await run('text => text') // a round trip later
    expect(await page.evaluate(() => (globalThis as unknown as { lab: SandboxLab }).lab.heard)).toEqual([])
  })

  test('leaves one frame behind, however much was run', async () => {
    expect(await page.evaluate(() => (globalThis as unknown as { lab: SandboxLab }).lab.frames())).toBe(1)
  })

  test('kills regular expressions that would take for ever, many of them, and goes on', async () => {
    const evil: EngineCall['program'] = { kind: 'capability', capability: 'text.grep', options: { pattern: '(a+)+$' } }
    const text = `${'a'.repeat(60)}!`
    // Many, each at another moment: a worker's end once in a while took its parent along, when that was the engine.
    for (let round = 0; round < (isThorough ? 60 : 20); round++) {
      const timeoutMs = 20 + ((round * 37) % 200)
      const { error } = await call({ act: 'job', program: evil, texts: [text], timeoutMs })
      expect(error?.code).toBe('function-timeout')
    }
    const fine: EngineCall['program'] = { kind: 'capability', capability: 'text.grep', options: { pattern: 'a+!' } }
    const { result } = await call({ act: 'job', program: fine, texts: [text] })
    expect(result).toMatchObject({ count: 1, hits: [{ file: 'a.txt', line: 1, column: 1 }] })
  })
})
