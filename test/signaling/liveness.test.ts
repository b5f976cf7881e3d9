import { once } from 'node:events'
import { expect, test } from 'vitest'
import { Client, FakeClock, joined, serve, until } from './support.ts'

test('a socket that answers no heartbeat is dropped after two, and the room hears `timeout` at once', async () => {
  const clock = new FakeClock()
  const { port } = await serve({ clock, limits: { closeMs: 50 } })
  const ada = await joined(port, 'session-ada')
  const deaf = await new Client(port, { autoPong: false }).opened()
  deaf.join('session-deaf')
  await deaf.next('welcome')
  for (let beat = 0; beat < 2; beat++) {
    const [heard, answered] = [once(deaf.socket, 'ping'), once(ada.socket, 'ping')]
    clock.advance(5000)
    await Promise.all([heard, answered])
    await ada.drained()
  }
  expect(ada.heard).toEqual([])
  clock.advance(5000)
  expect(await ada.next('left')).toEqual({ kind: 'left', session: 'session-deaf', reason: 'timeout' })
  expect(await deaf.closed()).toEqual({ code: 4408, reason: 'no answer to heartbeats' })
  expect((await ada.drained()).map(message => message.kind)).toEqual([])
})

test('a socket that answers heartbeats stays, however long', async () => {
  const clock = new FakeClock()
  const { port } = await serve({ clock })
  const ada = await joined(port, 'session-ada')
  for (let beat = 0; beat < 12; beat++) {
    const ping = once(ada.socket, 'ping')
    clock.advance(5000)
    await ping
    // A WebSocket answers a ping before what is sent after it, so this pong follows that one.
    expect(await ada.drained()).toEqual([])
  }
})

test('a socket that joins no room, or lingers after leaving one, is closed with 4410', async () => {
  const clock = new FakeClock()
  const { port } = await serve({ clock, limits: { missedHeartbeats: 1000 } })
  const idle = await new Client(port).opened()
  const left = await joined(port, 'session-ada')
  clock.advance(10_000)
  left.say({ kind: 'leave' })
  await left.drained()
  clock.advance(5000)
  expect((await idle.closed()).code).toBe(4410)
  await left.drained()
  clock.advance(10_000)
  expect((await left.closed()).code).toBe(4410)
})

test('shutting down tells everyone 1001, refuses newcomers, and ends though a client never answers', async () => {
  const lines: string[] = []
  const { port, signaling } = await serve({ limits: { closeMs: 100 }, log: event => lines.push(event) })
  const ada = await joined(port, 'session-ada')
  const stuck = await joined(port, 'session-stuck')
  stuck.socket.pause() // reads nothing any more, so it never answers the close frame
  const closing = signaling.close()
  const late = new Client(port)
  expect(await ada.closed()).toEqual({ code: 1001, reason: 'the server is stopping' })
  expect((await late.closed()).code).toBe(1001)
  await closing
  stuck.socket.resume()
  await until(() => (stuck.socket.readyState === stuck.socket.CLOSED ? true : undefined), 'the stuck socket to be gone')
  expect(lines).toEqual(['stopping', 'stopped'])
})
