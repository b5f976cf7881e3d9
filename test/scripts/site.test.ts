import { once } from 'node:events'
import { rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { compressFolder, sizeTable } from '../../scripts/build.ts'
import { buildState } from '../../scripts/serve/freshness.ts'
import { createSite } from '../../scripts/serve/site.ts'
import { builtConsole, script, temporaryFolder, write } from './support.ts'

describe('the site', () => {
  test('keeps hashed files for good and asks for all others each time', async () => {
    const site = await serve(await builtConsole())
    expect((await fetch(`${site}/assets/app-abc123.js`)).headers.get('cache-control')).toBe(
      'public, max-age=31536000, immutable',
    )
    for (const path of ['/', '/index.html', '/sandbox.html', '/?room=lab'])
      expect((await fetch(site + path)).headers.get('cache-control'), path).toBe('no-cache')
    const missing = await fetch(`${site}/assets/gone-abc.js`)
    expect([missing.status, missing.headers.get('cache-control')]).toEqual([404, 'no-store'])
  })

  test('answers 304 to whoever has the page already', async () => {
    const site = await serve(await builtConsole())
    const etag = (await fetch(`${site}/`)).headers.get('etag') ?? ''
    const again = await fetch(`${site}/`, { headers: { 'if-none-match': etag } })
    expect([again.status, again.headers.get('cache-control')]).toEqual([304, 'no-cache'])
  })

  test('gives every answer a policy that allows no inline script and nobody else’s code', async () => {
    const site = await serve(await builtConsole())
    for (const path of ['/', '/assets/app-abc123.js', '/missing']) {
      const { headers } = await fetch(site + path)
      const policy = policyOf(headers)
      expect(policy.get('script-src')).toBe("'self'")
      expect(policy.get('default-src')).toBe("'none'")
      expect(policy.get('connect-src')).toBe("'self' ws: wss:")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    }
  })

  test.each(['/sandbox.html', '/%73andbox.html', '/sandbox.html?x'])(
    'gives %s a policy without any network',
    async path => {
      const site = await serve(await builtConsole())
      const response = await fetch(site + path)
      expect(await response.text()).toContain('<title>sandbox')
      const policy = policyOf(response.headers)
      expect(policy.get('sandbox')).toBe('allow-scripts')
      expect([policy.get('default-src'), policy.get('connect-src')]).toEqual(["'none'", undefined])
    },
  )

  test.each(['/sandbox', '/index', '/.vite/manifest.json', '/../package.json', '/%2e%2e/package.json', '/%'])(
    'has no file at %s',
    async path => expect(await statusOf(await serve(await builtConsole()), path)).toBe(404),
  )

  test('takes GET and HEAD only', async () => {
    const site = await serve(await builtConsole())
    expect((await fetch(`${site}/`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${site}/`, { method: 'POST', body: 'x' })).status).toBe(405)
  })

  test.each(['br', 'gzip'])('sends what the build compressed, as %s', async encoding => {
    const folder = await builtConsole()
    await compressFolder(folder)
    const site = await serve(folder)
    const response = await fetch(`${site}/assets/app-abc123.js`, { headers: { 'accept-encoding': encoding } })
    expect(response.headers.get('content-encoding')).toBe(encoding)
    expect(response.headers.get('vary')).toBe('Accept-Encoding')
    expect(Number(response.headers.get('content-length'))).toBeLessThan(script.length / 10)
    expect(await response.text()).toBe(script)
  })

  test('serves a new build without being restarted', async () => {
    const folder = await builtConsole()
    const site = await serve(folder)
    await write(folder, {
      'index.html': '<!doctype html><title>a longer, newer console</title>',
      'assets/app-new.js': 'new',
    })
    await utimes(join(folder, 'index.html'), new Date(), new Date(Date.now() + 5000))
    expect(await (await fetch(`${site}/`)).text()).toContain('newer console</title>')
    expect(await (await fetch(`${site}/assets/app-new.js`)).text()).toBe('new')
  })

  test('goes on when a tab asks for what a build has taken away', async () => {
    const folder = await builtConsole()
    const site = await serve(folder)
    expect((await fetch(`${site}/assets/app-abc123.js`)).status).toBe(200)
    await rm(join(folder, 'assets/app-abc123.js'))
    expect((await fetch(`${site}/assets/app-abc123.js`)).status).toBe(404)
    expect((await fetch(`${site}/`)).status).toBe(200)
  })
})

describe('the build', () => {
  test('compresses what gains by it, leaves the rest, and tells how much each weighs', async () => {
    const folder = await builtConsole()
    const sizes = await compressFolder(folder)
    expect(sizes.map(size => size.file)).toEqual(['assets/app-abc123.js', 'index.html', 'sandbox.html'])
    expect(sizes[0]?.bytes).toBe(script.length)
    const site = await serve(folder)
    const small = await fetch(`${site}/`, { headers: { 'accept-encoding': 'br' } })
    expect(small.headers.get('content-encoding')).toBeNull()
    const table = sizeTable(sizes)
    expect(table).toHaveLength(5)
    expect(table.at(-1)).toMatch(/^in all .*kB {2}gzip .*kB {2}brotli .*kB$/)
  })

  test.each<[string, (project: string) => Promise<void>, string]>([
    ['missing where there is none', async () => {}, 'missing'],
    ['fresh after all its sources', project => touch(project, 'dist/index.html', 60), 'fresh'],
    [
      'outdated when a source changed later',
      async project => {
        await touch(project, 'dist/index.html', 60)
        await touch(project, 'src/deep/file.ts', 120)
      },
      'outdated',
    ],
    [
      'outdated when the settings changed later',
      async project => {
        await touch(project, 'dist/index.html', 60)
        await touch(project, 'vite.config.ts', 120)
      },
      'outdated',
    ],
    [
      'outdated when a source was deleted',
      async project => {
        await touch(project, 'dist/index.html', 60)
        const later = new Date(Date.now() + 120_000)
        await utimes(join(project, 'src/deep'), later, later)
      },
      'outdated',
    ],
    [
      'fresh whatever changes beside the sources',
      async project => {
        await touch(project, 'dist/index.html', 60)
        await touch(project, 'docs/page.md', 120)
      },
      'fresh',
    ],
  ])('is %s', async (_, change, expected) => {
    const project = await temporaryFolder()
    await write(project, { 'src/deep/file.ts': 'x', 'index.html': 'x' })
    await change(project)
    expect(await buildState(project)).toBe(expected)
  })
})

async function touch(project: string, name: string, secondsFromNow: number): Promise<void> {
  await write(project, { [name]: 'x' })
  await writeFile(join(project, name), 'x')
  const at = new Date(Date.now() + secondsFromNow * 1000)
  await utimes(join(project, name), at, at)
}

async function serve(folder: string): Promise<string> {
  const server = createServer(createSite(folder)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

/** Of a path exactly as written: `fetch` would tidy it up. */
async function statusOf(site: string, path: string): Promise<number | undefined> {
  const asked = request({ host: '127.0.0.1', port: new URL(site).port, path }).end()
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}

function policyOf(headers: Headers): Map<string, string> {
  const directives = (headers.get('content-security-policy') ?? '').split('; ')
  return new Map(directives.map(text => [text.split(' ')[0] ?? '', text.slice(text.indexOf(' ') + 1)]))
}
