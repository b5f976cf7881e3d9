/** The README's example, bundled as an application would bundle it, in two real tabs of each browser. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSignaling, type Signaling } from '../../signaling/server.ts'
import { type BrowserName, launchBrowser } from './support/browsers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string
let server: Server
let signaling: Signaling

function exampleFromReadme(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const code = /<!-- example[^>]*-->\s*```ts\n([\s\S]*?)```/.exec(readme)?.[1]
  if (!code) throw new Error('README.md has no example')
  return code
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabmesh-example-'))
  const page =
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="./main.ts">'
  await writeFile(join(folder, 'index.html'), `${page}</script>`)
  await writeFile(
    join(folder, 'main.ts'),
    `${exampleFromReadme()}\nObject.assign(globalThis, { mesh, loud, replies })\n`,
  )
  await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    resolve: { alias: { tabmesh: join(root, 'src/index.ts') } },
    worker: { format: 'es' },
    build: { target: 'es2023', outDir: join(folder, 'dist') },
  })
  const files = sirv(join(folder, 'dist'))
  signaling = createSignaling()
  server = createServer((request, response) => files(request, response))
  signaling.attach(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  await signaling?.close()
  server?.close()
  await rm(folder, { recursive: true, force: true })
})

test('the example has at most 20 lines', () => {
  expect(exampleFromReadme().trim().split('\n').length).toBeLessThanOrEqual(20)
})

test.each<BrowserName>(['chromium', 'firefox'])('the example runs in two tabs of %s', async name => {
  const browser = await launchBrowser(name)
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const said: string[] = []
    const first = await browser.newPage()
    first.on('console', message => said.push(message.text()))
    await first.goto(url)
    await first.waitForFunction('globalThis.loud !== undefined')
    const second = await browser.newPage()
    await second.goto(url)
    await second.waitForFunction('globalThis.replies !== undefined')
    expect(await second.evaluate('loud')).toBe('THE LEAST LOADED PEER ANSWERS')
    const replies = (await second.evaluate('replies')) as { status: string; value?: unknown }[]
    expect(replies).toMatchObject([{ status: 'value', value: 6 }])
    await expect.poll(() => said.join('\n'), { timeout: 10_000 }).toMatch(/Ada joined from \w+/)
    await expect.poll(() => said.join('\n'), { timeout: 10_000 }).toMatch(/hello, everyone/)
  } finally {
    await browser.close()
  }
})
