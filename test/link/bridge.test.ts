import { afterEach, expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { BridgePipe, bridge } from '../../src/link/bridge.ts'
import { bridgeCreditBytes, bufferedBytesLow, frameBytesMax } from '../../src/link/limits.ts'
import { until } from './support/until.ts'

const remote = { peer: 'B' as PeerId, session: 'k000-bbbbbbbb' as SessionId }

/** A data channel that holds what it is given until it is told to send some of it on. */
class HeldChannel {
  readyState = 'open'
  bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  binaryType = ''
  readonly sent: Uint8Array[] = []
  onbufferedamountlow: (() => void) | undefined
  onmessage: ((event: { data: ArrayBuffer }) => void) | undefined
  onclose: (() => void) | undefined
  onerror: (() => void) | undefined

  send(data: ArrayBuffer): void {
    this.sent.push(new Uint8Array(data))
    this.bufferedAmount += data.byteLength
  }

  sendOn(bytes: number): void {
    const before = this.bufferedAmount
    this.bufferedAmount = Math.max(0, before - bytes)
    const low = this.bufferedAmountLowThreshold
    if (before > low && this.bufferedAmount <= low) this.onbufferedamountlow?.()
  }

  close(): void {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    queueMicrotask(() => this.onclose?.())
  }
}

const ports: MessagePort[] = []
afterEach(() => {
  for (const port of ports.splice(0)) port.close()
})

function bridged() {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1, port2)
  const channel = new HeldChannel()
  bridge(channel as unknown as RTCDataChannel, port1)
  const told = { frames: [] as Uint8Array[], closed: [] as string[], released: [] as string[], drains: 0 }
  const pipe = new BridgePipe(remote, port2, reason => told.released.push(reason))
  pipe.open({
    onFrame: frame => told.frames.push(frame),
    onDrain: () => told.drains++,
    onClose: reason => told.closed.push(reason),
  })
  return { channel, pipe, told }
}

test('frames cross both ways unchanged and in order', async () => {
  const { channel, pipe, told } = bridged()
  for (let at = 0; at < 100; at++) {
    pipe.send(Uint8Array.of(at, 1))
    channel.onmessage?.({ data: Uint8Array.of(at, 2).buffer })
  }
  await until(() => channel.sent.length === 100 && told.frames.length === 100, 'all have crossed')
  expect(channel.sent.map(([at]) => at)).toEqual(Array.from({ length: 100 }, (_, at) => at))
  expect(told.frames).toEqual(Array.from({ length: 100 }, (_, at) => Uint8Array.of(at, 2)))
})

test('what is sent may be changed by its sender afterwards', async () => {
  const { channel, pipe } = bridged()
  const frame = Uint8Array.of(1, 2, 3)
  pipe.send(frame.subarray(1))
  frame.fill(0)
  await until(() => channel.sent.length === 1, 'it has crossed')
  expect(channel.sent).toEqual([Uint8Array.of(2, 3)])
})

test('a fast sender that waits for `onDrain` never has more under way than its credit and the frame that filled it', async () => {
  const { channel, pipe, told } = bridged()
  const frame = new Uint8Array(frameBytesMax)
  const total = 10 * bridgeCreditBytes
  let sent = 0
  let mostHeld = 0
  let drains = -1
  while (sent < total) {
    if (told.drains > drains) {
      drains = told.drains
      while (pipe.bufferedBytes < bridgeCreditBytes && sent < total) {
        pipe.send(frame)
        sent += frame.length
      }
    }
    const given = sent
    await until(() => channel.sent.length * frame.length === given, 'the page has it all')
    mostHeld = Math.max(mostHeld, channel.bufferedAmount, pipe.bufferedBytes)
    channel.sendOn(300_000)
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(mostHeld).toBeLessThan(bridgeCreditBytes + frameBytesMax)
  expect(told.drains).toBeGreaterThanOrEqual(9)
})

test('credit comes back whole: nothing is left owed once the channel is empty', async () => {
  const { channel, pipe, told } = bridged()
  for (let at = 0; at < 32; at++) pipe.send(new Uint8Array(frameBytesMax))
  await until(() => channel.sent.length === 32, 'the page has it all')
  channel.sendOn(Number.POSITIVE_INFINITY)
  await until(() => told.drains === 1, 'it is drained')
  expect(pipe.bufferedBytes).toBe(0)
  expect(bufferedBytesLow).toBeLessThan(bridgeCreditBytes)
})

test('a close by the engine closes the channel and is told once', async () => {
  const { channel, pipe, told } = bridged()
  pipe.send(Uint8Array.of(7))
  pipe.close('done')
  pipe.close('again')
  pipe.send(Uint8Array.of(8))
  await until(() => told.released.length === 1, 'it is released')
  expect(channel.readyState).toBe('closed')
  expect(channel.sent).toEqual([Uint8Array.of(7)])
  expect(told.closed).toEqual(['done'])
})

test('a close by the other side is told once, after the frames that came before it', async () => {
  const { channel, pipe, told } = bridged()
  channel.onmessage?.({ data: Uint8Array.of(9).buffer })
  channel.close()
  await until(() => told.closed.length === 1, 'it is told')
  expect(told).toMatchObject({ frames: [Uint8Array.of(9)], closed: ['channel closed'], released: ['channel closed'] })
  expect(pipe.isClosed).toBe(true)
})
