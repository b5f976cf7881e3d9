import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { network } from '../../signaling/address.ts'
import { lineLog } from '../../signaling/log.ts'
import { originAllowed } from '../../signaling/origin.ts'
import { Client, FakeClock, joined, roomA, serve } from './support.ts'

describe('origin', () => {
  const host = 'mesh.example:4101'
  test.each<[string, string | undefined, readonly string[], boolean]>([
    ['lets in a program, which has none', undefined, [], true],
    ['lets in the server’s own pages', 'http://mesh.example:4101', [], true],
    ['lets them in through a TLS proxy', 'https://mesh.example:4101', [], true],
    ['lets in pages of this machine', 'http://localhost:5173', [], true],
    ['lets in 127.0.0.0/8', 'http://127.1.2.3:1', [], true],
    ['lets in ::1', 'http://[::1]:4100', [], true],
    ['refuses any other page', 'https://evil.example', [], false],
    ['refuses another port of the same host', 'https://mesh.example', [], false],
    ['refuses a name that only begins like localhost', 'http://localhost.evil.example', [], false],
    ['refuses a name that only begins like 127.0.0.1', 'http://127.0.0.1.evil.example', [], false],
    ['refuses `null`, which any sandboxed frame has', 'null', [], false],
    ['lets in what the operator named', 'https://friend.example', ['https://friend.example'], true],
    ['does not let in what resembles it', 'https://friend.example.evil', ['https://friend.example'], false],
    ['lets in all if the operator says so', 'null', ['*'], true],
  ])('%s', (_, origin, allowed, expected) => expect(originAllowed(origin, host, allowed)).toBe(expected))

  test('that is not allowed gets HTTP 403, or close code 4403 where the client speaks our subprotocol', async () => {
    const { port } = await serve()
    const headers = { origin: 'https://evil.example' }
    expect(await upgradeStatus(port, headers)).toBe(403)
    const page = new Client(port, { headers })
    expect(await page.closed()).toEqual({ code: 4403, reason: expect.stringContaining('--allow-origin') })
    expect(page.heard).toEqual([])
    const friendly = await serve({ allowOrigins: ['https://evil.example'] })
    await new Client(friendly.port, { headers }).opened()
  })
})

test('an upgrade of any other path gets HTTP 404', async () => {
  const { port } = await serve()
  expect(await upgradeStatus(port, {}, '/other')).toBe(404)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1%eth0', '2001:db8:0:0::/64'],
])('%s counts as %s', (address, expected) => expect(network(address)).toBe(expected))

describe('the HTTP side', () => {
  test('tells its health in JSON', async () => {
    const clock = new FakeClock()
    const { port, http } = await serve({ clock })
    await joined(port, 'session-ada')
    await joined(port, 'session-bob')
    clock.advance(7000)
    const response = await fetch(`${http}/healthz?probe=1`)
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'application/json',
      'no-store',
    ])
    expect(await response.json()).toEqual({ status: 'ok', sockets: 2, rooms: 1, members: 2, uptimeSeconds: 7 })
  })

  test('is unhealthy while it stops', async () => {
    const { http, signaling } = await serve()
    await signaling.close()
    const response = await fetch(`${http}/healthz`)
    expect([response.status, await response.json()]).toMatchObject([503, { status: 'stopping' }])
  })

  test('gives metrics that Prometheus can read, and that count what happened', async () => {
    const { port, http } = await serve()
    const ada = await joined(port, 'session-ada')
    const bob = await joined(port, 'session-bob')
    ada.say({ kind: 'signal', to: 'session-bob', data: 'x' })
    ada.say({ kind: 'signal', to: 'session-who', data: 'x' })
    await ada.drained()
    await bob.next('signal')
    expect((await new Client(port, { headers: { origin: 'https://evil.example' } }).closed()).code).toBe(4403)
    const response = await fetch(`${http}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const samples = parseExposition(await response.text())
    const value = (name: string) => samples.get(`tabmesh_signaling_${name}`)
    expect(value('sockets')).toBe(2)
    expect(value('rooms')).toBe(1)
    expect(value('members')).toBe(2)
    expect(value('sockets_opened_total')).toBe(2)
    expect(value('messages_total{kind="join"}')).toBe(2)
    expect(value('messages_total{kind="signal"}')).toBe(2)
    expect(value('errors_total{code="unknown-session"}')).toBe(1)
    expect(value('sockets_refused_total{reason="origin"}')).toBe(1)
    expect(value('received_bytes_total')).toBeGreaterThan(200)
  })

  test('says what /signal is to whoever opens it in a browser', async () => {
    const { http } = await serve()
    const response = await fetch(`${http}/signal`)
    expect([response.status, await response.text()]).toEqual([426, expect.stringContaining('WebSocket')])
  })

  test('leaves every other path to others', async () => {
    const { http } = await serve()
    expect((await fetch(`${http}/anything`)).status).toBe(404)
  })
})

test('the log and the metrics hold nothing of any room', async () => {
  const clock = new FakeClock()
  const lines: string[] = []
  const { port, http, signaling } = await serve({
    clock,
    log: lineLog(
      line => lines.push(line),
      () => clock.nowMs(),
    ),
    limits: { missedHeartbeats: 1000, refusalsBurst: 1 },
  })
  const ada = await joined(port, 'session-ada', { hello: 'hello-ada' })
  const bob = await joined(port, 'session-bob', { room: 'c'.repeat(64), tag: 'abc', hello: 'hello-bob' })
  ada.say({ kind: 'signal', to: 'session-nobody', data: 'data-of-ada' })
  ada.say({ kind: 'knock', data: 'knock-of-ada' })
  bob.say({ kind: 'knock-reply', knock: (await bob.next('knock')).knock, data: 'reply-of-bob' })
  await ada.next('knock-reply')
  clock.advance(60_000)
  const broken = await joined(port, 'session-cyd')
  broken.socket.send('broken-of-cyd')
  await broken.closed()
  new Client(port, { headers: { origin: 'https://evil.example' } })
  bob.socket.terminate()
  const text = await (await fetch(`${http}/metrics`)).text()
  clock.advance(60_000)
  await signaling.close()
  const all = [...lines, text].join('\n')
  expect(lines.some(line => line.includes('counts'))).toBe(true)
  for (const secret of [
    roomA,
    'cccc',
    'abc',
    'session-',
    'hello-',
    'data-of',
    'knock-of',
    'reply-of',
    'broken-of',
    'evil',
    '127.0.0.1',
  ])
    expect(all).not.toContain(secret)
})

/** A strict reader of the exposition format 0.0.4: each family has its HELP and TYPE first and once, names and labels are well formed. */
function parseExposition(text: string): Map<string, number> {
  expect(text.endsWith('\n')).toBe(true)
  const samples = new Map<string, number>()
  const seen = new Set<string>()
  let family = ''
  let expects: 'HELP' | 'TYPE' | 'sample' = 'HELP'
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-z_]+) (\S.*)$/.exec(line)
    const type = /^# TYPE ([a-z_]+) (gauge|counter)$/.exec(line)
    const sample = /^(([a-z_]+)(?:\{[a-z_]+="[a-z0-9-]+"\})?) (\d+(?:\.\d+)?)$/.exec(line)
    if (help) {
      expect(expects).not.toBe('TYPE')
      family = help[1] ?? ''
      expect(seen.has(family)).toBe(false)
      seen.add(family)
      expects = 'TYPE'
    } else if (type) {
      expect([expects, type[1]]).toEqual(['TYPE', family])
      expect(family.endsWith('_total')).toBe(type[2] === 'counter')
      expects = 'sample'
    } else {
      expect([expects, sample?.[2]], line).toEqual(['sample', family])
      expect(samples.has(sample?.[1] ?? '')).toBe(false)
      samples.set(sample?.[1] ?? '', Number(sample?.[3]))
    }
  }
  return samples
}

function upgradeStatus(port: number, headers: Record<string, string>, path = '/signal'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({
      port,
      host: '127.0.0.1',
      path,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    })
    asked.on('response', response => resolve(response.statusCode))
    asked.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve(101)
    })
    asked.on('error', reject)
    asked.end()
  })
}
