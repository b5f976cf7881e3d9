import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { builtConsole, type Command, run } from './support.ts'

const start = (args: readonly string[], env?: Readonly<Record<string, string>>) => run('scripts/start.ts', args, env)
const timeout = 30_000 // a process has to load

describe('npm start', { timeout }, () => {
  test('serves the console and signaling on one port, and goes in good time when told to', async () => {
    const started = start(['--port', '0', '--dist', await builtConsole()])
    const url = await urlOf(started)
    expect(url).toMatch(/^http:\/\/localhost:\d+\/$/)
    expect(await (await fetch(url)).text()).toContain('<title>console</title>')
    expect(await (await fetch(`${url}healthz`)).json()).toMatchObject({ status: 'ok' })
    const socket = new WebSocket(`${url.replace('http', 'ws')}signal`)
    await once(socket, 'open')
    const closed = once(socket, 'close')
    started.process.kill('SIGTERM')
    expect((await closed)[0]).toBe(1001)
    expect(await started.ended).toBe(0)
  })

  test('answers at both addresses that localhost stands for', async () => {
    const { port } = new URL(await urlOf(start(['--port', '0', '--dist', await builtConsole()])))
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
    if (await hasIpv6()) expect((await fetch(`http://[::1]:${port}/healthz`)).status).toBe(200)
  })

  test('says which port is in use and what to do, though only one of the two addresses is taken', async () => {
    const hosts = (await hasIpv6()) ? ['127.0.0.1', '::1'] : ['127.0.0.1']
    for (const host of hosts) {
      const port = await occupied(host)
      const started = start(['--port', String(port), '--dist', await builtConsole()])
      expect(await started.ended).toBe(1)
      expect(started.output()).toBe(
        `Port ${port} of ${host} is in use. Stop the program that uses it, or choose another: --port ${port + 1}\n`,
      )
    }
  })

  test.each<[string, readonly string[], string]>([
    ['an unknown option', ['--prot', '1'], 'There is no option --prot. See --help for those there are.'],
    ['a stray word', ['4100'], 'Unexpected "4100". See --help for those there are.'],
    [
      'a port that is none',
      ['--port', '65536'],
      'The option --port takes a whole number from 0 to 65535, not "65536".',
    ],
    ['a port with more to it', ['--port', '80x'], 'The option --port takes a whole number from 0 to 65535, not "80x".'],
    ['a missing value', ['--host'], 'The option --host needs a value: --host ADDRESS'],
    ['a value too many', ['--open=yes'], 'The option --open takes no value.'],
    [
      'an origin that is none',
      ['--allow-origin', 'example.org'],
      '"example.org" is not an origin: write it like https://example.org, or * for any page.',
    ],
    ['half a certificate', ['--cert', 'cert.pem'], 'The options --cert and --key go together.'],
  ])('answers %s with one line and exit code 2', async (_, args, message) => {
    const started = start(args)
    expect([await started.ended, started.output()]).toEqual([2, `${message}\n`])
  })

  test.each<[string, readonly string[], RegExp]>([
    [
      'a build that is not there',
      ['--port', '0', '--dist', 'no/such/folder'],
      /no built console in no\/such\/folder\. Leave --dist out/,
    ],
    [
      'an address of another machine',
      ['--port', '0', '--host', '203.0.113.1'],
      /has no address 203\.0\.113\.1\. Choose one of its own/,
    ],
    ['a certificate that is not there', ['--cert', 'no.pem', '--key', 'no.pem'], /Cannot read no\.pem/],
    [
      'a certificate that is none',
      ['--cert', 'package.json', '--key', 'package.json'],
      /not a certificate and its own private key/,
    ],
  ])('answers %s with one line and exit code 1', async (_, args, message) => {
    const started = start(args)
    expect(await started.ended).toBe(1)
    expect(started.output()).toMatch(message)
    expect(started.output().trim().split('\n')).toHaveLength(1)
  })

  test('says that other devices need --https where it serves them http', async () => {
    const dist = await builtConsole()
    const open = start(['--port', '0', '--host', '0.0.0.0', '--dist', dist])
    await urlOf(open)
    await expect.poll(open.output).toContain('for them start with --https')
    const local = start(['--port', '0', '--dist', dist])
    await urlOf(local)
    local.process.kill('SIGINT')
    await local.ended
    expect(local.output()).not.toContain('--https')
  })

  test('lists its options', async () => {
    const started = start(['--help'])
    expect(await started.ended).toBe(0)
    for (const flag of ['--port N', '--host ADDRESS', '--open', '--https']) expect(started.output()).toContain(flag)
  })
})

describe('npm run signaling', { timeout }, () => {
  test('serves signaling alone, and lets in the origins it is told to by option and environment', async () => {
    const env = { TABMESH_ALLOW_ORIGIN: 'https://one.example, https://two.example/' }
    const started = run(
      'signaling/main.ts',
      ['--port', '0', '--host', '127.0.0.1', '--allow-origin', 'https://three.example'],
      env,
    )
    const url = await urlOf(started)
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/signal$/)
    for (const name of ['one', 'two', 'three'])
      await once(new WebSocket(url, { origin: `https://${name}.example` }), 'open')
    const [error] = await once(new WebSocket(url, { origin: 'https://four.example' }), 'error')
    expect(String(error)).toContain('403')
    started.process.kill('SIGINT')
    expect(await started.ended).toBe(0)
  })
})

test('package.json starts what is tested here', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(scripts).toMatchObject({ start: 'tsx scripts/start.ts', signaling: 'tsx signaling/main.ts' })
})

/** The first URL that a command prints. */
async function urlOf(command: Command): Promise<string> {
  const look = () => /(?:https?|ws):\/\/\S+/.exec(command.output())?.[0]
  await expect.poll(look, { timeout, interval: 20, message: command.output() }).toBeDefined()
  return look() ?? ''
}

async function occupied(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function hasIpv6(): Promise<boolean> {
  const server = createServer().listen(0, '::1')
  const has = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.close()
  return has
}
