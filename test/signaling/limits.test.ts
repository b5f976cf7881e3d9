import { describe, expect, test } from 'vitest'
import { defaultLimits, withDefaults } from '../../signaling/limits.ts'
import { Client, FakeClock, joined, roomA, roomB, serve, until } from './support.ts'

describe('a limit', () => {
  test('on members closes the one too many with 4503, and lets a member that is already there join again', async () => {
    const { port } = await serve({ limits: { membersPerRoom: 2 } })
    await joined(port, 'session-ada')
    const bob = await joined(port, 'session-bob')
    const cyd = await new Client(port).opened()
    cyd.join('session-cyd')
    expect(await cyd.closed()).toEqual({ code: 4503, reason: 'the room is full' })
    await joined(port, 'session-bob')
    expect((await bob.closed()).code).toBe(4409)
  })

  test('on rooms closes whoever would open one more with 4503', async () => {
    const { port } = await serve({ limits: { rooms: 1 } })
    const ada = await joined(port, 'session-ada', { room: roomA })
    const bob = await new Client(port).opened()
    bob.join('session-bob', { room: roomB })
    expect(await bob.closed()).toEqual({ code: 4503, reason: 'the server is full' })
    // An empty room is no room.
    ada.say({ kind: 'leave' })
    await ada.drained()
    await joined(port, 'session-cyd', { room: roomB })
  })

  test('on sockets refuses the one too many, and takes another once one has closed', async () => {
    const { port, http } = await serve({ limits: { sockets: 1 } })
    const ada = await joined(port, 'session-ada')
    expect((await new Client(port).closed()).code).toBe(4503)
    ada.socket.close()
    await ada.closed()
    await until(async () => ((await health(http)).sockets === 0 ? true : undefined), 'the socket to be counted out')
    await joined(port, 'session-bob')
  })

  test('on sockets of one address refuses with 4429, and counts by what the trusted proxy says', async () => {
    const { port } = await serve({ limits: { socketsPerAddress: 1 }, trustProxy: true })
    const from = (chain: string) => new Client(port, { headers: { 'x-forwarded-for': chain } })
    await from('198.51.100.1').opened()
    expect((await from('203.0.113.9, 198.51.100.1').closed()).code).toBe(4429)
    const other = await from('198.51.100.2').opened()
    other.join('session-ada')
    await other.next('welcome')
  })

  test('on sockets of one address cannot be dodged by X-Forwarded-For where no proxy is trusted', async () => {
    const { port } = await serve({ limits: { socketsPerAddress: 1 } })
    await new Client(port).opened()
    const dodger = new Client(port, { headers: { 'x-forwarded-for': '198.51.100.7' } })
    expect((await dodger.closed()).code).toBe(4429)
  })

  test('on arrivals of one address closes with 4429 until time has passed', async () => {
    const clock = new FakeClock()
    const { port } = await serve({ clock, limits: { arrivalsBurst: 3, arrivalsPerSecond: 1 } })
    await joined(port, 'session-ada') // a socket and a join
    const bob = await new Client(port).opened()
    bob.join('session-bob')
    expect((await bob.closed()).code).toBe(4429)
    expect((await new Client(port).closed()).code).toBe(4429)
    clock.advance(2000)
    await joined(port, 'session-bob')
  })

  test('on messages answers `rate`, drops what is over it, and closes whoever does not stop with 4429', async () => {
    const clock = new FakeClock()
    const limits = { messagesBurst: 10, messagesPerSecond: 1, refusalsBurst: 5, refusalsPerSecond: 1 }
    const { port } = await serve({ clock, limits })
    const ada = await joined(port, 'session-ada')
    for (let index = 0; index < 12; index++) ada.say({ kind: 'ping' })
    const errors = await until(() => {
      const found = ada.heard.filter(message => message.kind === 'error')
      return found.length === 3 ? found : undefined
    }, 'three errors')
    expect(errors.map(error => error.code)).toEqual(['rate', 'rate', 'rate'])
    expect(ada.heard.filter(message => message.kind === 'pong')).toHaveLength(9)
    clock.advance(1000)
    await ada.next('pong')
    ada.say({ kind: 'ping' })
    for (let index = 0; index < 6; index++) ada.say({ kind: 'ping' })
    expect((await ada.closed()).code).toBe(4429)
  })

  test('on bytes counts what messages weigh', async () => {
    const clock = new FakeClock()
    const { port } = await serve({ clock, limits: { bytesBurst: 1500, bytesPerSecond: 1 } })
    const ada = await joined(port, 'session-ada')
    const bob = await joined(port, 'session-bob')
    for (const data of ['x'.repeat(1000), 'y'.repeat(1000), 'z']) ada.say({ kind: 'signal', to: 'session-bob', data })
    expect((await ada.next('error')).code).toBe('rate')
    expect((await bob.next('signal')).data).toHaveLength(1000)
    expect((await bob.next('signal')).data).toBe('z')
  })

  test('on messages charges a knock for each room it may reach', async () => {
    const { port } = await serve({ clock: new FakeClock(), limits: { messagesBurst: 10 } })
    const ada = await joined(port, 'session-ada')
    ada.say({ kind: 'knock', data: 'x' })
    ada.say({ kind: 'knock', data: 'x' })
    expect((await ada.next('error')).code).toBe('rate')
  })

  test('on a frame closes with 4413 past it, and with the standard 1009 far past it', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada')
    ada.socket.send('x'.repeat(66_561))
    expect((await ada.closed()).code).toBe(4413)
    const bob = await joined(port, 'session-bob')
    bob.socket.send('x'.repeat(4 * 66_560 + 1))
    expect((await bob.closed()).code).toBe(1009)
  })

  test('on a sealed text answers `too-large` and goes on', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada')
    ada.say({ kind: 'hello', hello: 'x'.repeat(4097) })
    ada.say({ kind: 'signal', to: 'session-bob', data: 'x'.repeat(65_537) })
    expect(await ada.drained()).toMatchObject([
      { kind: 'error', code: 'too-large' },
      { kind: 'error', code: 'too-large' },
    ])
  })

  test('on what waits for a slow reader drops it, and tells the room', async () => {
    const { port, http } = await serve({
      limits: { membersPerRoom: 3, bufferedBytes: 100_000, messagesBurst: 1e6, bytesBurst: 1e9 },
    })
    const ada = await joined(port, 'session-ada')
    const slow = await joined(port, 'session-slow')
    slow.socket.pause()
    const data = 'x'.repeat(65_536)
    // The kernel's own buffers fill first; how large they are is its business.
    const sent = await until(() => {
      for (let index = 0; index < 16; index++) ada.say({ kind: 'signal', to: 'session-slow', data })
      return ada.heard.find(message => message.kind === 'left')
    }, 'the slow reader to be dropped')
    expect(sent).toEqual({ kind: 'left', session: 'session-slow', reason: 'closed' })
    await until(async () => {
      const text = await (await fetch(`${http}/metrics`)).text()
      return text.includes('sockets_closed_total{code="4414"} 1') ? true : undefined
    }, 'the close to be counted')
  })
})

describe('withDefaults', () => {
  test('makes room for the welcome of a full room', () => {
    expect(withDefaults({ membersPerRoom: 1024 }).bufferedBytes).toBeGreaterThanOrEqual(1024 * 4096)
    expect(withDefaults().bufferedBytes).toBe(defaultLimits.bufferedBytes)
  })

  test.each([
    ['nothing', { rooms: 0 }, /rooms must be above 0/],
    ['what is no number', { sockets: Number.NaN }, /sockets must be above 0/],
    ['more members than clients accept', { membersPerRoom: 1025 }, /at most 1024/],
  ])('refuses %s', (_, changes, message) => expect(() => withDefaults(changes)).toThrow(message))
})

async function health(http: string): Promise<Record<string, unknown>> {
  return (await fetch(`${http}/healthz`)).json() as Promise<Record<string, unknown>>
}
