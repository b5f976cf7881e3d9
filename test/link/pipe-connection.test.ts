import { UnsupportedOperationError } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { Uint8ArrayList } from 'uint8arraylist'
import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { bufferedBytesHigh, bufferedBytesLow, earlyFramesMax, frameBytesMax } from '../../src/link/limits.ts'
import { MemoryHub } from '../../src/link/memory.ts'
import { PipeConnection } from '../../src/link/pipe-connection.ts'
import type { Pipe, Remote } from '../../src/link/types.ts'
import { silentLogger } from './support/silent-logger.ts'
import { Turns } from './support/turns.ts'
import { until } from './support/until.ts'

const signal = new AbortController().signal

function remote(peer: string): Remote {
  return { peer: peer as PeerId, session: `k000-${peer.toLowerCase()}` as SessionId }
}

async function pipes(hub = new MemoryHub()): Promise<[Pipe, Pipe]> {
  const [ada, bob] = [hub.provider(remote('A')), hub.provider(remote('B'))]
  const answered = Promise.withResolvers<Pipe>()
  bob.onPipe(answered.resolve)
  const dialled = await ada.dial(bob.self, { signal })
  return [dialled, await answered.promise]
}

function connectionOver(pipe: Pipe, direction: 'inbound' | 'outbound'): PipeConnection {
  return new PipeConnection(pipe, { remoteAddr: multiaddr('/memory/x'), direction, log: silentLogger })
}

async function connections(hub?: MemoryHub): Promise<[PipeConnection, PipeConnection]> {
  const [near, far] = await pipes(hub)
  return [connectionOver(near, 'outbound'), connectionOver(far, 'inbound')]
}

test('bytes arrive as they were sent, cut into frames that every stack carries, and are counted', async () => {
  const [near, far] = await pipes()
  const frames: Uint8Array[] = []
  far.open({ onFrame: frame => frames.push(frame), onDrain: () => {}, onClose: () => {} })
  const connection = connectionOver(near, 'outbound')
  const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => at % 251)
  connection.send(bytes)
  await until(() => frames.reduce((sum, frame) => sum + frame.length, 0) === bytes.length, 'all has arrived')
  expect(Math.max(...frames.map(frame => frame.length))).toBeLessThanOrEqual(frameBytesMax)
  expect(Buffer.compare(new Uint8ArrayList(...frames).subarray(), bytes)).toBe(0)
  expect(connection.sentBytes).toBe(bytes.length)
})

test('the sender is told to wait above the high-water mark, and to go on under the low one', async () => {
  const turns = new Turns(1)
  const hub = new MemoryHub({ clock: turns.clock, delayMs: () => 1 })
  const [near, far] = await connections(hub)
  let received = 0
  far.addEventListener('message', ({ data }) => {
    received += data.byteLength
  })
  const bufferedAtDrain: number[] = []
  near.addEventListener('drain', () => bufferedAtDrain.push(near.pipe.bufferedBytes))
  let sent = 0
  let most = 0
  for (let round = 0; round < 5; round++) {
    do {
      sent += frameBytesMax
      most = Math.max(most, sent - received)
    } while (near.send(new Uint8Array(frameBytesMax)))
    await turns.run()
  }
  expect(received).toBe(sent)
  expect(most).toBeLessThanOrEqual(bufferedBytesHigh)
  expect(bufferedAtDrain.length).toBe(5)
  expect(Math.max(...bufferedAtDrain)).toBeLessThanOrEqual(bufferedBytesLow)
})

test('what was sent before a close arrives before the close, and both sides end', async () => {
  const [near, far] = await connections()
  const told: string[] = []
  far.addEventListener('message', ({ data }) => told.push(`message ${data.byteLength}`))
  far.addEventListener('close', () => told.push('close'))
  near.send(new Uint8Array(5))
  await near.close()
  await until(() => far.status === 'closed', 'the other side is closed')
  expect(told).toEqual(['message 5', 'close'])
  expect(near.status).toBe('closed')
})

test('an abort ends both sides', async () => {
  const [near, far] = await connections()
  near.abort(new UnsupportedOperationError('enough'))
  await until(() => far.status !== 'open', 'the other side has ended')
  expect(near.status).toBe('aborted')
})

test('frames that come before anybody reads are kept, up to a bound', async () => {
  const [near, far] = await pipes()
  near.send(Uint8Array.of(1))
  near.send(Uint8Array.of(2))
  await Promise.resolve()
  const read: number[] = []
  far.open({ onFrame: ([first]) => read.push(first ?? 0), onDrain: () => {}, onClose: () => {} })
  expect(read).toEqual([1, 2])

  const [flooding, flooded] = await pipes()
  for (let at = 0; at <= earlyFramesMax; at++) flooding.send(Uint8Array.of(at))
  await Promise.resolve()
  const closed: string[] = []
  flooded.open({ onFrame: () => {}, onDrain: () => {}, onClose: reason => closed.push(reason) })
  expect(closed).toEqual(['too many early frames'])
})

test('a second pipe between two is refused, a new one after a close is not', async () => {
  const hub = new MemoryHub()
  const [ada, bob] = [hub.provider(remote('A')), hub.provider(remote('B'))]
  bob.onPipe(() => {})
  ada.onPipe(() => {})
  const first = await ada.dial(bob.self, { signal })
  await expect(bob.dial(ada.self, { signal })).rejects.toMatchObject({ code: 'disconnected' })
  await expect(ada.dial(remote('C'), { signal })).rejects.toMatchObject({ code: 'dial-failed' })
  first.close('done')
  await Promise.resolve()
  await expect(bob.dial(ada.self, { signal })).resolves.toMatchObject({ remote: ada.self })
})
