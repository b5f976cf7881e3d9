/** The client notices a dead socket when it is told that the network changed, and does not wait out its patience then. */
import { beforeEach, expect, test } from 'vitest'
import type { RoomHash, SessionId } from '../../src/base/ids.ts'
import { SignalingClient } from '../../src/link/signaling/client.ts'
import { closeCodes } from '../../src/link/signaling/protocol.ts'
import { Turns } from './support/turns.ts'

class FakeSocket {
  static made: FakeSocket[] = []
  readyState = 0
  readonly sent: string[] = []
  onopen: (() => void) | undefined
  onmessage: ((event: { data: string }) => void) | undefined
  onclose: ((event: { code: number }) => void) | undefined

  constructor() {
    FakeSocket.made.push(this)
  }

  open(): void {
    this.readyState = 1
    this.onopen?.()
    this.hear({ kind: 'welcome', members: [], sameTag: 0 })
  }

  hear(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  send(text: string): void {
    this.sent.push((JSON.parse(text) as { kind: string }).kind)
  }

  /** A dead network never confirms it. */
  close(): void {
    this.readyState = 2
  }
}

let turns: Turns
let states: string[]
let client: SignalingClient
let first: FakeSocket
beforeEach(() => {
  turns = new Turns(1)
  states = []
  FakeSocket.made = []
  const WebSocket = FakeSocket as unknown as typeof globalThis.WebSocket
  client = new SignalingClient({ url: 'ws://nowhere', clock: turns.clock, random: turns.random, WebSocket })
  const ignore = () => {}
  client.join(
    { hash: '0'.repeat(64) as RoomHash, tag: '000' },
    { session: 'k000-adaadaada' as SessionId, hello: 'x' },
    {
      onWelcome: ignore,
      onMember: ignore,
      onFirst: ignore,
      onLeft: ignore,
      onSignal: ignore,
      onKnock: ignore,
      onKnockReply: ignore,
      onState: state => states.push(state),
    },
  )
  first = FakeSocket.made[0] as FakeSocket
})

test('a socket that does not answer a probe is given up within seconds', async () => {
  first.open()
  client.probe()
  await turns.run(2_300)
  expect(first.sent).toEqual(['join', 'ping'])
  expect(states).toEqual(['connecting', 'connected', 'down', 'connecting'])
  expect(FakeSocket.made).toHaveLength(2)
})

test('one that answers stays', async () => {
  first.open()
  client.probe()
  turns.after(100, () => first.hear({ kind: 'pong' }))
  await turns.run(5_000)
  expect([FakeSocket.made.length, states]).toEqual([1, ['connecting', 'connected']])
})

test('where it waits to try again, it tries at once', async () => {
  for (let at = 0; at < 8; at++) {
    FakeSocket.made.at(-1)?.onclose?.({ code: 1006 })
    await turns.run(turns.clock.monotonicMs() + 15_000)
  }
  const made = FakeSocket.made.length
  FakeSocket.made.at(-1)?.onclose?.({ code: 1006 })
  client.probe()
  expect(FakeSocket.made).toHaveLength(made + 1)
  client.probe() // it is being opened
  expect(FakeSocket.made).toHaveLength(made + 1)
})

test('who was refused for good, or left, does not come back by a probe', async () => {
  first.open()
  first.onclose?.({ code: closeCodes.replaced })
  client.probe()
  client.leave()
  client.probe()
  await turns.run(60_000)
  expect(FakeSocket.made).toHaveLength(1)
})
